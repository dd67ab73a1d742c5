package org.calibeam.core.transform;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.ops.OutputRules;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Evaluates calls that move elements without changing them: views, copies and the marks that export
 * puts on constants. It needs no library and is exact for every type.
 */
public final class ViewEvaluator implements ConstantEvaluator {
  /** Elements keep their row-major order. */
  private static final Set<String> SAME_ORDER =
      Set.of(
          "alias",
          "clone",
          "contiguous",
          "detach",
          "detach_",
          "flatten",
          "lift_fresh_copy",
          "reshape",
          "squeeze",
          "unsqueeze",
          "view",
          "view_copy");

  /** The result is another way to step through the same storage. */
  private static final Set<String> OTHER_STEPS =
      Set.of("expand", "permute", "select", "slice", "t", "transpose");

  @Override
  public Optional<List<TensorData>> evaluate(
      Node.Call call, Function<String, TensorData> operands) {
    String name = CallEmitter.baseName(call.target());
    if (!SAME_ORDER.contains(name) && !OTHER_STEPS.contains(name)
        || !(call.argument(0).orElse(Argument.NONE) instanceof Argument.Ref ref)) {
      return Optional.empty();
    }
    TensorData source = operands.apply(ref.node());
    return OutputRules.infer(call, n -> new Value.Tensor(operands.apply(n).spec()))
        .flatMap(Value::tensor)
        .map(
            spec ->
                List.of(
                    SAME_ORDER.contains(name) ? reshaped(source, spec) : stepped(source, spec)));
  }

  private static TensorData reshaped(TensorData source, TensorSpec spec) {
    long[] sizes = spec.fixedSizes();
    if (!source.isContiguous()) {
      return TensorData.contiguous(source.dtype(), Storage.of(source.toBytes()), sizes);
    }
    long[] strides = TensorData.contiguousStrides(sizes);
    return new TensorData(source.dtype(), sizes, strides, source.offset(), source.storage());
  }

  private static TensorData stepped(TensorData source, TensorSpec spec) {
    long[] strides = spec.strides().stream().mapToLong(Geometry::number).toArray();
    long offset = Geometry.number(spec.storageOffset());
    return new TensorData(source.dtype(), spec.fixedSizes(), strides, offset, source.storage());
  }
}
