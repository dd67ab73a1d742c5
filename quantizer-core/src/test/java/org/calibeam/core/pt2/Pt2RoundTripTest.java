package org.calibeam.core.pt2;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.calibeam.core.graph.Program;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reading and writing loses nothing. Runs over the archives among the test resources, and over all
 * below the folder that the system property {@code calibeam.fixtures} names, if it does.
 */
class Pt2RoundTripTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  static Stream<Path> archives() throws IOException {
    List<Path> archives = new ArrayList<>();
    List<Path> roots =
        new ArrayList<>(List.of(Fixtures.resource("/fixtures"), Fixtures.resource("/archives")));
    String more = System.getProperty("calibeam.fixtures");
    if (more != null) {
      roots.add(Path.of(more));
    }
    for (Path root : roots) {
      try (Stream<Path> files = Files.walk(root)) {
        files.filter(f -> f.toString().endsWith(".pt2")).sorted().forEach(archives::add);
      }
    }
    return archives.stream();
  }

  @ParameterizedTest
  @MethodSource("archives")
  void write_whatWasRead_sameEntries(Path archive) throws IOException {
    Program program = Pt2Reader.read(archive);
    byte[] written = bytes(program);

    Map<String, byte[]> before = Entries.read(archive);
    Map<String, byte[]> after = Entries.read(written);
    assertThat(json(after, "models/model.json")).isEqualTo(json(before, "models/model.json"));
    for (String folder : List.of("data/weights/", "data/constants/")) {
      String config =
          folder
              + "model_"
              + (folder.contains("weights") ? "weights" : "constants")
              + "_config.json";
      assertThat(payloads(after, folder, config)).isEqualTo(payloads(before, folder, config));
    }
    for (String entry : before.keySet()) {
      if (entry.startsWith("data/sample_inputs/") || entry.startsWith("extra/")) {
        assertThat(after.get(entry)).isEqualTo(before.get(entry));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("archives")
  void read_whatWasWritten_equalsProgramAndBytes(Path archive) throws IOException {
    Program program = Pt2Reader.read(archive);
    byte[] written = bytes(program);
    Program again = Pt2Reader.read("written", written);

    assertThat(again).isEqualTo(program);
    assertThat(bytes(again)).isEqualTo(written);
  }

  private static byte[] bytes(Program program) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Pt2Writer.write(program, out);
    return out.toByteArray();
  }

  private static JsonNode json(Map<String, byte[]> entries, String name) throws IOException {
    return withoutDefaults(MAPPER.readTree(entries.get(name)));
  }

  /** Drops nulls, which the schema does not tell from absent keys. */
  private static JsonNode withoutDefaults(JsonNode json) {
    if (json instanceof ObjectNode object) {
      for (Iterator<JsonNode> i = object.iterator(); i.hasNext(); ) {
        JsonNode member = i.next();
        if (member.isNull()) {
          i.remove();
        } else {
          withoutDefaults(member);
        }
      }
    } else if (json instanceof ArrayNode) {
      json.forEach(Pt2RoundTripTest::withoutDefaults);
    }
    return json;
  }

  /** Every constant's description, its payload's bytes and the first constant that shares it. */
  private static Map<String, List<Object>> payloads(
      Map<String, byte[]> entries, String folder, String config) throws IOException {
    Map<String, List<Object>> payloads = new LinkedHashMap<>();
    Map<String, String> firsts = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry :
        MAPPER.readTree(entries.get(config)).get("config").properties()) {
      ObjectNode description = (ObjectNode) entry.getValue();
      String path = description.remove("path_name").textValue();
      byte[] content = entries.get(folder + path);
      firsts.putIfAbsent(path, entry.getKey());
      payloads.put(
          entry.getKey(),
          List.of(withoutDefaults(description), firsts.get(path), ByteBuffer.wrap(content)));
    }
    return payloads;
  }
}
