package org.calibeam.core.prepare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.Convolutions;
import org.calibeam.core.tensor.DType;

/**
 * A batch norm right behind a convolution with an observed weight: during training they run as one,
 * afterwards the former is folded into the latter.
 *
 * <p>Not one whose convolution is read elsewhere, which could not be folded, nor behind a
 * transposed convolution or linear layer: those are written as arithmetic before.
 *
 * @param weightPoint observes {@code weight}
 * @param biasPoint observes {@code bias}; empty if that stays in floating point or there is none
 */
public record ConvolutionNorm(
    Node.Call convolution,
    Node.Call norm,
    Node.Call weightPoint,
    Node.GetAttr weight,
    Optional<Node.Call> biasPoint,
    Optional<Node.GetAttr> bias) {

  /** All of {@code graph}, in its order. */
  public static List<ConvolutionNorm> in(Graph graph) {
    GraphEditor view = new GraphEditor(graph);
    List<ConvolutionNorm> found = new ArrayList<>();
    for (Node.Call call : graph.calls()) {
      if (call.isTarget("aten.batch_norm.default")) {
        of(view, call).ifPresent(found::add);
      }
    }
    return found;
  }

  private static Optional<ConvolutionNorm> of(GraphEditor view, Node.Call norm) {
    Optional<Node.Call> convolution =
        norm.ref(0).flatMap(n -> call(view, n)).filter(Convolutions::includes);
    if (convolution.isEmpty()
        || view.isOutput(convolution.get().name())
        || !view.users(convolution.get().name()).equals(List.of(norm.name()))) {
      return Optional.empty();
    }
    Arguments statistics = Arguments.of(norm);
    for (String name : List.of("running_mean", "running_var")) {
      if (statistics.tensor(name).flatMap(r -> constant(view, r)).isEmpty()) {
        return Optional.empty();
      }
    }
    Arguments arguments = Arguments.of(convolution.get());
    Optional<Node.Call> weightPoint = arguments.tensor("weight").flatMap(r -> point(view, r));
    Optional<Node.GetAttr> weight = weightPoint.flatMap(p -> behind(view, p));
    if (weight.isEmpty() || weight.get().spec().map(s -> s.dtype()).orElse(null) != DType.FLOAT32) {
      return Optional.empty();
    }
    Optional<Argument.Ref> biasArgument = arguments.tensor("bias");
    Optional<Node.Call> biasPoint = biasArgument.flatMap(r -> point(view, r));
    Optional<Node.GetAttr> bias =
        biasPoint.isPresent()
            ? behind(view, biasPoint.get())
            : biasArgument.flatMap(r -> constant(view, r));
    return biasArgument.isPresent() && bias.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ConvolutionNorm(
                convolution.get(), norm, weightPoint.get(), weight.get(), biasPoint, bias));
  }

  private static Optional<Node.Call> call(GraphEditor view, String name) {
    return view.node(name) instanceof Node.Call call ? Optional.of(call) : Optional.empty();
  }

  /** The observation point that {@code reference} reads, if nothing else reads it. */
  private static Optional<Node.Call> point(GraphEditor view, Argument.Ref reference) {
    return call(view, reference.node())
        .filter(c -> c.isTarget(PreparedProgram.OBSERVE) && view.users(c.name()).size() == 1);
  }

  private static Optional<Node.GetAttr> behind(GraphEditor view, Node.Call point) {
    return constant(view, Argument.ref(point.ref(0).orElseThrow()));
  }

  private static Optional<Node.GetAttr> constant(GraphEditor view, Argument.Ref reference) {
    return view.node(reference.node()) instanceof Node.GetAttr attr
        ? Optional.of(attr)
        : Optional.empty();
  }

  /** The constant behind the norm's parameter called {@code name}; empty if it has none. */
  public Optional<Node.GetAttr> parameter(Graph graph, String name) {
    return Arguments.of(norm)
        .tensor(name)
        .map(r -> graph.node(r.node()))
        .filter(Node.GetAttr.class::isInstance)
        .map(Node.GetAttr.class::cast);
  }
}
