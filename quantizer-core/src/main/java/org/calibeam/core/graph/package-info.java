/**
 * The immutable intermediate representation of an exported program.
 *
 * <p>A {@link org.calibeam.core.graph.Program} is a main graph with its constants; control flow
 * holds further graphs as arguments of its calls. Nodes refer to each other by name within one
 * graph. Not here: what operators mean (see {@code ops}) and how programs are stored (see {@code
 * pt2}).
 */
@NullMarked
package org.calibeam.core.graph;

import org.jspecify.annotations.NullMarked;
