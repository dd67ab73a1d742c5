package org.calibeam.core.transform;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code addmm(c, a, b, beta, alpha)} → {@code mm(a, b) * alpha + c * beta}; the factors are
 * written even where they are 1, as the reference does.
 */
final class DecomposeAddmm extends OperatorRewrite {

  DecomposeAddmm() {
    super(Gate.HONOURED, "aten.addmm.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref product =
        emit.call("aten.mm.default", arguments.get("mat1"), arguments.get("mat2"));
    Argument.Ref scaled = emit.call("aten.mul.Scalar", product, factor(arguments, "alpha"));
    Argument.Ref input =
        emit.call("aten.mul.Scalar", arguments.get("self"), factor(arguments, "beta"));
    return Optional.of(emit.call("aten.add.Tensor", scaled, input));
  }

  private static Argument factor(Arguments arguments, String name) {
    return Argument.of(arguments.number(name).orElse(1.0));
  }
}
