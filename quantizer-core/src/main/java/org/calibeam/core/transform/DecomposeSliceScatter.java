package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Device;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code slice_scatter(x, y, dim, a, b)} → {@code cat([slice(x, dim, 0, a), y, slice(x, dim, b,
 * n)])}; with a step → {@code index_put} along dim, which is brought to the front by {@code
 * permute_copy}.
 *
 * <p>y must have the shape of the slice.
 */
final class DecomposeSliceScatter extends OperatorRewrite {

  DecomposeSliceScatter() {
    super(Gate.IGNORED, "aten.slice_scatter.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    Argument.Ref source = arguments.tensor("src").orElseThrow();
    TensorSpec spec = emit.spec(x);
    int dim = Geometry.axis(arguments.integer("dim").orElseThrow(), spec.rank());
    long size = Geometry.number(spec.sizes().get(dim));
    long start = clip(arguments.integer("start").orElse(0L), size);
    long end = clip(arguments.integer("end").orElse(size), size);
    long step = arguments.integer("step").orElse(1L);
    if (end <= start) {
      return Optional.of(x);
    }
    Argument.Ref positions =
        emit.call(
            "aten.arange.start_step",
            List.of(of(start), of(end), of(step)),
            CallEmitter.dtype(DType.INT32),
            NamedArgument.keyword("device", new Argument.DeviceValue(Device.CPU)));
    if (step != 1) {
      return Optional.of(strided(emit, x, source, positions, dim));
    }
    List<String> parts = new ArrayList<>();
    if (start > 0) {
      parts.add(slice(emit, x, dim, 0, start));
    }
    parts.add(source.node());
    if (end < size) {
      parts.add(slice(emit, x, dim, end, size));
    }
    return Optional.of(emit.call("aten.cat.default", Argument.refs(parts), of(dim)));
  }

  private static long clip(long index, long size) {
    return Math.max(0, Math.min(size, index < 0 ? index + size : index));
  }

  private static String slice(CallEmitter emit, Argument.Ref x, int dim, long from, long to) {
    return emit.call("aten.slice_copy.Tensor", x, of(dim), of(from), of(to), of(1)).node();
  }

  private static Argument.Ref strided(
      CallEmitter emit, Argument.Ref x, Argument.Ref source, Argument.Ref positions, int dim) {
    List<Long> order = new ArrayList<>();
    List<Long> back = new ArrayList<>();
    order.add((long) dim);
    for (int i = 0; i < emit.spec(x).rank(); i++) {
      if (i != dim) {
        order.add((long) i);
      }
      back.add(i < dim ? i + 1L : i == dim ? 0L : i);
    }
    Argument.Ref target = x;
    Argument.Ref values = source;
    if (dim != 0) {
      target = emit.call("aten.permute_copy.default", x, new Argument.IntList(order));
      values = emit.call("aten.permute_copy.default", source, new Argument.IntList(order));
    }
    Argument indices = new Argument.OptionalRefs(List.of(Optional.of(positions)));
    Argument.Ref put = emit.call("aten.index_put.default", target, indices, values, of(false));
    return dim == 0 ? put : emit.call("aten.permute_copy.default", put, new Argument.IntList(back));
  }
}
