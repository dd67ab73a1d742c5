package org.calibeam.core.pt2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Pt2WriterTest {

  @Test
  void write_newConstantAndSecondUse_oneInputBeforeUserInputs() {
    Program program = Pt2Reader.read(Fixtures.archive("unused_parameters"));
    GraphEditor editor = new GraphEditor(program.main());
    Node mul = program.main().calls().get(0);
    Constant added = Constant.buffer(TensorData.ofLongs(DType.INT8, new long[] {-1, 2}, 2));
    Value value = new Value.Tensor(added.tensor().spec());
    editor.insertBefore(mul.name(), new Node.GetAttr("w0", "_frozen_param0", value, Map.of()));
    editor.insertLast(new Node.GetAttr("w1", "_frozen_param0", value, Map.of()));
    editor.insertLast(
        new Node.Call(
            "sum",
            "aten.add.Tensor",
            List.of(
                NamedArgument.positional("self", Argument.ref("w1")),
                NamedArgument.positional("other", Argument.ref("w0"))),
            value,
            Map.of()));
    editor.setOutputs(List.of(Argument.ref("sum")));
    Map<String, Constant> constants = new LinkedHashMap<>(program.constants());
    constants.put("_frozen_param0", added);

    Program again = written(program.withMain(editor.build()).withConstants(constants));

    assertThat(again.main().nodes())
        .extracting(Node::name)
        .containsExactly("p_frozen", "p_never_weight", "p_never_bias", "w0", "x", "mul", "sum");
    assertThat(again.main().node("sum").references()).containsExactly("w0", "w0");
    assertThat(again.constants().get("_frozen_param0")).isEqualTo(added);
  }

  @Test
  void write_constantDroppedByCaller_noPayload() {
    Program program = Pt2Reader.read(Fixtures.archive("unused_parameters"));
    GraphEditor editor = new GraphEditor(program.main());
    editor.remove("p_never_weight");
    editor.remove("p_never_bias");
    Program pruned = program.withMain(editor.build());

    assertThat(written(pruned).constants()).containsKey("never.weight");
    Map<String, Constant> used = new LinkedHashMap<>(program.constants());
    used.keySet().retainAll(pruned.usedConstants());
    Map<String, byte[]> entries = Entries.read(bytes(pruned.withConstants(used)));
    assertThat(entries.keySet().stream().filter(e -> e.startsWith("data/weights/weight_")))
        .containsExactly("data/weights/weight_0");
  }

  @Test
  void write_constantInBranch_rejected() {
    Program program = Pt2Reader.read(Fixtures.archive("cond_with_dynamic_batch"));
    GraphEditor editor = new GraphEditor(program.main());
    Node.Call cond = program.main().call("cond").orElseThrow();
    List<NamedArgument> arguments = new ArrayList<>(cond.arguments());
    Argument.Sub branch = (Argument.Sub) arguments.get(1).value();
    GraphEditor inner = new GraphEditor(branch.graph());
    inner.replace(
        new Node.GetAttr(
            "p_fc_bias", "fc.bias", branch.graph().node("p_fc_bias").value(), Map.of()));
    arguments.set(1, arguments.get(1).withValue(new Argument.Sub(branch.name(), inner.build())));
    editor.replace(cond.withArguments(arguments));

    assertThatThrownBy(() -> bytes(program.withMain(editor.build())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "p_fc_bias in true_graph_0 uses the constant fc.bias; an archive passes constants to"
                + " branches as operands");
  }

  @Test
  void write_elementNobodyReads_getsNameAndMeta() {
    Program program = Pt2Reader.read(Fixtures.archive("several_results"));
    GraphEditor editor = new GraphEditor(program.main());
    editor.removeDead(n -> false);
    Program pruned = program.withMain(editor.build());
    assertThat(pruned.main().nodes()).hasSizeLessThan(program.main().nodes().size());

    Program again = written(pruned);

    assertThat(again.main().calls().stream().filter(c -> c.name().contains("_unused_")))
        .isNotEmpty()
        .allSatisfy(c -> assertThat(c.spec()).isPresent());
    assertThat(written(again)).isEqualTo(again);
  }

  @Test
  void write_lackingEnvelope_saysWhatIsMissing() {
    Program program = Pt2Reader.read(Fixtures.archive("tied_parameters"));
    Program bare =
        new Program(program.main(), program.constants(), program.outputKinds(), Map.of());

    assertThatThrownBy(() -> bytes(bare))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The program's envelope lacks opset_version");
  }

  @Test
  void write_customObject_payloadAndDescriptionKept() {
    Map<String, byte[]> entries = Entries.read(Fixtures.archive("lifted_tensor_constants"));
    byte[] pickle = {1, 2, 3};
    entries.put("data/constants/custom_obj_0", pickle);
    String config = "data/constants/model_constants_config.json";
    edit(
        entries,
        config,
        json ->
            ((ObjectNode) json.get("config"))
                .putObject("packed")
                .put("path_name", "custom_obj_0")
                .put("is_param", false)
                .put("use_pickle", true)
                .putNull("tensor_meta"));
    edit(
        entries,
        "models/model.json",
        json -> {
          ObjectNode use = object(json, "/graph_module/graph/custom_obj_values");
          use.putObject("obj_packed").put("name", "obj_packed").put("class_fqn", "my.Packed");
          array(json, "/graph_module/graph/inputs")
              .insertObject(0)
              .putObject("as_custom_obj")
              .put("name", "obj_packed")
              .put("class_fqn", "my.Packed");
          ObjectNode spec =
              array(json, "/graph_module/signature/input_specs")
                  .insertObject(0)
                  .putObject("custom_obj");
          spec.put("custom_obj_name", "packed");
          spec.putObject("arg").put("name", "obj_packed").put("class_fqn", "my.Packed");
          object(json, "/graph_module/graph/nodes/0/inputs/0")
              .putObject("arg")
              .putObject("as_custom_obj")
              .put("name", "obj_packed")
              .put("class_fqn", "my.Packed");
        });
    Program program = Pt2Reader.read("m.pt2", Entries.zip(entries));
    assertThat(program.constants().get("packed"))
        .satisfies(c -> assertThat(c.kind()).isEqualTo(Constant.Kind.CUSTOM_OBJECT));
    assertThat(program.main().users("obj_packed")).hasSize(1);

    byte[] written = bytes(program);
    assertThat(Pt2Reader.read("m.pt2", written).main().node("obj_packed"))
        .isEqualTo(program.main().node("obj_packed"));
    assertThat(Entries.read(written)).containsEntry("data/constants/custom_obj_0", pickle);
    assertThat(Json.parse(Entries.text(Entries.read(written).get(config))))
        .isEqualTo(Json.parse(Entries.text(entries.get(config))));
  }

  @Test
  void write_anyProgram_payloadsAlignedAndNoClockInBytes() {
    byte[] archive = bytes(Pt2Reader.read(Fixtures.file("small_cnn/model.pt2")));

    ByteBuffer bytes = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    int entries = 0;
    while (bytes.getInt(at) == 0x04034b50) {
      assertThat(bytes.getShort(at + 10)).isZero();
      assertThat(bytes.getShort(at + 12)).isEqualTo((short) 0x21);
      int data = at + 30 + bytes.getShort(at + 26) + bytes.getShort(at + 28);
      assertThat(data % 64).isZero();
      at = data + bytes.getInt(at + 18);
      entries++;
    }
    assertThat(entries).isEqualTo(Entries.read(archive).size());
    assertThat(Entries.text(Entries.read(archive).get(".data/serialization_id")))
        .matches("[0-9]{40}");
  }

  @Test
  void write_moreEntriesThanZip32Counts_zip64(@TempDir Path folder) throws IOException {
    Map<String, byte[]> many = new LinkedHashMap<>();
    for (int i = 0; i < 70_000; i++) {
      many.put("e" + i, new byte[0]);
    }
    byte[] archive = Entries.zip(many);

    assertThat(ZipDirectory.open("m.pt2", ByteSource.of(archive)).entries()).hasSize(70_000);
    Path file = Files.write(folder.resolve("many.zip"), archive);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      assertThat(zip.size()).isEqualTo(70_000);
    }
  }

  private interface Edit {
    void apply(JsonNode json);
  }

  private static void edit(Map<String, byte[]> entries, String name, Edit edit) {
    JsonNode json = Json.parse(Entries.text(entries.getOrDefault(name, new byte[0])));
    edit.apply(json);
    entries.put(name, Entries.bytes(json.toString()));
  }

  private static ObjectNode object(JsonNode json, String path) {
    return (ObjectNode) json.at(path);
  }

  private static ArrayNode array(JsonNode json, String path) {
    return (ArrayNode) json.at(path);
  }

  private static Program written(Program program) {
    return Pt2Reader.read("written.pt2", bytes(program));
  }

  private static byte[] bytes(Program program) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      Pt2Writer.write(program, out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }
}
