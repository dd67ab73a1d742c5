package org.calibeam.pipeline.io;

import java.io.Serializable;
import org.apache.parquet.format.CompressionCodec;

/**
 * Where the values of a column lie that belong to one group of rows.
 *
 * @param offset of its first page
 * @param bytes of all its pages
 * @param unpacked bytes of all its pages, headers included, once they are decompressed
 * @param values how many there are, missing ones included
 */
record ParquetChunk(
    ParquetLeaf leaf, long offset, long bytes, long unpacked, long values, CompressionCodec codec)
    implements Serializable {}
