package org.calibeam.core.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;
import org.calibeam.core.transform.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OutputRulesTest {
  private static final Map<String, Golden> GOLDENS = Golden.all("goldens.json.gz");
  private static final Dim BATCH = new Dim.Symbolic("Symbol('s0')", Optional.of(4L));

  static Stream<String> cases() {
    return GOLDENS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void infer_everyCallOfGolden_asPyTorchInfers(String name) {
    Golden golden = Objects.requireNonNull(GOLDENS.get(name));
    for (Graph graph : List.of(golden.before().graph(), golden.after().graph())) {
      for (Node.Call call : graph.calls()) {
        Optional<Value> inferred = OutputRules.infer(call, n -> graph.node(n).value());
        inferred.ifPresent(
            value -> assertThat(shown(value)).as(call.toString()).isEqualTo(shown(call.value())));
      }
    }
  }

  @Test
  void covers_targetsOfGoldens_allButWhatIsDecomposedOrOpaque() {
    TreeSet<String> missing = new TreeSet<>();
    for (Golden golden : GOLDENS.values()) {
      for (Graph graph : List.of(golden.before().graph(), golden.after().graph())) {
        graph.calls().stream()
            .map(Node.Call::target)
            .filter(t -> !OutputRules.covers(t))
            .forEach(missing::add);
      }
    }
    assertThat(missing)
        .containsExactly(
            "_operator.getitem",
            "aten._assert_tensor_metadata.default",
            "aten.cosine_similarity.default",
            "aten.einsum.default",
            "aten.glu.default",
            "aten.gru.input",
            "aten.lstm.input",
            "aten.lstm_cell.default",
            "aten.one_hot.default",
            "aten.rnn_relu.input",
            "aten.rnn_tanh.input",
            "aten.scaled_dot_product_attention.default",
            "aten.where.Scalar",
            "higher_order.cond");
  }

  @Test
  void infer_symbolicBatch_passesThrough() {
    TensorSpec x =
        TensorSpec.contiguous(DType.FLOAT32, List.of(BATCH, Dim.of(4), Dim.of(8), Dim.of(8)));
    assertThat(sizes("aten.relu.default", x)).isEqualTo(x.sizes());
    assertThat(sizes("aten.sum.dim_IntList", x, Argument.ints(2, 3), Argument.of(false)))
        .isEqualTo(List.of(BATCH, Dim.of(4)));
    assertThat(sizes("aten.avg_pool2d.default", x, Argument.ints(2, 2)))
        .isEqualTo(List.of(BATCH, Dim.of(4), Dim.of(4), Dim.of(4)));
    assertThat(sizes("aten.reshape.default", x, Argument.ints(-1, 256)))
        .isEqualTo(List.of(BATCH, Dim.of(256)));
    assertThat(sizes("aten.flatten.using_ints", x, Argument.of(1)))
        .isEqualTo(List.of(BATCH, Dim.of(256)));
    assertThat(sizes("aten.permute.default", x, Argument.ints(0, 2, 3, 1)))
        .isEqualTo(List.of(BATCH, Dim.of(8), Dim.of(8), Dim.of(4)));
  }

  @Test
  void infer_symbolicExtentNeeded_fails() {
    TensorSpec x = TensorSpec.contiguous(DType.FLOAT32, List.of(Dim.of(1), BATCH));
    assertThatThrownBy(
            () -> sizes("aten.slice.Tensor", x, Argument.of(1), Argument.of(0), Argument.of(2)))
        .isInstanceOf(SymbolicShapeException.class)
        .hasMessageContaining("Symbol('s0')");
  }

  private static List<Dim> sizes(String target, TensorSpec x, Argument... rest) {
    List<Argument> arguments = new ArrayList<>(List.of(Argument.ref("x")));
    arguments.addAll(List.of(rest));
    Node.Call call =
        new Node.Call(
            "y", target, Operators.schema(target).positional(arguments), Value.NOTHING, Map.of());
    return OutputRules.infer(call, n -> new Value.Tensor(x))
        .flatMap(Value::tensor)
        .orElseThrow()
        .sizes();
  }

  /** Everything that matters: the stride of an extent of 1 does not. */
  private static String shown(Value value) {
    if (value instanceof Value.Several several) {
      return several.elements().stream().map(OutputRulesTest::shown).toList().toString();
    }
    return value.tensor().map(OutputRulesTest::shown).orElse("nothing");
  }

  private static String shown(TensorSpec spec) {
    List<Object> strides = new ArrayList<>();
    for (int i = 0; i < spec.rank(); i++) {
      boolean one = spec.sizes().get(i).equals(Dim.of(1));
      strides.add(one ? "-" : spec.strides().get(i));
    }
    return spec + " by " + strides + " from " + spec.storageOffset();
  }
}
