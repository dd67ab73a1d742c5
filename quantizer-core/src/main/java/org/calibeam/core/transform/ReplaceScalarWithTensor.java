package org.calibeam.core.transform;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.tensor.Device;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code gt.Scalar(x, 0.5)} → {@code gt.Tensor(x, full([1], 0.5))}, and so for all operators of a
 * tensor and a number; {@code remainder.Scalar} stays.
 *
 * <p>Beside a tensor of rank 0 the number becomes one of rank 0 as well. The reference makes it
 * {@code [1]} there too, which changes the shape of the result and breaks the condition of a loop.
 */
final class ReplaceScalarWithTensor extends OperatorRewrite {
  private static final Map<String, String> TENSOR_VARIANTS =
      Map.ofEntries(
          Map.entry("aten.add.Scalar", "aten.add.Tensor"),
          Map.entry("aten.sub.Scalar", "aten.sub.Tensor"),
          Map.entry("aten.mul.Scalar", "aten.mul.Tensor"),
          Map.entry("aten.div.Scalar", "aten.div.Tensor"),
          Map.entry("aten.__rshift__.Scalar", "aten.bitwise_right_shift.Tensor"),
          Map.entry("aten.__lshift__.Scalar", "aten.bitwise_left_shift.Tensor"),
          Map.entry("aten.eq.Scalar", "aten.eq.Tensor"),
          Map.entry("aten.gt.Scalar", "aten.gt.Tensor"),
          Map.entry("aten.ge.Scalar", "aten.ge.Tensor"),
          Map.entry("aten.lt.Scalar", "aten.lt.Tensor"),
          Map.entry("aten.le.Scalar", "aten.le.Tensor"),
          Map.entry("aten.ne.Scalar", "aten.ne.Tensor"),
          Map.entry("aten.bitwise_and.Scalar", "aten.bitwise_and.Tensor"),
          Map.entry("aten.bitwise_or.Scalar", "aten.bitwise_or.Tensor"),
          Map.entry("aten.bitwise_xor.Scalar", "aten.bitwise_xor.Tensor"));

  ReplaceScalarWithTensor() {
    super(Gate.IGNORED, TENSOR_VARIANTS.keySet().toArray(String[]::new));
  }

  @Override
  boolean triggers(Node.Call call) {
    return super.triggers(call) || call.isTarget("aten.remainder.Scalar");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    Optional<Double> number = arguments.number("other");
    List<NamedArgument> given = call.arguments();
    boolean scaled = given.size() > 2 && given.get(2).kind() != NamedArgument.Kind.KEYWORD;
    if (number.isEmpty() || scaled) {
      return Optional.empty();
    }
    TensorSpec spec = emit.spec(x);
    Argument.Ref full =
        emit.call(
            "aten.full.default",
            List.of(
                spec.rank() == 0 ? Argument.ints() : Argument.ints(1), Argument.of(number.get())),
            CallEmitter.dtype(spec.dtype()),
            NamedArgument.keyword("device", new Argument.DeviceValue(Device.CPU)));
    return Optional.of(
        emit.call(
            Objects.requireNonNull(TENSOR_VARIANTS.get(call.target())),
            List.of(x, full),
            given.subList(2, given.size()).toArray(NamedArgument[]::new)));
  }
}
