package org.calibeam.core.ops;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.tensor.TensorSpec;

/**
 * How many multiplications with an addition an operator does for one sample: the usual measure of
 * what a network costs. Convolutions, linear layers, products of matrices, attention and recurrent
 * layers count; everything else is free, as is what has a shape that depends on the sample.
 */
public final class MultiplyAccumulates {
  private static final String CONV = "aten.conv";

  private MultiplyAccumulates() {}

  /** The number for {@code call}, a call of {@code graph}. */
  public static long of(Node.Call call, Graph graph) {
    String target = call.target();
    if (target.startsWith(CONV)) {
      return convolution(call, graph);
    }
    return switch (target) {
      case "aten.linear.default" -> times(output(call), size(graph, call, 1, -1));
      case "aten.matmul.default", "aten.mm.default", "aten.bmm.default" ->
          times(output(call), size(graph, call, 0, -1));
      case "aten.addmm.default", "aten.baddbmm.default" ->
          times(output(call), size(graph, call, 1, -1));
      case "aten.scaled_dot_product_attention.default" -> attention(call, graph);
      case "aten.lstm.input", "aten.gru.input", "aten.rnn_tanh.input", "aten.rnn_relu.input" ->
          recurrent(call, graph);
      default -> 0;
    };
  }

  /** Transposed, every input element meets the weights of its channel; else every output does. */
  private static long convolution(Node.Call call, Graph graph) {
    boolean transposed =
        call.target().startsWith("aten.conv_transpose")
            || call.argument("transposed").orElse(Argument.NONE) instanceof Argument.BoolValue flag
                && flag.value();
    long[] weight = sizes(graph, call, 1);
    if (weight.length == 0 || weight[0] == 0) {
      return 0;
    }
    long each = product(weight) / weight[0];
    return times(transposed ? product(sizes(graph, call, 0)) : output(call), each);
  }

  private static long attention(Node.Call call, Graph graph) {
    long keys = size(graph, call, 1, -2);
    return Math.addExact(times(product(sizes(graph, call, 0)), keys), times(output(call), keys));
  }

  private static long recurrent(Node.Call call, Graph graph) {
    long[] input = sizes(graph, call, 0);
    long weights = 0;
    for (int i = 0; i < call.arguments().size(); i++) {
      if (call.arguments().get(i).value() instanceof Argument.Refs refs) {
        for (Argument.Ref ref : refs.refs()) {
          long[] sizes = sizes(graph.node(ref.node()).spec());
          // Hidden states come in lists as well, with three dimensions.
          weights += sizes.length == 2 ? product(sizes) : 0;
        }
      }
    }
    return input.length < 2 ? 0 : times(times(input[0], input[1]), weights);
  }

  private static long output(Node.Call call) {
    return product(sizes(call.spec()));
  }

  /** Extent of a dimension of an argument, counted from the end if negative. */
  private static long size(Graph graph, Node.Call call, int argument, int dimension) {
    long[] sizes = sizes(graph, call, argument);
    int at = dimension < 0 ? sizes.length + dimension : dimension;
    return at < 0 || at >= sizes.length ? 0 : sizes[at];
  }

  private static long[] sizes(Graph graph, Node.Call call, int argument) {
    return sizes(call.ref(argument).map(graph::node).flatMap(Node::spec));
  }

  private static long[] sizes(Optional<TensorSpec> spec) {
    return spec.filter(TensorSpec::isStatic).map(TensorSpec::fixedSizes).orElse(new long[0]);
  }

  /** Number of elements; 0 if the shape is not known. */
  private static long product(long[] sizes) {
    long product = sizes.length == 0 ? 0 : 1;
    for (long size : sizes) {
      product = times(product, size);
    }
    return product;
  }

  private static long times(long a, long b) {
    return Math.multiplyExact(a, b);
  }
}
