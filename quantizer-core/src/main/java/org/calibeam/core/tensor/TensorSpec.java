package org.calibeam.core.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * Type and shape of a tensor, without its values.
 *
 * @param sizes extent of each dimension
 * @param strides elements between neighbours along each dimension, as many as {@code sizes}
 * @param storageOffset first element within the storage, in elements
 */
public record TensorSpec(
    DType dtype,
    List<Dim> sizes,
    List<Dim> strides,
    Dim storageOffset,
    Device device,
    boolean requiresGrad,
    Layout layout) {

  public TensorSpec {
    sizes = List.copyOf(sizes);
    strides = List.copyOf(strides);
    if (sizes.size() != strides.size()) {
      throw new IllegalArgumentException(
          "A tensor of %d dimensions has %d strides".formatted(sizes.size(), strides.size()));
    }
  }

  /** A contiguous CPU tensor of fixed {@code sizes}. */
  public static TensorSpec contiguous(DType dtype, long... sizes) {
    return contiguous(dtype, Arrays.stream(sizes).mapToObj(Dim::of).toList());
  }

  /**
   * A contiguous CPU tensor. Strides above a symbolic extent cannot be written as numbers; they are
   * given as 1 there, since readers of an intermediate tensor do not rely on them.
   */
  public static TensorSpec contiguous(DType dtype, List<Dim> sizes) {
    List<Dim> strides = new ArrayList<>();
    OptionalLong stride = OptionalLong.of(1);
    for (int i = sizes.size() - 1; i >= 0; i--) {
      strides.add(0, Dim.of(stride.orElse(1)));
      OptionalLong size = sizes.get(i).fixed();
      stride =
          stride.isPresent() && size.isPresent()
              ? OptionalLong.of(
                  Math.multiplyExact(stride.getAsLong(), Math.max(1, size.getAsLong())))
              : OptionalLong.empty();
    }
    return new TensorSpec(dtype, sizes, strides, Dim.of(0), Device.CPU, false, Layout.STRIDED);
  }

  public int rank() {
    return sizes.size();
  }

  /** Whether every extent is a number. */
  public boolean isStatic() {
    return sizes.stream().allMatch(d -> d.fixed().isPresent());
  }

  /**
   * The extents as numbers.
   *
   * @throws IllegalStateException if one is symbolic; ask {@link #isStatic} first
   */
  public long[] fixedSizes() {
    return sizes.stream()
        .mapToLong(
            d ->
                d.fixed()
                    .orElseThrow(
                        () -> new IllegalStateException("The shape " + sizes + " is symbolic")))
        .toArray();
  }

  /** Number of elements of a tensor of fixed shape; 1 for rank 0. */
  public long elements() {
    long n = 1;
    for (long size : fixedSizes()) {
      n = Math.multiplyExact(n, size);
    }
    return n;
  }

  /** The same shape, contiguous, with another element type. */
  public TensorSpec withDType(DType other) {
    return new TensorSpec(other, sizes, strides, storageOffset, device, false, layout);
  }

  @Override
  public String toString() {
    return dtype + sizes.toString();
  }
}
