#!/usr/bin/env python3
"""Writes the arrays that NumpyFilesTest reads, with NumPy 2. Run it in this folder."""
import numpy as np

counting = np.arange(24).reshape(4, 3, 2)
for dtype in ["<f4", ">f4", "<f8", "<f2", "|i1", ">i2", "<i4", ">i8", "|u1", "<u2", "<u4", "<u8"]:
    np.save(f"counting_{dtype[1:]}{'_big' if dtype[0] == '>' else ''}.npy", counting.astype(dtype))
np.save("counting_bool.npy", counting % 2 == 1)
np.save("counting_fortran.npy", np.asfortranarray(counting.astype("<f4")))
with open("counting_v2.npy", "wb") as f:
    np.lib.format.write_array(f, counting.astype("<f4"), version=(2, 0))
with open("counting_v3.npy", "wb") as f:
    np.lib.format.write_array(f, counting.astype("<f4"), version=(3, 0))
np.save("complex.npy", np.array([1 + 2j, -3.5 + 0j], dtype=">c8"))
np.save("objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
np.save("structured.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]))
np.save("number.npy", np.float32(7))
samples = {f"{s:05d}.{a}": (np.float32(s) + np.arange(3 + a, dtype=np.float32)) for s in range(5) for a in range(2)}
np.savez("stored.npz", **samples)
np.savez_compressed("deflated.npz", **samples)
np.savez("fortran.npz", **{"00000.0": np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3))})
np.savez("gap.npz", **{"00000.0": np.zeros(2, np.float32), "00001.0": np.zeros(2, np.float32), "00001.2": np.zeros(2, np.float32)})
np.savez("named.npz", x=np.zeros(2, np.float32))
