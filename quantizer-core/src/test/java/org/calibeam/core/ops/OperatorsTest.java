package org.calibeam.core.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.junit.jupiter.api.Test;

class OperatorsTest {

  @Test
  void schema_convolution_parametersWithDefaults() {
    Schema schema = Operators.schema("aten.conv2d.default");
    assertThat(schema.parameters())
        .extracting(Schema.Parameter::name)
        .containsExactly("input", "weight", "bias", "stride", "padding", "dilation", "groups");
    assertThat(schema.parameters().get(1).defaultValue()).isEmpty();
    assertThat(schema.parameters().get(2).defaultValue()).contains(Argument.NONE);
    assertThat(schema.parameters().get(3).defaultValue()).contains(Argument.ints(1, 1));
    assertThat(schema.parameters().get(6).defaultValue()).contains(Argument.of(1));
    assertThat(schema.results()).containsExactly("Tensor");
  }

  @Test
  void schema_oneNumberForAList_isRepeated() {
    Optional<Argument> padding =
        Operators.schema("aten.avg_pool2d.default")
            .parameter("padding")
            .flatMap(Schema.Parameter::defaultValue);
    assertThat(padding).contains(Argument.ints(0, 0));
  }

  @Test
  void positional_keywordOnly_isRefused() {
    Schema schema = Operators.schema("aten.add.Tensor");
    assertThatThrownBy(
            () -> schema.positional(List.of(Argument.ref("x"), Argument.ref("y"), Argument.of(2))))
        .hasMessage("aten.add.Tensor takes 2 arguments by position, not 3");
  }

  @Test
  void asExported_oneNumberForAList_isRepeated() {
    Schema max = Operators.schema("aten.amax.default");
    assertThat(max.asExported(max.positional(List.of(Argument.ref("x"), Argument.of(-1)))))
        .extracting(NamedArgument::value)
        .containsExactly(Argument.ref("x"), Argument.ints(-1));
    Schema pool = Operators.schema("aten.avg_pool2d.default");
    assertThat(pool.asExported(pool.positional(List.of(Argument.ref("x"), Argument.of(3)))))
        .extracting(NamedArgument::value)
        .containsExactly(Argument.ref("x"), Argument.ints(3, 3));
  }

  @Test
  void asExported_defaultsBeforeKeyword_areLeftOut() {
    Schema schema = Operators.schema("aten.arange.start_step");
    NamedArgument start = NamedArgument.positional("start", Argument.of(0));
    NamedArgument end = NamedArgument.positional("end", Argument.of(16));
    NamedArgument step = NamedArgument.positional("step", Argument.of(1));
    NamedArgument pinned = NamedArgument.keyword("pin_memory", Argument.of(false));
    assertThat(schema.asExported(List.of(start, end, step, pinned)))
        .containsExactly(start, end, pinned);
    NamedArgument two = NamedArgument.positional("step", Argument.of(2));
    assertThat(schema.asExported(List.of(start, end, two, pinned)))
        .containsExactly(start, end, two, pinned);
  }

  @Test
  void schema_severalResults_typesOnly() {
    assertThat(Operators.schema("aten.max.dim").results()).containsExactly("Tensor", "Tensor");
    assertThat(Operators.schema("aten.split.Tensor").results()).containsExactly("Tensor[]");
  }

  @Test
  void isPure_inPlaceAndRandom_isFalse() {
    assertThat(Operators.isPure("aten.relu.default")).isTrue();
    assertThat(Operators.isPure("aten.relu_.default")).isFalse();
    assertThat(Operators.isPure("aten.dropout.default")).isFalse();
    assertThat(Operators.isPure("aten.lstm.input")).isFalse();
    assertThat(Operators.isPure("custom.made_up_.default")).isFalse();
    assertThat(Operators.isPure("custom.made_up.default")).isTrue();
  }

  @Test
  void arguments_leftOut_areDefaults() {
    Node.Call call =
        new Node.Call(
            "y",
            "aten.softmax.int",
            List.of(
                NamedArgument.positional("self", Argument.ref("x")),
                NamedArgument.positional("dim", Argument.of(-1))),
            Value.NOTHING,
            Map.of());
    Arguments arguments = Arguments.of(call);
    assertThat(arguments.tensor("self")).contains(Argument.ref("x"));
    assertThat(arguments.integer("dim")).contains(-1L);
    assertThat(arguments.isNone("dtype")).isTrue();
    assertThat(arguments.dtype("dtype")).isEmpty();
    assertThatThrownBy(() -> arguments.get("axis"))
        .hasMessage("aten.softmax.int has no parameter axis");
  }
}
