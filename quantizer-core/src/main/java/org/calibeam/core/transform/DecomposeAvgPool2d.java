package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.ints;
import static org.calibeam.core.graph.Argument.of;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code avg_pool2d(x, k, s, p, ceil, include_pad, divisor)} → {@code avg_pool2d(pad(x), k, s, 0,
 * ceil, False) * (kh * kw / divisor)}.
 *
 * <p>Zeros that count are padded in front of the pool, at the far edges only as far as a window
 * reaches; a divisor other than the window's size becomes a factor.
 */
final class DecomposeAvgPool2d extends OperatorRewrite {

  DecomposeAvgPool2d() {
    super(Gate.SKIPPED, "aten.avg_pool2d.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    TensorSpec spec = emit.spec(x);
    if (spec.rank() != 4) {
      return Optional.empty();
    }
    long[] kernel = pair(arguments, "kernel_size");
    boolean strided = !arguments.integers("stride").orElse(List.of()).isEmpty();
    long[] stride = strided ? pair(arguments, "stride") : kernel;
    long[] padding = pair(arguments, "padding");
    boolean ceil = arguments.flag("ceil_mode");
    Optional<Long> divisor = arguments.integer("divisor_override");
    boolean padded = divisor.isPresent() || arguments.flag("count_include_pad");
    if (padded && (padding[0] > 0 || padding[1] > 0)) {
      long below = farPad(spec, 0, kernel, stride, padding, ceil, divisor.isPresent());
      long right = farPad(spec, 1, kernel, stride, padding, ceil, divisor.isPresent());
      x =
          emit.call(
              "aten.pad.default",
              x,
              ints(padding[1], right, padding[0], below),
              new Argument.StringValue("constant"),
              of(0.0));
    }
    Argument.Ref pooled =
        emit.call(
            "aten.avg_pool2d.default",
            x,
            ints(kernel),
            ints(stride),
            padded ? ints(0, 0) : ints(padding),
            of(ceil),
            of(false));
    long window = kernel[0] * kernel[1];
    if (divisor.isPresent() && divisor.get() != window) {
      pooled = emit.call("aten.mul.Tensor", pooled, of((double) window / divisor.get()));
    }
    return Optional.of(pooled);
  }

  private static long[] pair(Arguments arguments, String name) {
    List<Long> values = arguments.integers(name).orElseThrow();
    return new long[] {values.get(0), values.get(values.size() - 1)};
  }

  /** Zeros needed behind the last element of {@code axis} for the last window to be full. */
  private static long farPad(
      TensorSpec spec,
      int axis,
      long[] kernel,
      long[] stride,
      long[] padding,
      boolean ceil,
      boolean divided) {
    long pad = padding[axis];
    if (pad == 0) {
      return 0;
    }
    long size = Geometry.number(spec.sizes().get(2 + axis));
    long room = size - kernel[axis] + 2 * pad;
    long out = Math.floorDiv(room + (ceil ? stride[axis] - 1 : 0), stride[axis]) + 1;
    if (ceil && (out - 1) * stride[axis] >= size + pad) {
      out--;
    }
    long needed = (out - 1) * stride[axis] - size + kernel[axis] - pad;
    return needed < 0 || ceil && !divided && needed > pad ? pad : needed;
  }
}
