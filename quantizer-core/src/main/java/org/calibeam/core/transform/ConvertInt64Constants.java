package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/** {@code arange(16)} → {@code arange(16, dtype=int32)} where an int64 made of numbers fits. */
final class ConvertInt64Constants implements Rewrite {
  private static final Set<String> TARGETS =
      Set.of(
          "aten.full.default",
          "aten.arange.default",
          "aten.arange.start",
          "aten.arange.start_step",
          "aten.eye.default",
          "aten.linspace.default",
          "aten.scalar_tensor.default");

  @Override
  public Outcome apply(Rewriting rewriting) {
    boolean changed = false;
    for (Node.Call call : rewriting.calls()) {
      boolean wide =
          TARGETS.contains(call.target()) && Rewriting.firstSpec(call).dtype() == DType.INT64;
      if (wide && fits(Arguments.of(call))) {
        rewriting.editor().replace(narrowed(call));
        changed = true;
      }
    }
    if (changed) {
      rewriting.removeDead();
    }
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  private static boolean fits(Arguments arguments) {
    return Stream.of("fill_value", "start", "end", "s")
        .filter(arguments::has)
        .map(name -> arguments.number(name).orElse(Double.NaN))
        .allMatch(v -> v >= Integer.MIN_VALUE && v <= Integer.MAX_VALUE);
  }

  private static Node.Call narrowed(Node.Call call) {
    List<NamedArgument> arguments = new ArrayList<>();
    NamedArgument int32 = CallEmitter.dtype(DType.INT32);
    for (NamedArgument argument : call.arguments()) {
      arguments.add(argument.name().equals("dtype") ? int32 : argument);
    }
    if (!arguments.contains(int32)) {
      arguments.add(
          new NamedArgument("dtype", new Argument.ScalarTypeValue(DType.INT32), int32.kind()));
    }
    TensorSpec spec = Rewriting.firstSpec(call);
    return call.withArguments(arguments).withValue(new Value.Tensor(spec.withDType(DType.INT32)));
  }
}
