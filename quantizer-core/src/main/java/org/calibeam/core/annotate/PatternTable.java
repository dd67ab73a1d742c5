package org.calibeam.core.annotate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The operator sequences that get specs of their own, with the condition under which each is
 * accepted. The list is that of ExecuTorch 1.5.1's {@code
 * backends/arm/quantizer/quantizer_support.py}.
 */
final class PatternTable {
  static final int MAX_LENGTH = 3;

  /** Operators with a weight at argument 1 and an optional bias at argument 2. */
  static final Set<String> PARAMETER_TARGETS =
      Set.of(
          "aten.linear.default",
          "aten.convolution.default",
          "aten.conv1d.default",
          "aten.conv1d.padding",
          "aten.conv2d.default",
          "aten.conv2d.padding",
          "aten.conv3d.default",
          "aten.conv3d.padding",
          "aten.conv_transpose2d.input");

  private static final List<String> WEIGHTED =
      List.of(
          "aten.conv1d.default",
          "aten.conv2d.default",
          "aten.conv2d.padding",
          "aten.conv3d.default",
          "aten.conv3d.padding",
          "aten.conv_transpose2d.input",
          "aten.linear.default");

  private static final String BATCH_NORM = "aten.batch_norm.default";

  private static final List<String> FUSED_ACTIVATIONS =
      List.of(
          "aten.relu.default",
          "aten.relu_.default",
          "aten.hardtanh.default",
          "aten.hardtanh_.default");

  private static final List<String> ARITHMETIC =
      List.of(
          "aten.add.Tensor",
          "aten.add_.Tensor",
          "aten.sub.Tensor",
          "aten.sub_.Tensor",
          "aten.mul.Tensor",
          "aten.mul_.Tensor",
          "aten.matmul.default",
          "aten.mm.default",
          "aten.bmm.default");

  private static final List<String> SINGLE =
      List.of(
          // unary arithmetic
          "abs.default, ceil.default, floor.default, round.default, sign.default, neg.default,"
              + " reciprocal.default, rsqrt.default, sqrt.default, exp.default, expm1.default,"
              + " log.default, log1p.default, log10.default, erf.default, erfinv.default,"
              + " sin.default, cos.default, tan.default, sinh.default, cosh.default, tanh.default,"
              + " asin.default, acos.default, atan.default, asinh.default, acosh.default,"
              + " atanh.default, logit.default, pow.Tensor_Scalar, remainder.Scalar,"
              + " remainder.Tensor, cumsum.default",
          // activation functions
          "sigmoid.default, hardsigmoid.default, hardswish.default, hardswish_.default,"
              + " gelu.default, silu.default, silu_.default, elu.default, selu.default,"
              + " celu.default, leaky_relu.default, leaky_relu_.default, prelu.default,"
              + " glu.default, softmax.int, _softmax.default, log_softmax.int",
          // division
          "div.Tensor, div_.Tensor, div.Scalar, div.Tensor_mode, floor_divide.default",
          // reductions and norms
          "sum.default, sum.dim_IntList, mean.default, mean.dim, var.dim, var.correction,"
              + " layer_norm.default, group_norm.default, linalg_vector_norm.default,"
              + " cosine_similarity.default",
          // pooling and resizing
          "adaptive_avg_pool2d.default, avg_pool2d.default, max_pool2d.default,"
              + " upsample_bilinear2d.vec, upsample_nearest2d.vec",
          // several inputs
          "addmm.default, einsum.default, scaled_dot_product_attention.default, minimum.default,"
              + " maximum.default, grid_sampler.default, embedding.default",
          // comparisons
          "lt.Tensor, le.Tensor, gt.Tensor, ge.Tensor, eq.Tensor, ne.Tensor, lt.Scalar, le.Scalar,"
              + " gt.Scalar, ge.Scalar, eq.Scalar, ne.Scalar",
          // constructors
          "full.default, full_like.default, zeros.default, zeros_like.default, ones.default,"
              + " fill_.Scalar, scalar_tensor.default, arange.start_step, linspace.default,"
              + " eye.default",
          // recurrent, decomposed before the real annotation
          "lstm.input, lstm_cell.default, rnn_tanh.input, rnn_relu.input, gru.input",
          // moves with observers of their own
          "moveaxis.int, moveaxis.intlist, movedim.int, movedim.intlist");

  private static final Map<List<String>, PatternCheck> PATTERNS = patterns();

  private PatternTable() {}

  private static Map<List<String>, PatternCheck> patterns() {
    Map<List<String>, PatternCheck> table = new HashMap<>();
    for (String line : SINGLE) {
      for (String name : line.split(",")) {
        table.put(List.of("aten." + name.strip()), PatternCheck.ANY);
      }
    }
    table.put(List.of(BATCH_NORM), PatternCheck.ANY);
    for (String weighted : WEIGHTED) {
      table.put(List.of(weighted), PatternCheck.ANY);
      table.put(List.of(weighted, BATCH_NORM), PatternCheck.ANY);
      for (String activation : FUSED_ACTIVATIONS) {
        table.put(List.of(weighted, activation), PatternCheck.FUSED_ACTIVATION);
        table.put(List.of(weighted, BATCH_NORM, activation), PatternCheck.FUSED_ACTIVATION);
      }
    }
    for (String arithmetic : ARITHMETIC) {
      table.put(List.of(arithmetic), PatternCheck.FLOAT_OPERANDS);
    }
    table.put(List.of("aten.to.dtype"), PatternCheck.CAST);
    return Map.copyOf(table);
  }

  /** The check of the sequence {@code targets}, empty if it is no pattern. */
  static Optional<PatternCheck> check(List<String> targets) {
    return Optional.ofNullable(PATTERNS.get(targets));
  }

  /** All single operators and the first of each sequence, for reports and tests. */
  static List<List<String>> all() {
    return new ArrayList<>(PATTERNS.keySet());
  }
}
