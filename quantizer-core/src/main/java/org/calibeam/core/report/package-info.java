/**
 * What was accepted, rejected and never calibrated, in words for people.
 *
 * <p>Not here: how a report is laid out (see the pipeline's {@code publish}).
 */
@NullMarked
package org.calibeam.core.report;

import org.jspecify.annotations.NullMarked;
