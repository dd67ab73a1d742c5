"""Writes the Parquet files beside it, with pyarrow 26.0.1 and numpy 2.1.3. Row i holds what ParquetFilesTest computes from i."""

import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
ROWS = 150


def table():
    rows = range(ROWS)
    image = [np.float32(i + 0.25 * np.arange(6)) for i in rows]
    return pa.table(
        {
            "image": pa.array(list(image), pa.list_(pa.float32())),
            "bytes": pa.array([a.tobytes() for a in image], pa.binary()),
            "fixed": pa.array([a.tobytes() for a in image], pa.binary(24)),
            "nested": pa.array([a.reshape(2, 3).tolist() for a in image], pa.list_(pa.list_(pa.float32()))),
            "wide": pa.array([(i / 3 + np.arange(6)).tolist() for i in rows], pa.list_(pa.float64())),
            "half": pa.array([np.float16(i + np.arange(2)) for i in rows], pa.list_(pa.float16())),
            "tokens": pa.array([[i % 7, -i, 100 * i] for i in rows], pa.list_(pa.int32())),
            "small": pa.array([[i % 256, 255 - i % 256] for i in rows], pa.list_(pa.uint8())),
            "mask": pa.array([[i % 2 == 0, True] for i in rows], pa.list_(pa.bool_())),
            "number": pa.array(list(rows), pa.int64()),
            "holes": pa.array([None if i % 10 == 3 else [1.0, None] if i % 10 == 4 else [] if i % 10 == 5 else [1.0, 2.0] for i in rows], pa.list_(pa.float32())),
            "inner": pa.array([{"a": [float(i)], "b": i} for i in rows], pa.struct({"a": pa.list_(pa.float32()), "b": pa.int32()})),
        }
    )


def digits():
    """The first digits of the demo, one flat list each."""
    with np.load(HERE.parents[8] / "deploy" / "demo" / "calibration.npz") as arrays:
        images = [arrays[key].ravel() for key in sorted(arrays.files)[:60]]
    return pa.table({"image": pa.array(images, pa.list_(pa.float32()))})


if __name__ == "__main__":
    whole = table()
    pq.write_table(whole, HERE / "snappy.parquet", row_group_size=70)
    pq.write_table(whole, HERE / "zstd.parquet", compression="zstd", data_page_version="2.0", row_group_size=200, write_page_checksum=True)
    pq.write_table(whole, HERE / "gzip.parquet", compression="gzip", use_dictionary=False, data_page_size=256)
    pq.write_table(whole, HERE / "lz4.parquet", compression="lz4", column_encoding={"image": "BYTE_STREAM_SPLIT", "number": "DELTA_BINARY_PACKED"}, use_dictionary=False)
    pq.write_table(whole, HERE / "none.parquet", compression="none", write_statistics=False)
    pq.write_table(whole.select(["image"]), HERE / "brotli.parquet", compression="brotli")
    pq.write_table(digits(), HERE / "digits.parquet", compression="zstd")
