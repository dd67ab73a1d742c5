package org.calibeam.core.annotate;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Value;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.tensor.DType;

/** What must hold, beyond the operators, for a pattern to be accepted. */
enum PatternCheck {
  /** Nothing more. */
  ANY {
    @Override
    Optional<String> reject(GraphView view, List<String> match, NodeSpecs specs) {
      return Optional.empty();
    }
  },

  /**
   * A relu, or a hardtanh from 0, after a convolution or linear layer: the integer range of the
   * output clamps in its place, which a symmetric output cannot.
   */
  FUSED_ACTIVATION {
    @Override
    Optional<String> reject(GraphView view, List<String> match, NodeSpecs specs) {
      String last = match.get(match.size() - 1);
      if (view.target(last).contains("hardtanh") && view.number(last, 1).orElse(-1.0) != 0) {
        return Optional.of("a hardtanh that does not start at 0 is not fused");
      }
      Optional<QuantizationSpec> output = specs.output(view, last);
      if (output.isEmpty()) {
        return Optional.of("no activation is fused where the output has no quantization spec");
      }
      if (output.get() instanceof QuantizationSpec.Observed observed
          && observed.qscheme() != QScheme.PER_TENSOR_AFFINE) {
        return Optional.of("no activation is fused where the output is symmetric");
      }
      return Optional.empty();
    }
  },

  /** Every operand is a floating-point tensor. */
  FLOAT_OPERANDS {
    @Override
    Optional<String> reject(GraphView view, List<String> match, NodeSpecs specs) {
      for (String name : match) {
        for (String input : view.inputs(name)) {
          Optional<DType> dtype = firstDType(view, input);
          if (dtype.isEmpty() || !dtype.get().isFloatingPoint()) {
            return Optional.of(
                "its operand %s is %s, not floating point"
                    .formatted(input, dtype.map(DType::torchName).orElse("no tensor")));
          }
        }
      }
      return Optional.empty();
    }
  },

  /** A cast between small integers, from a small integer to floating point, or to the same type. */
  CAST {
    @Override
    Optional<String> reject(GraphView view, List<String> match, NodeSpecs specs) {
      String name = match.get(0);
      Optional<DType> from =
          view.inputs(name).stream().findFirst().flatMap(i -> firstDType(view, i));
      Optional<DType> to = view.dtype(name);
      if (from.isEmpty() || to.isEmpty()) {
        return Optional.of("the types of the cast are not known");
      }
      boolean supported =
          isIntegerToInteger(from.get(), to.get())
              || isIntegerToFloat(from.get(), to.get())
              || from.get().isFloatingPoint() && from.get() == to.get();
      return supported
          ? Optional.empty()
          : Optional.of("a cast from %s to %s is not quantized".formatted(from.get(), to.get()));
    }
  };

  private static final Set<DType> CAST_INTEGERS = Set.of(DType.INT8, DType.INT16, DType.INT32);

  /** Why {@code match} is not accepted, empty if it is. */
  abstract Optional<String> reject(GraphView view, List<String> match, NodeSpecs specs);

  static boolean isIntegerToInteger(DType from, DType to) {
    return CAST_INTEGERS.contains(from) && CAST_INTEGERS.contains(to);
  }

  static boolean isIntegerToFloat(DType from, DType to) {
    return CAST_INTEGERS.contains(from) && to.isFloatingPoint();
  }

  /** Type of the tensor, or of the first of several. */
  private static Optional<DType> firstDType(GraphView view, String name) {
    Optional<DType> own = view.dtype(name);
    if (own.isPresent() || view.isOutput(name)) {
      return own;
    }
    return view.graph().node(name).value() instanceof Value.Several several
            && !several.elements().isEmpty()
        ? several.elements().get(0).tensor().map(s -> s.dtype())
        : Optional.empty();
  }
}
