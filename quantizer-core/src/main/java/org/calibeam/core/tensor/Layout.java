package org.calibeam.core.tensor;

/** Memory layout of a tensor, named as PyTorch names it. */
public enum Layout {
  UNKNOWN,
  SPARSE_COO,
  SPARSE_CSR,
  SPARSE_CSC,
  SPARSE_BSR,
  SPARSE_BSC,
  MKLDNN,
  STRIDED
}
