/**
 * Samples in: which files there are, how they are cut into parts, and what each sample holds.
 *
 * <p>Formats: {@code .npz}, {@code .npy}, Avro ({@link org.calibeam.schemas.Sample}), Parquet, PNG
 * and JPEG. Files are untrusted: every declared size is checked against the file before memory is
 * taken for it, nothing is unpickled. Not here: whether a sample fits a model (see {@code
 * observe}).
 */
@NullMarked
package org.calibeam.pipeline.io;

import org.jspecify.annotations.NullMarked;
