package org.calibeam.core.transform;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Device;

/**
 * {@code div(a, b, 'floor')} → {@code floor(div(a, b))}; {@code 'trunc'} → {@code where(0 > q,
 * ceil(q), floor(q))} with {@code q = div(a, b)}.
 *
 * <p>A division of integers stays: it is exact and needs no quantization. An integer beside a float
 * is cast.
 */
final class DecomposeDivTensorMode extends OperatorRewrite {

  DecomposeDivTensorMode() {
    super(Gate.SKIPPED, "aten.div.Tensor_mode");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Optional<String> mode = arguments.text("rounding_mode");
    Argument a = arguments.get("self");
    Argument b = arguments.get("other");
    if (mode.isPresent() && isInteger(a, emit) && isInteger(b, emit)) {
      return Optional.empty();
    }
    Argument.Ref quotient = emit.call("aten.div.Tensor", asFloat(a, emit), asFloat(b, emit));
    if (mode.isPresent()) {
      quotient =
          mode.get().equals("floor")
              ? emit.call("aten.floor.default", quotient)
              : truncated(quotient, emit);
    }
    DType dtype = Rewriting.firstSpec(call).dtype();
    return Optional.of(dtype == DType.FLOAT32 ? quotient : cast(quotient, dtype, emit));
  }

  private static Argument.Ref truncated(Argument.Ref quotient, CallEmitter emit) {
    Argument ones = new Argument.IntList(Collections.nCopies(emit.spec(quotient).rank(), 1L));
    Argument.Ref zero =
        emit.call(
            "aten.full.default",
            List.of(ones, Argument.of(0.0)),
            CallEmitter.dtype(DType.FLOAT32),
            NamedArgument.keyword("device", new Argument.DeviceValue(Device.CPU)));
    Argument.Ref negative = emit.call("aten.gt.Tensor", zero, quotient);
    Argument.Ref ceil = emit.call("aten.ceil.default", quotient);
    Argument.Ref floor = emit.call("aten.floor.default", quotient);
    return emit.call("aten.where.self", negative, ceil, floor);
  }

  private static boolean isInteger(Argument argument, CallEmitter emit) {
    return argument instanceof Argument.Ref ref
        ? emit.spec(ref).dtype().isInteger()
        : argument instanceof Argument.IntValue;
  }

  private static Argument asFloat(Argument argument, CallEmitter emit) {
    if (!isInteger(argument, emit)) {
      return argument;
    }
    return argument instanceof Argument.Ref ref
        ? cast(ref, DType.FLOAT32, emit)
        : Argument.of(Arguments.numberOf(argument).orElseThrow());
  }

  private static Argument.Ref cast(Argument.Ref x, DType dtype, CallEmitter emit) {
    return emit.call("aten.to.dtype", List.of(x), CallEmitter.dtype(dtype));
  }
}
