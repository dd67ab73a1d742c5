/**
 * Reads and writes the archives of {@code torch.export.save}: a zip of raw tensors and JSON.
 *
 * <p>{@link org.calibeam.core.pt2.Pt2Reader} and {@link org.calibeam.core.pt2.Pt2Writer} are the
 * doors. Archives are not trusted: nothing in them is executed or unpickled, sizes are checked
 * before memory is taken, and whatever is wrong with one ends in a {@link
 * org.calibeam.core.graph.ModelException} that names the entry. Not here: what the operators of a
 * program mean.
 */
@NullMarked
package org.calibeam.core.pt2;

import org.jspecify.annotations.NullMarked;
