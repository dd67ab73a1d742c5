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
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code tril(x, diagonal)} → {@code where(rows + diagonal >= columns, x, 0)}, rows and columns
 * being counted up in float32; a bool x is masked by {@code bitwise_and}.
 */
final class DecomposeTril extends OperatorRewrite {

  DecomposeTril() {
    super(Gate.IGNORED, "aten.tril.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    TensorSpec spec = emit.spec(x);
    long rows = Geometry.number(spec.sizes().get(spec.rank() - 2));
    long columns = Geometry.number(spec.sizes().get(spec.rank() - 1));
    Argument.Ref row = count(emit, rows, ints(rows, 1));
    long diagonal = arguments.integer("diagonal").orElse(0L);
    if (diagonal != 0) {
      row = emit.call("aten.add.Scalar", row, of(diagonal));
    }
    Argument.Ref column = count(emit, columns, ints(1, columns));
    Argument.Ref mask = emit.call("aten.ge.Tensor", row, column);
    if (spec.dtype() == DType.BOOL) {
      return Optional.of(emit.call("aten.bitwise_and.Tensor", x, mask));
    }
    Argument.Ref zero =
        emit.call("aten.scalar_tensor.default", List.of(of(0)), CallEmitter.dtype(spec.dtype()));
    return Optional.of(emit.call("aten.where.self", mask, x, zero));
  }

  private static Argument.Ref count(CallEmitter emit, long end, Argument shape) {
    Argument.Ref range =
        emit.call("aten.arange.default", List.of(of(end)), CallEmitter.dtype(DType.FLOAT32));
    return emit.call("aten.reshape.default", range, shape);
  }
}
