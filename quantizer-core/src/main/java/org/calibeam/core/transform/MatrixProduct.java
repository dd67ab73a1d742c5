package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.List;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Writes {@code matmul} as what PyTorch runs for it: {@code mm} for matrices, else {@code bmm}
 * between views that fold the batch dimensions into one (ATen's {@code LinearAlgebra.cpp}).
 */
final class MatrixProduct {
  private final CallEmitter emit;

  MatrixProduct(CallEmitter emit) {
    this.emit = emit;
  }

  /** The product of {@code x} and {@code y}, the latter of at least 2 dimensions. */
  Argument.Ref of(Argument.Ref x, Argument.Ref y) {
    int left = emit.spec(x).rank();
    int right = emit.spec(y).rank();
    if (left == 2 && right == 2) {
      return emit.call("aten.mm.default", x, y);
    }
    if (left == 1 && right == 2) {
      Argument.Ref row = emit.call("aten.unsqueeze.default", x, Argument.of(0));
      Argument.Ref product = emit.call("aten.mm.default", row, y);
      return emit.call("aten.squeeze_.dim", product, Argument.of(0));
    }
    return left >= 3 && right == 2 && isFoldable(emit.spec(x)) ? folded(x, y) : viewed(x, y, false);
  }

  /** Whether all dimensions but the last are one in memory. */
  private static boolean isFoldable(TensorSpec spec) {
    if (!spec.isStatic()) {
      return true;
    }
    for (int i = 0; i < spec.rank() - 2; i++) {
      long step =
          Geometry.number(spec.strides().get(i + 1)) * Geometry.number(spec.sizes().get(i + 1));
      if (Geometry.number(spec.strides().get(i)) != step) {
        return false;
      }
    }
    return true;
  }

  private Argument.Ref folded(Argument.Ref x, Argument.Ref y) {
    List<Dim> sizes = emit.spec(x).sizes();
    int last = sizes.size() - 1;
    Argument.Ref rows =
        reshape(x, List.of(Geometry.product(sizes.subList(0, last)), sizes.get(last)));
    Argument.Ref product = emit.call("aten.mm.default", rows, y);
    List<Dim> out = new ArrayList<>(sizes.subList(0, last));
    out.add(emit.spec(y).sizes().get(1));
    return emit.call("aten._unsafe_view.default", product, CallEmitter.sizes(out));
  }

  private Argument.Ref batched(Argument.Ref x, Argument.Ref y, String view) {
    List<Dim> left = emit.spec(x).sizes();
    List<Dim> right = emit.spec(y).sizes();
    int leftBatch = Math.max(0, left.size() - 2);
    int rightBatch = right.size() - 2;
    List<Dim> batch =
        Geometry.broadcast(List.of(left.subList(0, leftBatch), right.subList(0, rightBatch)));
    Dim rows = left.size() > 1 ? left.get(leftBatch) : Dim.of(1);
    Argument.Ref a = expanded(x, batch, rows, left.get(left.size() - 1));
    Argument.Ref b = expanded(y, batch, right.get(rightBatch), right.get(rightBatch + 1));
    Argument.Ref product = emit.call("aten.bmm.default", a, b);
    List<Dim> out = new ArrayList<>(batch);
    if (left.size() > 1) {
      out.add(rows);
    }
    out.add(right.get(rightBatch + 1));
    return emit.call(view, product, CallEmitter.sizes(out));
  }

  /**
   * The product of batches of matrices.
   *
   * @param plain whether the result is shaped by a plain view, as PyTorch's decompositions written
   *     in Python do it
   */
  Argument.Ref viewed(Argument.Ref x, Argument.Ref y, boolean plain) {
    return batched(x, y, plain ? "aten.view.default" : "aten._unsafe_view.default");
  }

  private Argument.Ref expanded(Argument.Ref x, List<Dim> batch, Dim rows, Dim columns) {
    List<Dim> sizes = new ArrayList<>(batch);
    sizes.add(rows);
    sizes.add(columns);
    Argument.Ref wide = emit.call("aten.expand.default", x, CallEmitter.sizes(sizes));
    return reshape(wide, List.of(Geometry.product(batch), rows, columns));
  }

  /** {@code x} in the shape {@code sizes}: a view where its memory allows one, else a copy. */
  Argument.Ref reshape(Argument.Ref x, List<Dim> sizes) {
    Argument shape = CallEmitter.sizes(sizes);
    if (Geometry.isViewable(emit.spec(x), sizes)) {
      return emit.call("aten.view.default", x, shape);
    }
    Argument.Ref copy = contiguous(x);
    return emit.call("aten._unsafe_view.default", copy, shape);
  }

  /** A copy of {@code x} in row-major order. */
  Argument.Ref contiguous(Argument.Ref x) {
    return emit.call(
        "aten.clone.default",
        List.of(x),
        NamedArgument.keyword("memory_format", Argument.MemoryFormat.CONTIGUOUS));
  }
}
