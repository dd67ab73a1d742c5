/**
 * Requantization that is scheduled and forgotten: the job file, partitions by date, the store with
 * versions, and the decision whether a new model replaces the published one.
 *
 * <p>Not here: running samples and converting (see {@code observe} and {@code publish}); what runs
 * a pipeline, and where, is given by {@code cli}.
 */
@NullMarked
package org.calibeam.pipeline.nightly;

import org.jspecify.annotations.NullMarked;
