package org.calibeam.core.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;

class MultiplyAccumulatesTest {

  private static long macs(String target, long[] output, long[]... inputs) {
    List<Node> nodes = new ArrayList<>();
    List<NamedArgument> arguments = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      String name = "x" + i;
      nodes.add(new Node.Placeholder(name, value(inputs[i]), Map.of()));
      arguments.add(NamedArgument.positional(name, Argument.ref(name)));
    }
    Node.Call call = new Node.Call("call", target, arguments, value(output), Map.of());
    nodes.add(call);
    return MultiplyAccumulates.of(call, new Graph(nodes, List.of(Argument.ref("call")), false));
  }

  private static Value value(long... sizes) {
    return new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, sizes));
  }

  private static long[] of(long... sizes) {
    return sizes;
  }

  @Test
  void of_operators_isTheNumberOfProducts() {
    assertThat(macs("aten.linear.default", of(2, 5), of(2, 3), of(5, 3))).isEqualTo(2 * 5 * 3);
    assertThat(macs("aten.conv2d.default", of(1, 8, 6, 6), of(1, 4, 8, 8), of(8, 4, 3, 3)))
        .isEqualTo(8 * 6 * 6 * 4 * 3 * 3);
    assertThat(macs("aten.conv2d.default", of(1, 4, 8, 8), of(1, 4, 8, 8), of(4, 1, 3, 3)))
        .as("depthwise")
        .isEqualTo(4 * 8 * 8 * 9);
    assertThat(macs("aten.conv_transpose2d.input", of(1, 2, 8, 8), of(1, 4, 4, 4), of(4, 2, 2, 2)))
        .isEqualTo(4 * 4 * 4 * 2 * 2 * 2);
    assertThat(macs("aten.bmm.default", of(3, 4, 6), of(3, 4, 5), of(3, 5, 6)))
        .isEqualTo(3 * 4 * 6 * 5);
    assertThat(macs("aten.addmm.default", of(4, 6), of(6), of(4, 5), of(5, 6)))
        .isEqualTo(4 * 6 * 5);
    assertThat(
            macs(
                "aten.scaled_dot_product_attention.default",
                of(1, 2, 7, 3),
                of(1, 2, 7, 3),
                of(1, 2, 9, 3),
                of(1, 2, 9, 3)))
        .isEqualTo(2 * (2 * 7 * 3 * 9));
    assertThat(macs("aten.add.Tensor", of(4), of(4), of(4))).isZero();
  }
}
