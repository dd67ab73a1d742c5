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
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.calibeam.core.graph.ModelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Pt2ReaderErrorsTest {
  private static final String PROGRAM = "models/model.json";
  private static final String WEIGHTS = "data/weights/model_weights_config.json";

  @Test
  void read_noSuchFile_saysSo(@TempDir Path folder) {
    Path file = folder.resolve("none.pt2");
    assertThatThrownBy(() -> Pt2Reader.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessage(file + ": there is no such file");
  }

  @Test
  void read_folder_saysSo(@TempDir Path folder) {
    assertThatThrownBy(() -> Pt2Reader.read(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(folder + ": the file cannot be read");
  }

  @Test
  void read_noArchive_saysHowToMakeOne() {
    assertFails(new byte[0])
        .hasMessageContaining("no .pt2 archive")
        .hasMessageContaining("torch.export.save");
    assertFails(Entries.bytes("a text file")).hasMessageContaining("no .pt2 archive");
  }

  @Test
  void read_zipOfSomethingElse_namesWhatIsMissing() {
    assertFails(Entries.flatZip(Map.of("readme.txt", new byte[1])))
        .hasMessage("m.pt2: this zip file is no .pt2 archive: it has no root folder");
    assertFails(Entries.zip(Map.of("code/model.py", new byte[1])))
        .hasMessage("m.pt2: this zip file is no .pt2 archive: the entry archive_format is missing");
  }

  @Test
  void read_twoRootFolders_rejected() {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a/archive_format", Entries.bytes("pt2"));
    entries.put("b/archive_version", Entries.bytes("0"));
    assertFails(Entries.flatZip(entries))
        .hasMessage("m.pt2: the entry b/archive_version is not in the folder a/");
  }

  @Test
  void read_olderLayouts_sayWhichTorchToUse() {
    assertFails(Entries.flatZip(Map.of("serialized_exported_program.json", new byte[2])))
        .hasMessageContaining("torch < 2.8")
        .hasMessageContaining("torch >= 2.9");
    Map<String, byte[]> entries = Entries.read(Fixtures.archive("tied_parameters"));
    entries.put("data/weights/model.pt", new byte[10]);
    assertFails(Entries.zip(entries))
        .hasMessageStartingWith("m.pt2, data/weights/model.pt: ")
        .hasMessageContaining("torch >= 2.9");
  }

  @Test
  void read_otherVersions_rejected() {
    assertFails(withEntry("archive_version", "1"))
        .hasMessageContaining("'1'")
        .hasMessageContaining("'0'");
    assertFails(withProgram(p -> ((ObjectNode) p.get("schema_version")).put("major", 9)))
        .hasMessage(
            "m.pt2, models/model.json at schema_version: schema version 9 is not supported, only 8"
                + " is. Export the model again with torch >= 2.9");
  }

  @Test
  void read_noProgramOrSeveral_rejected() {
    Map<String, byte[]> entries = Entries.read(Fixtures.archive("tied_parameters"));
    entries.put("models/other.json", new byte[2]);
    assertFails(Entries.zip(entries)).hasMessageContaining("[model, other]");
    entries.remove("models/other.json");
    entries.remove(PROGRAM);
    assertFails(Entries.zip(entries)).hasMessageContaining("holds no program");
  }

  @Test
  void read_programOfAnotherName_read() {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    Entries.read(Fixtures.archive("tied_parameters"))
        .forEach((name, content) -> entries.put(name.replace("/model", "/net"), content));
    assertThat(Pt2Reader.read("m.pt2", Entries.zip(entries)))
        .isEqualTo(Pt2Reader.read(Fixtures.archive("tied_parameters")));
  }

  @Test
  void read_missingKey_namesPlace() {
    assertFails(withNode(0, n -> n.remove("metadata")))
        .hasMessage(
            "m.pt2, models/model.json at graph_module.graph.nodes[0]: the key 'metadata' is missing");
    assertFails(withProgram(p -> ((ObjectNode) p).remove("opset_version")))
        .hasMessage("m.pt2, models/model.json: the key 'opset_version' is missing");
  }

  @Test
  void read_wrongType_showsWhatWasFound() {
    assertFails(withNode(0, n -> n.put("target", 5)))
        .hasMessage(
            "m.pt2, models/model.json at graph_module.graph.nodes[0].target: a string was expected,"
                + " not 5");
    assertFails(withNode(0, n -> ((ObjectNode) n.get("inputs").get(0).get("arg")).put("as_int", 1)))
        .hasMessageContaining("an object with exactly one key was expected");
  }

  @Test
  void read_nodesOutOfOrder_rejected() {
    assertFails(
            withProgram(
                p -> {
                  ArrayNode nodes = (ArrayNode) p.at("/graph_module/graph/nodes");
                  nodes.add(nodes.remove(0));
                }))
        .hasMessageStartingWith("m.pt2, models/model.json at graph_module.graph: ")
        .hasMessageContaining("which is not defined before it");
  }

  @Test
  void read_cyclicNodes_rejected() {
    assertFails(
            withNode(
                0,
                n ->
                    ((ObjectNode) n.at("/inputs/0/arg/as_tensor"))
                        .put("name", n.at("/outputs/0/as_tensor/name").textValue())))
        .hasMessageContaining("which is not defined before it");
  }

  @Test
  void read_signatureDisagrees_rejected() {
    assertFails(
            withProgram(
                p -> {
                  ArrayNode specs = (ArrayNode) p.at("/graph_module/signature/input_specs");
                  specs.add(specs.remove(0));
                }))
        .hasMessageContaining("in the signature");
    assertFails(
            withProgram(
                p -> ((ArrayNode) p.at("/graph_module/signature/output_specs")).removeAll()))
        .hasMessageContaining("1 outputs have 0 output_specs");
  }

  @Test
  void read_explicitGetitem_rejected() {
    assertFails(withNode(0, n -> n.put("target", "_operator.getitem")))
        .hasMessageContaining("a getitem call");
  }

  @Test
  void read_namesWithLineBreaks_rejectedInOneLine() {
    assertFails(withNode(1, n -> n.put("target", "torch.ops.a.b\n\u001b[31m")))
        .hasMessageContaining("torch.ops.a.b??[31m");
    assertFails(withNode(0, n -> ((ObjectNode) n.at("/outputs/0/as_tensor")).put("name", "a\nb")))
        .hasMessageContaining("a printable name was expected");
  }

  @Test
  void read_pickledWeight_rejected() {
    assertFails(withWeight("embed.weight", w -> w.put("use_pickle", true)))
        .hasMessageStartingWith(
            "m.pt2, data/weights/model_weights_config.json at config[embed.weight]:")
        .hasMessageContaining("does not unpickle");
  }

  @Test
  void read_tensorLargerThanPayload_rejected() {
    assertFails(withWeight("embed.weight", w -> size(w, 0, 6)))
        .hasMessageContaining("does not fit into a storage of 60 bytes");
    assertFails(withWeight("embed.weight", w -> size(w, 0, Long.MAX_VALUE)))
        .hasMessageContaining("embed.weight");
    assertFails(
            withWeight(
                "embed.weight",
                w -> {
                  size(w, 0, 1L << 40);
                  ((ArrayNode) w.at("/tensor_meta/strides"))
                      .removeAll()
                      .addObject()
                      .put("as_int", 0);
                  ((ArrayNode) w.at("/tensor_meta/strides")).addObject().put("as_int", 0);
                }))
        .hasMessageContaining("too large for its payload");
  }

  @Test
  void read_emptyPayload_zerosWithinReason() {
    Map<String, byte[]> entries = Entries.read(Fixtures.archive("tied_parameters"));
    entries.put("data/weights/weight_0", new byte[0]);
    assertThat(Pt2Reader.read("m.pt2", Entries.zip(entries)).constants().get("embed.weight"))
        .satisfies(c -> assertThat(c.tensor().toFloats()).hasSize(15).containsOnly(0f));
    byte[] huge =
        withWeight(
            entries,
            "embed.weight",
            w -> {
              size(w, 0, 1L << 28);
              ((ObjectNode) w.at("/tensor_meta/strides/0")).put("as_int", 1);
            });
    assertFails(huge).hasMessageContaining("is empty");
  }

  @Test
  void read_shapeDisagreesWithGraph_rejected() {
    assertFails(withWeight("embed.weight", w -> size(w, 0, 4)))
        .hasMessageContaining(
            "the constant embed.weight is float32[5, 3], but its payload is float32[4, 3]");
  }

  @Test
  void read_missingConstant_namesInput() {
    assertFails(withDocument(WEIGHTS, d -> ((ObjectNode) d.get("config")).remove("embed.weight")))
        .hasMessageContaining("the input p_embed_weight is the constant embed.weight");
  }

  @Test
  void read_changedPayload_checksumNamesEntry() {
    byte[] archive = tied();
    int at = indexOf(archive, Entries.read(archive).get("data/weights/weight_0"));
    archive[at] ^= 1;
    assertFails(archive).hasMessageContaining("m/data/weights/weight_0 does not have the checksum");
  }

  @Test
  void read_brokenJson_namesEntry() {
    assertFails(withEntry(PROGRAM, "{\"graph_module\": "))
        .hasMessageStartingWith("m.pt2, models/model.json: this is no JSON: ");
    assertFails(withEntry(PROGRAM, "[".repeat(100_000)))
        .hasMessageStartingWith("m.pt2, models/model.json: this is no JSON: ");
  }

  @Test
  void read_deflatedEntries_read() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry :
          Entries.read(Fixtures.file("small_cnn/model.pt2")).entrySet()) {
        zip.putNextEntry(new ZipEntry("m/" + entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    assertThat(Pt2Reader.read("m.pt2", bytes.toByteArray()))
        .isEqualTo(Pt2Reader.read(Fixtures.file("small_cnn/model.pt2")));
  }

  @Test
  void read_zipBomb_rejectedBeforeInflating() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("m/data/weights/weight_0"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 100; i++) {
        zip.write(zeros);
      }
    }
    assertFails(bytes.toByteArray()).hasMessageContaining("inflate to more than 32 times its size");
  }

  @Test
  void read_overlappingEntries_rejected() {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a", new byte[100_000]);
    entries.put("b", new byte[1]);
    byte[] archive = Entries.zip(entries);
    ByteBuffer buffer = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
    int directory = buffer.getInt(archive.length - 6);
    int second = directory + 46 + "m/a".length();
    // The second entry is given the sizes and the place of the first.
    buffer.putInt(second + 20, 100_000).putInt(second + 24, 100_000).putInt(second + 42, 0);
    assertFails(archive).hasMessageContaining("its entries overlap");
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertFails(byte[] archive) {
    return assertThatThrownBy(() -> Pt2Reader.read("m.pt2", archive))
        .isInstanceOf(ModelException.class)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  private static byte[] tied() {
    return Entries.zip(Entries.read(Fixtures.archive("tied_parameters")));
  }

  private static byte[] withEntry(String name, String content) {
    Map<String, byte[]> entries = Entries.read(Fixtures.archive("tied_parameters"));
    entries.put(name, Entries.bytes(content));
    return Entries.zip(entries);
  }

  private static byte[] withDocument(String name, Consumer<JsonNode> edit) {
    return withDocument(Entries.read(Fixtures.archive("tied_parameters")), name, edit);
  }

  private static byte[] withDocument(
      Map<String, byte[]> entries, String name, Consumer<JsonNode> edit) {
    Map<String, byte[]> edited = new LinkedHashMap<>(entries);
    JsonNode json = Json.parse(Entries.text(entries.getOrDefault(name, new byte[0])));
    edit.accept(json);
    edited.put(name, Entries.bytes(json.toString()));
    return Entries.zip(edited);
  }

  private static byte[] withProgram(Consumer<JsonNode> edit) {
    return withDocument(PROGRAM, edit);
  }

  private static byte[] withNode(int index, Consumer<ObjectNode> edit) {
    return withProgram(p -> edit.accept((ObjectNode) p.at("/graph_module/graph/nodes").get(index)));
  }

  private static byte[] withWeight(String name, Consumer<ObjectNode> edit) {
    return withWeight(Entries.read(Fixtures.archive("tied_parameters")), name, edit);
  }

  private static byte[] withWeight(
      Map<String, byte[]> entries, String name, Consumer<ObjectNode> edit) {
    return withDocument(entries, WEIGHTS, d -> edit.accept((ObjectNode) d.get("config").get(name)));
  }

  private static void size(ObjectNode weight, int dim, long size) {
    ((ObjectNode) weight.at("/tensor_meta/sizes").get(dim)).put("as_int", size);
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      if (ByteBuffer.wrap(bytes, i, part.length).equals(ByteBuffer.wrap(part))) {
        return i;
      }
    }
    throw new IllegalArgumentException("The archive does not contain these bytes");
  }
}
