package org.calibeam.core.ops;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * The element type of operands taken together, after PyTorch's {@code result_type}: tensors of rank
 * 0 and numbers count only if their kind (bool, integer, float) is higher than that of the others.
 */
public final class Promotion {

  private Promotion() {}

  /** The type for {@code operands} together with the literal numbers {@code scalars}. */
  public static DType of(List<TensorSpec> operands, List<? extends Argument> scalars) {
    Optional<DType> result =
        operands.stream().filter(o -> o.rank() > 0).map(TensorSpec::dtype).reduce(Promotion::both);
    Optional<DType> zero =
        operands.stream().filter(o -> o.rank() == 0).map(TensorSpec::dtype).reduce(Promotion::both);
    Optional<DType> number =
        scalars.stream()
            .map(s -> s instanceof Argument.FloatValue ? DType.FLOAT32 : numberType(s))
            .reduce(Promotion::both);
    return combine(combine(result, zero), number)
        .orElseThrow(() -> new IllegalArgumentException("No operand has a type"));
  }

  private static DType numberType(Argument scalar) {
    return scalar instanceof Argument.BoolValue ? DType.BOOL : DType.INT64;
  }

  private static Optional<DType> combine(Optional<DType> strong, Optional<DType> weak) {
    if (strong.isEmpty() || weak.isEmpty()) {
      return strong.isPresent() ? strong : weak;
    }
    return kind(weak.get()) > kind(strong.get())
        ? Optional.of(both(strong.get(), weak.get()))
        : strong;
  }

  private static int kind(DType type) {
    return type == DType.BOOL ? 0 : type.isInteger() ? 1 : type.isFloatingPoint() ? 2 : 3;
  }

  /** The smallest type that holds both. */
  static DType both(DType a, DType b) {
    if (a == b) {
      return a;
    }
    if (kind(a) != kind(b)) {
      return kind(a) > kind(b) ? a : b;
    }
    if (kind(a) == 2) {
      return a == DType.FLOAT64 || b == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
    }
    DType wide = a.bytes() >= b.bytes() ? a : b;
    DType narrow = wide == a ? b : a;
    boolean mixed = isUnsigned(wide) != isUnsigned(narrow);
    if (!mixed || !isUnsigned(wide) && wide.bytes() > narrow.bytes()) {
      return wide;
    }
    return wide.bytes() == 1 ? DType.INT16 : wide.bytes() == 2 ? DType.INT32 : DType.INT64;
  }

  private static boolean isUnsigned(DType type) {
    return switch (type) {
      case UINT8, UINT16, UINT32, UINT64 -> true;
      default -> false;
    };
  }
}
