/**
 * Merging what workers saw, and the file it is kept in.
 *
 * <p>Here: coders and CombineFns around the statistics of {@code org.calibeam.core.observe}, what
 * is known of each shard, and {@code statistics.avro}. The merge laws are those of the values:
 * exact, whatever the split, the order and the retries. Not here: running samples (see {@code
 * observe} of the pipeline).
 */
@NullMarked
package org.calibeam.pipeline.combine;

import org.jspecify.annotations.NullMarked;
