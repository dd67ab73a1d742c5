package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/** How sizes and strides follow from each other. */
public final class Geometry {
  private static final Dim ONE = Dim.of(1);

  private Geometry() {}

  /** {@code axis} counted from the front, for a tensor of {@code rank} dimensions. */
  public static int axis(long axis, int rank) {
    int wrapped = Math.toIntExact(axis < 0 ? axis + Math.max(1, rank) : axis);
    if (wrapped < 0 || wrapped >= Math.max(1, rank)) {
      throw new IllegalArgumentException(
          "Axis %d is out of range for %d dimensions".formatted(axis, rank));
    }
    return wrapped;
  }

  /**
   * The number that {@code dim} is.
   *
   * @throws SymbolicShapeException if it is an expression
   */
  public static long number(Dim dim) {
    OptionalLong fixed = dim.fixed();
    if (fixed.isEmpty()) {
      throw new SymbolicShapeException("the extent " + dim + " is known only for a sample");
    }
    return fixed.getAsLong();
  }

  /** Product of {@code dims}; the one extent left besides ones may be symbolic. */
  public static Dim product(List<Dim> dims) {
    Dim result = ONE;
    for (Dim dim : dims) {
      if (result.equals(ONE)) {
        result = dim;
      } else if (!dim.equals(ONE)) {
        result = Dim.of(Math.multiplyExact(number(result), number(dim)));
      }
    }
    return result;
  }

  /**
   * The shape that tensors of {@code shapes} have together.
   *
   * @throws IllegalArgumentException if they do not fit
   */
  public static List<Dim> broadcast(List<List<Dim>> shapes) {
    int rank = shapes.stream().mapToInt(List::size).max().orElse(0);
    List<Dim> result = new ArrayList<>(Collections.nCopies(rank, ONE));
    for (List<Dim> shape : shapes) {
      int lead = rank - shape.size();
      for (int i = 0; i < shape.size(); i++) {
        Dim here = shape.get(i);
        Dim there = result.get(lead + i);
        if (there.equals(ONE)) {
          result.set(lead + i, here);
        } else if (!here.equals(ONE)
            && !here.equals(there)
            && here.fixed().isPresent()
            && there.fixed().isPresent()) {
          throw new IllegalArgumentException("The shapes " + shapes + " do not broadcast");
        }
      }
    }
    return result;
  }

  /**
   * The result of a pointwise operator: of {@code sizes}, its memory laid out as that of {@code
   * operands}, which is what {@code TensorIterator} does.
   */
  public static TensorSpec pointwise(DType dtype, List<Dim> sizes, List<TensorSpec> operands) {
    TensorSpec plain = TensorSpec.contiguous(dtype, sizes);
    List<TensorSpec> known = operands.stream().filter(o -> o.rank() > 0).toList();
    if (!plain.isStatic()
        || known.stream().anyMatch(o -> !isNumbered(o))
        || known.stream().allMatch(Geometry::isContiguous)) {
      return plain;
    }
    long[] shape = plain.fixedSizes();
    List<long[]> strides = known.stream().map(o -> broadcastStrides(o, shape)).toList();
    int rank = shape.length;
    int[] order = IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
    for (int i = 1; i < rank; i++) {
      int at = i;
      for (int below = i - 1; below >= 0; below--) {
        int comparison = compare(strides, shape, order[below], order[at]);
        if (comparison > 0) {
          int swapped = order[below];
          order[below] = order[at];
          order[at] = swapped;
          at = below;
        } else if (comparison < 0) {
          break;
        }
      }
    }
    List<Dim> result = new ArrayList<>(plain.strides());
    long stride = 1;
    for (int dim : order) {
      result.set(dim, Dim.of(stride));
      stride *= Math.max(1, shape[dim]);
    }
    return withStrides(plain, result, plain.storageOffset());
  }

  /** Negative if {@code a} varies faster in memory than {@code b}, zero if nothing tells. */
  private static int compare(List<long[]> strides, long[] shape, int a, int b) {
    for (long[] operand : strides) {
      if (operand[a] == 0 || operand[b] == 0) {
        continue;
      }
      if (operand[a] != operand[b]) {
        return Long.compare(operand[a], operand[b]);
      }
      if (shape[a] > shape[b]) {
        return 1;
      }
    }
    return 0;
  }

  private static long[] broadcastStrides(TensorSpec operand, long[] shape) {
    long[] sizes = operand.fixedSizes();
    long[] strides = new long[shape.length];
    int lead = shape.length - sizes.length;
    for (int i = 0; i < sizes.length; i++) {
      boolean stretched = sizes[i] == 1 && shape[lead + i] != 1;
      strides[lead + i] = stretched ? 0 : number(operand.strides().get(i));
    }
    return strides;
  }

  private static boolean isNumbered(TensorSpec spec) {
    return spec.isStatic() && spec.strides().stream().allMatch(s -> s.fixed().isPresent());
  }

  /** Whether the elements lie in row-major order without gaps; strides of extent 1 do not count. */
  public static boolean isContiguous(TensorSpec spec) {
    if (!isNumbered(spec)) {
      return spec.strides().equals(TensorSpec.contiguous(spec.dtype(), spec.sizes()).strides());
    }
    long expected = 1;
    for (int i = spec.rank() - 1; i >= 0; i--) {
      long size = number(spec.sizes().get(i));
      if (size != 1 && number(spec.strides().get(i)) != expected) {
        return size == 0;
      }
      expected *= Math.max(1, size);
    }
    return true;
  }

  /** Whether {@code spec} can be seen in the shape {@code sizes} without a copy. */
  public static boolean isViewable(TensorSpec spec, List<Dim> sizes) {
    TensorSpec plain = TensorSpec.contiguous(spec.dtype(), sizes);
    return isContiguous(spec)
        || !plain.isStatic()
        || !isNumbered(spec)
        || ViewRules.strides(spec, plain.fixedSizes()).isPresent();
  }

  /** {@code spec} with the same sizes at other places in memory. */
  public static TensorSpec withStrides(TensorSpec spec, List<Dim> strides, Dim offset) {
    return new TensorSpec(
        spec.dtype(),
        spec.sizes(),
        strides,
        offset,
        spec.device(),
        spec.requiresGrad(),
        spec.layout());
  }

  /** A view of {@code base} with other sizes and strides. */
  public static TensorSpec view(TensorSpec base, List<Dim> sizes, List<Dim> strides, Dim offset) {
    return new TensorSpec(
        base.dtype(), sizes, strides, offset, base.device(), false, base.layout());
  }
}
