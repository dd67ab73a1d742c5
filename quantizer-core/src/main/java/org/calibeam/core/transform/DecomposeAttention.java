package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.ints;
import static org.calibeam.core.graph.Argument.of;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Device;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.Layout;

/**
 * {@code scaled_dot_product_attention(q, k, v, mask, causal, scale)} → {@code softmax((q * f) @
 * (transpose(k) * f) + mask) @ v} with {@code f = sqrt(scale)}.
 *
 * <p>A causal or bool mask becomes a float one of 0 and -inf; with fewer heads in k and v they are
 * repeated. Where all heads have the same size the result is laid out as PyTorch's fused kernel
 * does it, by {@code permute}, {@code clone}, {@code permute}. Not with dropout.
 */
final class DecomposeAttention extends OperatorRewrite {

  DecomposeAttention() {
    super(Gate.SKIPPED, "aten.scaled_dot_product_attention.default");
  }

  @Override
  Outcome outcome(boolean changed) {
    return Outcome.KEPT;
  }

  @Override
  Map<String, String> metadata(Node.Call call) {
    return module(call);
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref q = arguments.tensor("query").orElseThrow();
    Argument.Ref k = arguments.tensor("key").orElseThrow();
    Argument.Ref v = arguments.tensor("value").orElseThrow();
    int rank = emit.spec(q).rank();
    if (arguments.number("dropout_p").orElse(0.0) != 0 || rank < 3 || rank > 4) {
      return Optional.empty();
    }
    MatrixProduct product = new MatrixProduct(emit);
    long size = size(emit, q, rank - 1);
    double scale = arguments.number("scale").orElse(1 / Math.sqrt(size));
    boolean grouped = rank == 4 && size(emit, q, 1) != size(emit, k, 1);
    if (grouped) {
      k = repeated(product, emit, k, size(emit, q, 1));
      v = repeated(product, emit, v, size(emit, q, 1));
    }
    boolean fused = size(emit, v, rank - 1) == size;
    boolean widened = fused && rank == 3;
    if (widened) {
      q = emit.call("aten.unsqueeze.default", q, of(0));
      k = emit.call("aten.unsqueeze.default", k, of(0));
      v = emit.call("aten.unsqueeze.default", v, of(0));
    }
    Optional<Argument.Ref> mask = arguments.tensor("attn_mask");
    boolean chosen = mask.isPresent() && emit.spec(mask.get()).dtype() == DType.BOOL;
    if (chosen) {
      mask = Optional.of(choice(emit, mask.get(), emit.spec(q).dtype()));
    }
    Argument.Ref left = emit.call("aten.mul.Scalar", q, of(Math.sqrt(scale)));
    if (arguments.flag("is_causal")) {
      mask = Optional.of(causal(emit, q, k));
    }
    Argument.Ref turned = emit.call("aten.transpose.int", k, of(-2), of(-1));
    Argument.Ref right = emit.call("aten.mul.Scalar", turned, of(Math.sqrt(scale)));
    Argument.Ref scores = product.viewed(left, right, fused);
    if (mask.isPresent()) {
      scores = emit.call("aten.add.Tensor", scores, mask.get());
    }
    Argument.Ref weights = emit.call("aten._safe_softmax.default", scores, of(-1));
    Argument.Ref result = product.viewed(weights, v, fused);
    if (fused) {
      result = emit.call("aten.permute.default", result, ints(2, 0, 1, 3));
      result = emit.call("aten.permute.default", product.contiguous(result), ints(1, 2, 0, 3));
    }
    return Optional.of(widened ? emit.call("aten.squeeze.dim", result, of(0)) : result);
  }

  private static long size(CallEmitter emit, Argument.Ref x, int axis) {
    return Geometry.number(emit.spec(x).sizes().get(axis));
  }

  /** Each head of {@code x} as often in a row as {@code heads} asks for. */
  private static Argument.Ref repeated(
      MatrixProduct product, CallEmitter emit, Argument.Ref x, long heads) {
    List<Dim> sizes = emit.spec(x).sizes();
    Dim times = Dim.of(heads / Geometry.number(sizes.get(1)));
    Argument.Ref apart = emit.call("aten.unsqueeze.default", x, of(2));
    Argument.Ref wide =
        emit.call(
            "aten.expand.default",
            apart,
            CallEmitter.sizes(
                List.of(sizes.get(0), sizes.get(1), times, sizes.get(2), sizes.get(3))));
    return product.reshape(wide, List.of(sizes.get(0), Dim.of(heads), sizes.get(2), sizes.get(3)));
  }

  private static Argument.Ref causal(CallEmitter emit, Argument.Ref q, Argument.Ref k) {
    int rank = emit.spec(q).rank();
    Argument.Ref ones =
        emit.call(
            "aten.ones.default",
            List.of(ints(size(emit, q, rank - 2), size(emit, k, rank - 2))),
            CallEmitter.dtype(DType.BOOL),
            NamedArgument.keyword("layout", new Argument.LayoutValue(Layout.STRIDED)),
            NamedArgument.keyword("device", new Argument.DeviceValue(Device.CPU)));
    Argument.Ref mask = emit.call("aten.tril.default", ones);
    return choice(emit, mask, emit.spec(q).dtype());
  }

  /** 0 where {@code mask} is true, else -inf. */
  private static Argument.Ref choice(CallEmitter emit, Argument.Ref mask, DType dtype) {
    NamedArgument device = NamedArgument.keyword("device", new Argument.DeviceValue(Device.CPU));
    Argument.Ref minusInfinity =
        emit.call(
            "aten.scalar_tensor.default",
            List.of(of(Double.NEGATIVE_INFINITY)),
            CallEmitter.dtype(dtype),
            device);
    Argument.Ref zero =
        emit.call(
            "aten.scalar_tensor.default",
            List.of(of(0.0)),
            CallEmitter.dtype(dtype),
            NamedArgument.keyword("layout", new Argument.LayoutValue(Layout.STRIDED)),
            device);
    return emit.call("aten.where.self", mask, zero, minusInfinity);
  }
}
