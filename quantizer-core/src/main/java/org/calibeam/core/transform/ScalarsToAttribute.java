package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code add.Tensor(x, 1.0)} → {@code add.Tensor(x, c)}, c a constant {@code [1, …]} of the rank of
 * the widest operand; {@code rsub.Scalar(x, 1)} → {@code sub.Tensor(c, x)}.
 *
 * <p>An integer with an integer result stays a number. Unlike the reference, {@code rsub} keeps its
 * alpha, and beside operands of rank 0 the constant has rank 0, so that the result has its shape.
 */
final class ScalarsToAttribute implements Rewrite {
  private static final Set<String> TARGETS =
      Set.of(
          "aten.add.Tensor",
          "aten.sub.Tensor",
          "aten.rsub.Scalar",
          "aten.mul.Tensor",
          "aten.div.Tensor",
          "aten.div_.Tensor",
          "aten.div.Tensor_mode");

  @Override
  public Outcome apply(Rewriting rewriting) {
    boolean changed = false;
    for (Node.Call call : rewriting.calls()) {
      if (hasScalar(call)) {
        changed |= convert((Node.Call) rewriting.editor().node(call.name()), rewriting);
      }
      changed |=
          call.subgraphs()
              .flatMap(sub -> sub.graph().calls().stream())
              .anyMatch(ScalarsToAttribute::hasScalar);
    }
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  private static boolean hasScalar(Node.Call call) {
    return TARGETS.contains(call.target())
        && call.arguments().stream().anyMatch(a -> isConvertible(a, call));
  }

  private static boolean isConvertible(NamedArgument argument, Node.Call call) {
    boolean whole = argument.value() instanceof Argument.IntValue;
    boolean number = whole || argument.value() instanceof Argument.FloatValue;
    return number
        && argument.kind() != NamedArgument.Kind.KEYWORD
        && !argument.name().equals("alpha")
        && !(whole && !Rewriting.firstSpec(call).dtype().isFloatingPoint());
  }

  private static boolean convert(Node.Call call, Rewriting rewriting) {
    DType dtype = Rewriting.firstSpec(call).dtype();
    int rank =
        call.references()
            .map(n -> Rewriting.firstSpec(rewriting.editor().node(n)))
            .mapToInt(TensorSpec::rank)
            .max()
            .orElse(1);
    if (dtype != DType.FLOAT32) {
      rewriting.note(call, "a number beside %s stays a number".formatted(dtype));
      return false;
    }
    CallEmitter emit = rewriting.emitter(Map.of());
    List<NamedArgument> arguments = new ArrayList<>();
    for (NamedArgument argument : call.arguments()) {
      arguments.add(
          isConvertible(argument, call)
              ? argument.withValue(constant(argument.value(), rank, emit, rewriting))
              : argument);
    }
    if (call.isTarget("aten.rsub.Scalar")) {
      Argument.Ref result = reversed(arguments, emit, rank, rewriting);
      emit.commit(call.name());
      rewriting.replace(call, result);
    } else {
      emit.commit(call.name());
      rewriting.editor().replace(call.withArguments(arguments));
    }
    return true;
  }

  private static Argument.Ref constant(
      Argument number, int rank, CallEmitter emit, Rewriting rewriting) {
    long[] sizes = new long[rank];
    Arrays.fill(sizes, 1);
    float value = Arguments.numberOf(number).orElseThrow().floatValue();
    TensorData data = TensorData.ofFloats(new float[] {value}, sizes);
    return emit.add(rewriting.newConstant("_tensor_constant_", Constant.buffer(data), Map.of()));
  }

  private static Argument.Ref reversed(
      List<NamedArgument> arguments, CallEmitter emit, int rank, Rewriting rewriting) {
    Argument x = arguments.get(0).value();
    Optional<Argument> alpha =
        arguments.stream()
            .filter(a -> a.name().equals("alpha"))
            .map(NamedArgument::value)
            .filter(a -> !Arguments.numberOf(a).equals(Optional.of(1.0)))
            .findFirst();
    if (alpha.isPresent()) {
      x = emit.call("aten.mul.Tensor", x, constant(alpha.get(), rank, emit, rewriting));
    }
    return emit.call("aten.sub.Tensor", arguments.get(1).value(), x);
  }
}
