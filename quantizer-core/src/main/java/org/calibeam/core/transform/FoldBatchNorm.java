package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.Convolutions;
import org.calibeam.core.ops.Operators;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;

/**
 * {@code batch_norm(conv2d(x, w, b))} → {@code conv2d(x, w', b')}, also for linear layers: the
 * first step after training, whatever is to be quantized.
 *
 * <p>With {@code r = rsqrt(var + eps)}, all in float32: {@code w' = w * (gamma * r)} along the
 * output channels and {@code b' = (b - mean) * r * gamma + beta} for a convolution, {@code b' = (b
 * - mean) * (gamma * r) + beta} for a linear layer (torch {@code nn/utils/fusion.py}). A missing
 * bias becomes the parameter {@code <weight>_bias}.
 *
 * <p>Unlike torchao, which folds wherever the input is such a layer, this folds only where the
 * layer has no other user and its weight and bias are read nowhere else; other batch norms are
 * left, with a note. A linear layer over more than 2 dimensions normalizes another dimension and is
 * left too.
 */
public final class FoldBatchNorm {
  private static final Set<String> TRANSPOSED =
      Set.of(
          "aten.conv_transpose1d.default",
          "aten.conv_transpose2d.input",
          "aten.conv_transpose3d.input");
  private static final String LINEAR = "aten.linear.default";

  private final Rewriting rewriting;

  private FoldBatchNorm(Rewriting rewriting) {
    this.rewriting = rewriting;
  }

  /** Folds every batch norm of {@code input} that can be. */
  public static Transformed apply(GraphAndConstants input) {
    List<String> notes = new ArrayList<>();
    GraphAndConstants result =
        TransformForAnnotation.apply(
            FoldBatchNorm::apply, input, TransformForAnnotation.Mode.POST_TRAINING, notes);
    return new Transformed(result, notes);
  }

  /** The same as a step among others. */
  static Rewrite.Outcome apply(Rewriting rewriting) {
    FoldBatchNorm fold = new FoldBatchNorm(rewriting);
    rewriting.calls().stream()
        .filter(c -> c.isTarget("aten.batch_norm.default") || isLegacy(c))
        .forEach(c -> fold.fold((Node.Call) rewriting.editor().node(c.name())));
    if (rewriting.editor().isChanged()) {
      rewriting.removeDead();
    }
    return Rewrite.Outcome.KEPT;
  }

  private static boolean isLegacy(Node.Call call) {
    return call.isTarget("aten._native_batch_norm_legit_no_training.default");
  }

  private void fold(Node.Call norm) {
    Arguments arguments = Arguments.of(norm);
    Optional<Node.Call> found =
        rewriting
            .call(arguments.get("input"))
            .filter(
                c ->
                    Convolutions.includes(c)
                        || TRANSPOSED.contains(c.target())
                        || c.isTarget(LINEAR));
    if (found.isEmpty()) {
      return;
    }
    Node.Call layer = found.get();
    Optional<String> obstacle = obstacle(layer, arguments);
    if (obstacle.isPresent()) {
      rewriting.note(norm, "not folded into %s: %s".formatted(layer.name(), obstacle.get()));
      return;
    }
    Statistics statistics = statistics(arguments);
    boolean linear = layer.isTarget(LINEAR);
    Arguments options = Arguments.of(layer);
    Argument.Ref weight = options.tensor("weight").orElseThrow();
    Node.GetAttr weightNode = rewriting.getAttr(weight).orElseThrow();
    String weightName = weightNode.constant();
    int groups =
        TRANSPOSED.contains(layer.target())
            ? Math.toIntExact(options.integer("groups").orElse(1L))
            : 0;
    rewriting.setValue(weightNode, statistics.weight(rewriting.data(weight).orElseThrow(), groups));
    Optional<Argument.Ref> bias = options.tensor("bias");
    if (bias.isPresent()) {
      float[] values = rewriting.data(bias.get()).orElseThrow().toFloats();
      rewriting.setValue(
          rewriting.getAttr(bias.get()).orElseThrow(),
          TensorData.ofFloats(statistics.bias(values, linear), values.length));
    } else {
      addBias(layer, weightName, statistics.bias(new float[statistics.scale.length], linear));
    }
    replaceUses(norm, layer.name());
  }

  private Optional<String> obstacle(Node.Call layer, Arguments norm) {
    Arguments options = Arguments.of(layer);
    if (rewriting.userCount(layer.name()) != 1) {
      return Optional.of("its result has other users");
    }
    List<Argument> constants = new ArrayList<>();
    constants.add(options.get("weight"));
    constants.add(options.get("bias"));
    for (Argument own : constants) {
      Optional<Node.GetAttr> attr = rewriting.getAttr(own);
      if (attr.map(a -> rewriting.editor().users(a.name()).size() != 1).orElse(false)
          || attr.map(a -> !rewriting.isOwned(a)).orElse(false)) {
        return Optional.of("its weight or bias is used elsewhere");
      }
    }
    for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
      constants.add(norm.get(name));
    }
    boolean floats =
        constants.stream()
            .filter(c -> !(c instanceof Argument.None))
            .allMatch(c -> rewriting.data(c).map(d -> d.dtype() == DType.FLOAT32).orElse(false));
    if (!floats || norm.isNone("running_mean") || norm.isNone("running_var")) {
      return Optional.of("not all of its tensors are float32 constants");
    }
    boolean deep =
        layer.isTarget(LINEAR) && rewriting.spec(options.tensor("input").orElseThrow()).rank() > 2;
    return deep ? Optional.of("a linear layer over more than 2 dimensions") : Optional.empty();
  }

  private Statistics statistics(Arguments norm) {
    float[] mean = values(norm, "running_mean").orElseThrow();
    float[] variance = values(norm, "running_var").orElseThrow();
    float eps = norm.number("eps").orElseThrow().floatValue();
    float[] ones = new float[mean.length];
    Arrays.fill(ones, 1);
    float[] gamma = values(norm, "weight").orElse(ones);
    float[] beta = values(norm, "bias").orElseGet(() -> new float[mean.length]);
    float[] inverse = new float[mean.length];
    float[] scale = new float[mean.length];
    for (int c = 0; c < mean.length; c++) {
      inverse[c] = 1 / (float) Math.sqrt(variance[c] + eps);
      scale[c] = gamma[c] * inverse[c];
    }
    return new Statistics(mean, inverse, gamma, beta, scale);
  }

  private Optional<float[]> values(Arguments norm, String name) {
    return rewriting.data(norm.get(name)).map(TensorData::toFloats);
  }

  private void addBias(Node.Call layer, String weightName, float[] values) {
    GraphEditor editor = rewriting.editor();
    TensorData data = TensorData.ofFloats(values, values.length);
    String name = weightName + "_bias";
    if (rewriting.constants().containsKey(name)) {
      name = rewriting.freshConstantName(name + "_");
    }
    rewriting.constants().put(name, Constant.parameter(data));
    Node.GetAttr attr =
        new Node.GetAttr(
            editor.freshName(layer.ref(1).orElseThrow() + "_bias"),
            name,
            new Value.Tensor(data.spec()),
            Map.of());
    editor.insertBefore(layer.name(), attr);
    List<NamedArgument> arguments = new ArrayList<>();
    NamedArgument bias = NamedArgument.positional("bias", Argument.ref(attr.name()));
    for (NamedArgument argument : layer.arguments()) {
      if (!argument.name().equals("bias")) {
        arguments.add(argument);
      }
    }
    arguments.add(2, bias);
    editor.replace(layer.withArguments(arguments));
  }

  private void replaceUses(Node.Call norm, String layer) {
    GraphEditor editor = rewriting.editor();
    if (isLegacy(norm)) {
      for (String user : editor.users(norm.name())) {
        Node.Call getitem = (Node.Call) editor.node(user);
        if (getitem.argument(1).equals(Optional.of(Argument.of(0)))) {
          editor.replaceUses(user, layer);
          editor.remove(user);
        }
      }
    } else {
      editor.replaceUses(norm.name(), layer);
    }
    if (editor.users(norm.name()).isEmpty() && Operators.isPure(norm.target())) {
      editor.remove(norm.name());
    }
  }

  /** What a batch norm does to each channel. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Statistics(
      float[] mean, float[] inverse, float[] gamma, float[] beta, float[] scale) {

    /**
     * The scaled weight.
     *
     * @param groups of a transposed convolution, whose weight is {@code [in, out / groups, …]}; 0
     *     for a weight {@code [out, …]}
     */
    TensorData weight(TensorData weight, int groups) {
      float[] values = weight.toFloats();
      long[] sizes = weight.sizes();
      int perRow = values.length / Math.toIntExact(sizes[0]);
      int perGroup = groups == 0 ? 1 : scale.length / groups;
      for (int i = 0; i < values.length; i++) {
        int row = i / perRow;
        int channel = row;
        if (groups > 0) {
          int group = Math.toIntExact(row / (sizes[0] / groups));
          channel = group * perGroup + i % perRow / (perRow / perGroup);
        }
        values[i] *= scale[channel];
      }
      return TensorData.ofFloats(values, sizes);
    }

    float[] bias(float[] bias, boolean linear) {
      float[] values = new float[scale.length];
      for (int c = 0; c < values.length; c++) {
        float centered = bias[c] - mean[c];
        values[c] =
            linear ? centered * scale[c] + beta[c] : centered * inverse[c] * gamma[c] + beta[c];
      }
      return values;
    }
  }
}
