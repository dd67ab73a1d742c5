package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.ints;
import static org.calibeam.core.graph.Argument.of;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code adaptive_avg_pool2d(x, [oh, ow])} → one {@code avg_pool2d} where windows of one size at a
 * stride of 1 to 3 do it; else {@code avg_pool2d} of a slice for each output cell, joined by {@code
 * cat}.
 */
final class DecomposeAdaptiveAvgPool2d extends OperatorRewrite {

  DecomposeAdaptiveAvgPool2d() {
    super(Gate.SKIPPED, "aten.adaptive_avg_pool2d.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    TensorSpec spec = emit.spec(x);
    Optional<List<Long>> out = arguments.integers("output_size");
    if (spec.rank() != 4 || out.isEmpty()) {
      return Optional.empty();
    }
    long outHeight = out.get().get(0);
    long outWidth = out.get().get(out.get().size() - 1);
    long height = Geometry.number(spec.sizes().get(2));
    long width = Geometry.number(spec.sizes().get(3));
    if (isUniform(height, outHeight) && isUniform(width, outWidth)) {
      Argument kernel =
          ints(height / outHeight + height % outHeight, width / outWidth + width % outWidth);
      Argument stride = ints(height / outHeight, width / outWidth);
      return Optional.of(emit.call("aten.avg_pool2d.default", x, kernel, stride, ints(0, 0)));
    }
    List<String> rows = new ArrayList<>();
    for (long i = 0; i < outHeight; i++) {
      List<String> cells = new ArrayList<>();
      for (long j = 0; j < outWidth; j++) {
        cells.add(cell(emit, x, window(height, outHeight, i), window(width, outWidth, j)));
      }
      rows.add(joined(emit, cells, 3));
    }
    return Optional.of(Argument.ref(joined(emit, rows, 2)));
  }

  private static boolean isUniform(long in, long out) {
    long stride = in / out;
    return in % out <= 1 && stride >= 1 && stride <= 3;
  }

  /** First and past-the-last input of output {@code index}. */
  private static long[] window(long in, long out, long index) {
    return new long[] {index * in / out, ((index + 1) * in + out - 1) / out};
  }

  private static String cell(CallEmitter emit, Argument.Ref x, long[] rows, long[] columns) {
    Argument.Ref part = emit.call("aten.slice_copy.Tensor", x, of(2), of(rows[0]), of(rows[1]));
    part = emit.call("aten.slice_copy.Tensor", part, of(3), of(columns[0]), of(columns[1]));
    Argument kernel = ints(rows[1] - rows[0], columns[1] - columns[0]);
    return emit.call("aten.avg_pool2d.default", part, kernel, ints(1, 1), ints(0, 0)).node();
  }

  private static String joined(CallEmitter emit, List<String> parts, long dim) {
    return parts.size() == 1
        ? parts.get(0)
        : emit.call("aten.cat.default", Argument.refs(parts), of(dim)).node();
  }
}
