package org.calibeam.core.prepare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.tensor.TensorData;

/**
 * A prepared program as it runs in quantization-aware training, where whoever listens quantizes and
 * dequantizes what reaches an observation point: batch norm behind a convolution works on the
 * statistics of the sample at hand.
 *
 * <p>{@code batch_norm(conv(x, observe(w), observe(b)))} becomes {@code batch_norm(conv(x,
 * observe(w * s)) / s + b)} with {@code s = gamma / sqrt(var + eps)}, after torchao 0.18's {@code
 * qat_utils.py}, but with the eps and momentum of the model, where torchao writes 1e-5 and 0.1. A
 * channel whose gamma is 0 is not divided by it.
 */
public final class TrainingProgram {

  private final PreparedProgram prepared;
  private final Function<ObserverId, Optional<TensorData>> frozen;
  private final Map<String, Constant> constants;

  private TrainingProgram(
      PreparedProgram prepared, Function<ObserverId, Optional<TensorData>> frozen) {
    this.prepared = prepared;
    this.frozen = frozen;
    this.constants = new LinkedHashMap<>(prepared.program().constants());
  }

  /**
   * The program to train with; its constants that are running means and variances change as it
   * runs.
   *
   * @param frozen the fake-quantized value of an observer that sees one constant, always the same
   */
  public static Program of(
      PreparedProgram prepared, Function<ObserverId, Optional<TensorData>> frozen) {
    TrainingProgram training = new TrainingProgram(prepared, frozen);
    Graph main = training.convert(CodePath.MAIN, prepared.program().main());
    return prepared.program().withConstants(training.constants).withMain(main);
  }

  private Graph convert(CodePath path, Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.subgraphs().findAny().isPresent()) {
        editor.replace(call.withGraphs(sub -> convert(path.child(sub.name()), sub.graph())));
      }
    }
    if (prepared.qat()) {
      ConvolutionNorm.in(graph).forEach(norm -> train(editor, graph, norm));
    }
    for (Node.Call call : graph.calls()) {
      if (call.isTarget(PreparedProgram.OBSERVE)) {
        freeze(editor, path, (Node.Call) editor.node(call.name()));
      }
    }
    return editor.build();
  }

  /** Puts the fake-quantized constant in the place of a point that sees it alone. */
  private void freeze(GraphEditor editor, CodePath path, Node.Call point) {
    ObserverId id = new ObserverId(path, PreparedProgram.observerOf(point));
    if (editor.node(point.ref(0).orElseThrow()) instanceof Node.GetAttr) {
      frozen
          .apply(id)
          .ifPresent(
              value -> {
                editor.replaceUses(point.name(), constant(editor, point.name(), value));
                editor.remove(point.name());
              });
    }
  }

  private String constant(GraphEditor editor, String anchor, TensorData value) {
    String name = "calibeam_fake_quantized_" + constants.size();
    constants.put(name, Constant.buffer(value));
    Node.GetAttr attr =
        new Node.GetAttr(editor.freshName(name), name, new Value.Tensor(value.spec()), Map.of());
    editor.insertBefore(anchor, attr);
    return attr.name();
  }

  private void train(GraphEditor editor, Graph graph, ConvolutionNorm pair) {
    Node.Call convolution = pair.convolution();
    int rank = pair.weight().spec().orElseThrow().rank();
    Arguments norm = Arguments.of(pair.norm());
    CallEmitter emit = new CallEmitter(editor, Map.of());
    Argument.Ref variance = norm.tensor("running_var").orElseThrow();
    Argument.Ref deviation =
        emit.call("aten.sqrt.default", emit.call("aten.add.Tensor", variance, norm.get("eps")));
    Optional<Argument.Ref> gamma = norm.tensor("weight");
    Argument.Ref scale = over(emit, gamma, deviation);
    Argument.Ref scaled =
        emit.call(
            "aten.mul.Tensor",
            Argument.ref(pair.weight().name()),
            emit.call("aten.reshape.default", scale, along(0, rank)));
    Argument.Ref divisor =
        pair.parameter(graph, "weight")
            .flatMap(attr -> withoutZeros(attr.constant()))
            .map(safe -> over(emit, Optional.of(emit.add(attr(editor, safe))), deviation))
            .orElse(scale);
    emit.commit(convolution.name());
    // The point now follows what it observes.
    editor.remove(pair.weightPoint().name());
    editor.insertBefore(
        convolution.name(),
        pair.weightPoint()
            .withArguments(
                List.of(
                    pair.weightPoint().arguments().get(0).withValue(scaled),
                    pair.weightPoint().arguments().get(1))));
    editor.replace(convolution.withArguments(withoutBias(convolution)));
    Argument.Ref result =
        emit.call(
            "aten.div.Tensor",
            Argument.ref(convolution.name()),
            emit.call("aten.reshape.default", divisor, along(1, rank)));
    if (pair.bias().isPresent()) {
      result =
          emit.call(
              "aten.add.Tensor",
              result,
              emit.call(
                  "aten.reshape.default", Argument.ref(pair.bias().get().name()), along(1, rank)));
    }
    emit.commit(pair.norm().name());
    editor.replace(inTraining(pair.norm(), result));
  }

  private static Argument.Ref over(
      CallEmitter emit, Optional<Argument.Ref> gamma, Argument.Ref deviation) {
    return gamma.isPresent()
        ? emit.call("aten.div.Tensor", gamma.get(), deviation)
        : emit.call("aten.reciprocal.default", deviation);
  }

  /** A constant like {@code name} with 1 for 0; empty if there is no 0 in it. */
  private Optional<String> withoutZeros(String name) {
    float[] values = Objects.requireNonNull(constants.get(name)).tensor().toFloats();
    boolean zeros = false;
    for (int i = 0; i < values.length; i++) {
      if (values[i] == 0) {
        values[i] = 1;
        zeros = true;
      }
    }
    if (!zeros) {
      return Optional.empty();
    }
    String safe = "calibeam_divisor_" + constants.size();
    constants.put(safe, Constant.buffer(TensorData.ofFloats(values, values.length)));
    return Optional.of(safe);
  }

  private Node.GetAttr attr(GraphEditor editor, String constant) {
    TensorData data = Objects.requireNonNull(constants.get(constant)).tensor();
    return new Node.GetAttr(
        editor.freshName(constant), constant, new Value.Tensor(data.spec()), Map.of());
  }

  private static Argument along(int axis, int rank) {
    List<Long> shape = new ArrayList<>(Collections.nCopies(rank, 1L));
    shape.set(axis, -1L);
    return new Argument.IntList(shape);
  }

  private static List<NamedArgument> withoutBias(Node.Call convolution) {
    return convolution.arguments().stream()
        .map(a -> a.name().equals("bias") ? a.withValue(Argument.NONE) : a)
        .toList();
  }

  private static Node.Call inTraining(Node.Call norm, Argument.Ref input) {
    return norm.withArguments(
        norm.arguments().stream()
            .map(
                a ->
                    switch (a.name()) {
                      case "input" -> a.withValue(input);
                      case "training" -> a.withValue(Argument.of(true));
                      default -> a;
                    })
            .toList());
  }
}
