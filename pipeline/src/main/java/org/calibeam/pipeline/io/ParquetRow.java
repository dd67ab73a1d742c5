package org.calibeam.pipeline.io;

import org.calibeam.core.tensor.TensorData;
import org.jspecify.annotations.Nullable;

/**
 * What a column has in one row.
 *
 * @param tensor null if there is a complaint
 * @param complaint what is wrong with this row alone; empty if nothing
 */
record ParquetRow(@Nullable TensorData tensor, String complaint) {}
