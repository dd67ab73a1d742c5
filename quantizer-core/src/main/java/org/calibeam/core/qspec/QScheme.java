package org.calibeam.core.qspec;

/** How scale and zero point are laid out and chosen. */
public enum QScheme {
  PER_TENSOR_AFFINE,
  PER_TENSOR_SYMMETRIC,
  PER_CHANNEL_SYMMETRIC;

  public boolean isSymmetric() {
    return this != PER_TENSOR_AFFINE;
  }

  public boolean isPerChannel() {
    return this == PER_CHANNEL_SYMMETRIC;
  }
}
