package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Program;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationConfig.Symmetric;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every option has its effect on what is observed; JSON and Java say the same. */
class ConfigurationTest {
  private static final String A16W8 = "get_symmetric_a16w8_quantization_config";
  private static final String A8W4 = "get_symmetric_a8w4_quantization_config";
  private static final String SNORM = "get_vgf_snorm_quantization_config";
  private static final String UINT8 = "get_uint8_io_quantization_config";

  private static Arguments json(String config, Function<PreparedProgram, Object> what, Object is) {
    return Arguments.of(config, what, is);
  }

  static List<Arguments> options() {
    return List.of(
        json("{}", p -> weight(p).qscheme(), QScheme.PER_CHANNEL_SYMMETRIC),
        json("{\"is_per_channel\": false}", p -> weight(p).qscheme(), QScheme.PER_TENSOR_SYMMETRIC),
        json("{}", p -> input(p).quantMin(), -128),
        json("{\"act_qmin\": -100}", p -> input(p).quantMin(), -100),
        json("{\"act_qmax\": 100}", p -> input(p).quantMax(), 100),
        json("{}", p -> weight(p).quantMin(), -127),
        json("{\"weight_qmin\": -31}", p -> weight(p).quantMin(), -31),
        json("{\"weight_qmax\": 31}", p -> weight(p).quantMax(), 31),
        json("{}", p -> input(p).eps(), 0x1p-16),
        json("{\"eps\": 0.01}", p -> input(p).eps(), 0.01),
        json("{\"eps\": 0.01}", p -> weight(p).eps(), 0.01),
        json("{}", PreparedProgram::isSequential, false),
        json("{\"is_qat\": true}", PreparedProgram::isSequential, true),
        json("{\"is_dynamic\": true}", p -> input(p).dynamic(), true),
        json(factory(A16W8, ""), p -> input(p).dtype(), DType.INT16),
        json(factory(A16W8, ""), p -> input(p).eps(), 0x1p-12),
        json(factory(A16W8, ", \"epsilon\": 0.5"), p -> input(p).eps(), 0.5),
        json(factory(A16W8, ", \"weight_qmax\": 63"), p -> weight(p).quantMax(), 63),
        json(factory(A8W4, ""), p -> weight(p).quantMax(), 7),
        json(factory(A8W4, ""), PreparedProgram::isSequential, false),
        json(factory(SNORM, ""), p -> input(p).quantMin(), -127),
        json(factory(SNORM, ", \"eps\": 0.25"), p -> input(p).eps(), 0.25),
        json(factory(UINT8, ""), p -> input(p).dtype(), DType.UINT8),
        json(factory(UINT8, ", \"eps\": 0.125"), p -> input(p).eps(), 0.125));
  }

  @ParameterizedTest
  @MethodSource("options")
  void prepare_option_hasItsEffect(
      String config, Function<PreparedProgram, Object> what, Object is) {
    PreparedProgram prepared = prepare("[[\"set_global\", %s]]".formatted(config));
    assertThat(what.apply(prepared)).isEqualTo(is);
  }

  @Test
  void prepare_isQatOfFile_isDefaultOfConfigurations() {
    PreparedProgram prepared =
        QuantizerConfiguration.parse("{\"is_qat\": true, \"steps\": [[\"set_global\", {}]]}", "c")
            .quantizer(VgfCompileSpec.DEFAULT)
            .prepare(model());
    assertThat(prepared.qat()).isTrue();
    assertThat(weight(prepared).observer().isFakeQuantize()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"set_node_name\", \"sine\", null]| sine",
        "[\"set_node_name\", [\"sine\", \"cosine\"], null]| cosine, sine",
        "[\"set_node_target\", \"torch.ops.aten.sin.default\", null]| sine",
        "[\"set_node_target\", [\"aten.sin.default\", \"aten.cos.default\"], null]| cosine, sine",
        "[\"set_module_name\", \"inner\", null]| cosine",
        "[\"set_module_type\", \"torch.nn.modules.Wave\", null]| cosine",
        "[\"set_node_finder\", [\"NodeNameNodeFinder\", \"sine\"], null]| sine",
        "[\"set_node_finder\", [\"NodeTargetNodeFinder\", \"aten.cos.default\"], null]| cosine",
        "[\"set_node_finder\", [\"ModuleNameNodeFinder\", \"inner\"], null]| cosine",
        "[\"set_node_finder\", [\"ModuleTypeNodeFinder\", \"torch.nn.modules.Wave\"], null]| cosine",
        "[\"set_node_finder\", [\"GlobalNodeFinder\"], null]| cosine, linear, sine",
        "[\"set_code_path\", \"main\", null]| cosine, linear, sine",
      })
  void prepare_stepWithNull_leavesWhatItFindsFloating(String step, String floating) {
    PreparedProgram prepared = prepare("[[\"set_global\", {}], %s]".formatted(step));
    assertThat(reasons(prepared))
        .isEqualTo(
            List.of(floating.split(", ")).stream()
                .collect(Collectors.toMap(n -> n, n -> "excluded by the configuration")));
  }

  @Test
  void prepare_finderOfInputs_configuresThemLikeSetIo() {
    String uint8 = "{\"factory\": \"" + UINT8 + "\"}";
    PreparedProgram io = prepare("[[\"set_global\", {}], [\"set_io\", " + uint8 + "]]");
    PreparedProgram finders =
        prepare(
            "[[\"set_global\", {}], [\"set_node_finder\", [\"InputNodeFinder\"], %s],"
                    .formatted(uint8)
                + " [\"set_node_finder\", [\"OutputNodeFinder\"], %s]]".formatted(uint8));
    assertThat(finders.observers()).isEqualTo(io.observers());
    assertThat(io.observers().values().stream().map(PreparedObserver::spec))
        .filteredOn(s -> s instanceof Observed o && o.dtype() == DType.UINT8)
        .hasSize(2);
  }

  @Test
  void prepare_laterStep_winsOverEarlier() {
    PreparedProgram prepared =
        prepare(
            "[[\"set_node_name\", \"sine\", {}], [\"set_node_target\", \"aten.sin.default\", null],"
                + " [\"set_global\", {}]]");
    assertThat(reasons(prepared)).containsOnlyKeys("sine");
  }

  @Test
  void parse_sameWordsInJava_giveTheSameObservers() {
    Symmetric java = Symmetric.DEFAULT.withPerChannel(false).withActRange(-100, 100).withEps(0.01);
    PreparedProgram expected =
        new VgfQuantizer(VgfCompileSpec.DEFAULT)
            .setGlobal(QuantizationConfig.symmetric(java))
            .setNodeName("sine", QuantizationConfig.symmetricA16W8(Symmetric.DEFAULT.withEps(0.5)))
            .setIo(QuantizationConfig.uint8Io(false, false, 0x1p-16))
            .prepare(model());
    PreparedProgram parsed =
        prepare(
            "[[\"set_global\", {\"is_per_channel\": false, \"act_qmin\": -100, \"act_qmax\": 100,"
                + " \"eps\": 0.01}],"
                + " [\"set_node_name\", \"sine\", {\"factory\": \"%s\", \"epsilon\": 0.5}],"
                    .formatted(A16W8)
                + " [\"set_io\", {\"factory\": \"%s\"}]]".formatted(UINT8));
    assertThat(parsed.observers()).isEqualTo(expected.observers());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"set_globl\", {}]| set_globl",
        "[\"set_global\"]| takes 1",
        "[\"set_global\", 3]| configuration is expected",
        "[\"set_global\", {\"act_min\": 3}]| act_min",
        "[\"set_global\", {\"act_qmin\": -200}]| from -128 to 127",
        "[\"set_global\", {\"act_qmin\": 5, \"act_qmax\": 4}]| least value",
        "[\"set_global\", {\"eps\": 0}]| positive",
        "[\"set_global\", {\"is_dynamic\": 1}]| true or false",
        "[\"set_global\", {\"factory\": \"get_float\"}]| get_float",
        "[\"set_global\", {\"is_weight_only\": true}]| weight-only",
        "[\"set_global\", {\"factory\": \"get_weight_only_config\"}]| weight-only",
        "[\"set_node_finder\", [\"Finder\"], {}]| GlobalNodeFinder",
        "[\"set_node_finder\", [\"InputNodeFinder\", \"x\"], {}]| takes none",
        "[\"set_node_finder\", [\"NodeNameNodeFinder\"], {}]| one or more",
        "[\"set_node_finder\", [\"ModuleNameNodeFinder\", \"a\", \"b\"], {}]| takes one",
        "[\"set_code_path\", \"true_graph_0\", {}]| starts with main",
        "[\"set_node_name\", \"sin\", {}]| no node 'sin'",
        "[\"set_node_target\", \"aten.sine.default\", {}]| no operator 'aten.sine.default'",
        "[\"set_module_name\", \"iner\", {}]| no module 'iner'",
      })
  void prepare_mistake_refusedInOneLine(String step, String says) {
    assertThatThrownBy(() -> prepare("[%s]".formatted(step)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(says.strip())
        .satisfies(e -> assertThat(Objects.requireNonNull(e.getMessage()).lines()).hasSize(1));
  }

  @Test
  void setGlobal_weightOnly_refused() {
    QuantizationConfig int8 = QuantizationConfig.symmetric();
    QuantizationConfig weightOnly =
        new QuantizationConfig(
            Optional.empty(), Optional.empty(), int8.weight(), true, "weights alone");
    assertThatThrownBy(() -> new VgfQuantizer(VgfCompileSpec.DEFAULT).setGlobal(weightOnly))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("weight-only");
  }

  /** Each reason that a call can have for staying in floating point. */
  @Test
  void prepare_unquantizedCalls_eachWithItsReason() {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 2, 8)
            .input("i", DType.INT32, 2, 8)
            .call("soft", "aten.softplus.default", sizes(2, 8), "x")
            .call("add", "aten.add.Tensor", DType.INT32, sizes(2, 8), "i", "i")
            .call("flat", "aten.mish.default", sizes(2, 8), "soft")
            .call("shape", "aten.reshape.default", sizes(16), "flat", Argument.ints(16))
            .call("last", "aten.mish.default", sizes(16), "shape")
            .call("sine", "aten.sin.default", sizes(2, 8), "x");
    PreparedProgram prepared =
        new VgfQuantizer(VgfCompileSpec.DEFAULT)
            .setGlobal(QuantizationConfig.symmetric())
            .setNodeName("sine", null)
            .prepare(sketch.program("last", "add", "sine"));
    assertThat(reasons(prepared))
        .containsEntry("soft", "VGF's quantizer has no pattern for aten.softplus.default")
        .containsEntry("add", "its operand i is int32, not floating point")
        .containsEntry("shape", "none of its inputs and outputs is quantized")
        .containsEntry("sine", "excluded by the configuration")
        .containsOnlyKeys("soft", "add", "flat", "shape", "last", "sine");
  }

  private static String factory(String name, String more) {
    return "{\"factory\": \"%s\"%s}".formatted(name, more);
  }

  private static Map<String, String> reasons(PreparedProgram prepared) {
    return prepared.decisions().values().iterator().next().unquantized();
  }

  private static PreparedProgram prepare(String steps) {
    return QuantizerConfiguration.parse("{\"steps\": %s}".formatted(steps), "config.json")
        .quantizer(VgfCompileSpec.DEFAULT)
        .prepare(model());
  }

  private static Program model() {
    return new GraphSketch()
        .weight("w", 4, 8)
        .weight("b", 4)
        .input("x", 2, 8)
        .call("linear", "aten.linear.default", sizes(2, 4), "x", "w", "b")
        .call("sine", "aten.sin.default", sizes(2, 4), "linear")
        .call("cosine", "aten.cos.default", sizes(2, 4), "sine")
        .with("nn_module_stack", "inner,inner,torch.nn.modules.Wave")
        .program("cosine");
  }

  /** What the weight gets; of what {@code linear} does. */
  private static Observed weight(PreparedProgram prepared) {
    return spec(prepared, "w->linear");
  }

  private static Observed input(PreparedProgram prepared) {
    return prepared.observers().keySet().stream().anyMatch(id -> id.name().equals("x"))
        ? spec(prepared, "x")
        : spec(prepared, "x->linear");
  }

  private static Observed spec(PreparedProgram prepared, String name) {
    QuantizationSpec spec =
        prepared.observers().entrySet().stream()
            .filter(e -> e.getKey().name().equals(name))
            .findFirst()
            .orElseThrow()
            .getValue()
            .spec();
    return (Observed) spec;
  }
}
