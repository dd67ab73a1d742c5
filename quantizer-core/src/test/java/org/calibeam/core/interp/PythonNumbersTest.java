package org.calibeam.core.interp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PythonNumbersTest {

  /** Function, expected result as Python prints it, arguments. */
  static List<Arguments> functions() {
    return List.of(
        row("_operator.add", 5L, 2L, 3L),
        row("_operator.add", 2.5, 2L, 0.5),
        row("_operator.add", 2L, true, true),
        row("_operator.sub", -1L, 2L, 3L),
        row("_operator.mul", 6L, 2L, 3L),
        row("_operator.floordiv", -4L, -7L, 2L),
        row("_operator.floordiv", -4.0, -7.0, 2L),
        row("_operator.mod", 1L, -7L, 2L),
        row("_operator.mod", 0.5, -7.5, 2L),
        row("_operator.truediv", 3.5, 7L, 2L),
        row("_operator.pow", 8L, 2L, 3L),
        row("_operator.pow", 0.125, 2L, -3L),
        row("_operator.neg", -2L, 2L),
        row("_operator.neg", -2.0, 2.0),
        row("_operator.abs", 2L, -2L),
        row("_operator.lt", true, 1L, 1.5),
        row("_operator.ge", false, 1L, 2L),
        row("_operator.eq", true, 2L, 2.0),
        row("_operator.ne", false, true, 1L),
        row("_operator.and_", false, true, false),
        row("_operator.and_", 2L, 6L, 3L),
        row("_operator.or_", true, true, false),
        row("_operator.xor", 5L, 6L, 3L),
        row("_operator.lshift", 12L, 3L, 2L),
        row("torch.sym_not", false, true),
        row("torch.sym_max", 3L, 2L, 3L),
        row("torch.sym_min", 2L, 2L, 3L),
        row("torch.sym_float", 2.0, 2L),
        row("torch.sym_int", -2L, -2.9),
        row("torch.sym_ite", 7L, false, 5L, 7L),
        row("math.floor", -3L, -2.5),
        row("math.ceil", -2L, -2.5),
        row("math.trunc", -2L, -2.5),
        row("math.sqrt", 3.0, 9L),
        row("torch._sym_sqrt", 3.0, 9L));
  }

  private static Arguments row(String function, Object expected, Object... arguments) {
    return Arguments.of(function, expected, Arrays.asList(arguments));
  }

  @ParameterizedTest(name = "{0}{2} is {1}")
  @MethodSource("functions")
  void function_givenArguments_computesAsPython(
      String function, Object expected, List<Object> arguments) {
    assertThat(PythonNumbers.function(function).orElseThrow().apply(arguments)).isEqualTo(expected);
  }
}
