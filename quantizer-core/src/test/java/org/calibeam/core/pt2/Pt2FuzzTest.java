package org.calibeam.core.pt2;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Program;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens to an archive, reading it ends in a program or in a {@link ModelException} of
 * one line, within bounded memory. A program that comes out can be written and read again.
 *
 * <p>The system property {@code calibeam.fuzz.rounds} sets how many mutations each seed tries.
 */
@Timeout(120)
class Pt2FuzzTest {
  private static final int ROUNDS = Integer.getInteger("calibeam.fuzz.rounds", 40);

  /** Far above what the small archives need, far below what a test machine has. */
  private static final long MEMORY = 400L << 20;

  private static final List<String> SEEDS_OF =
      List.of(
          "channels_last_weight",
          "cond_with_dynamic_batch",
          "dynamic_batch",
          "integer_inputs",
          "lifted_tensor_constants",
          "lists_inside_results",
          "ordered_side_effects",
          "other_float_types",
          "several_results",
          "sizes_from_data",
          "views_of_one_buffer",
          "while_loop");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void read_damagedBytes_modelExceptionOrProgram(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] archive = Files.readAllBytes(pick(random));
      check(damage(archive, random), "seed %d, round %d".formatted(seed, round));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
  void read_editedJson_modelExceptionOrProgram(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, byte[]> entries = Entries.read(pick(random));
      List<String> documents =
          entries.keySet().stream().filter(e -> e.endsWith(".json")).sorted().toList();
      // The program has most of the structure.
      String document =
          random.nextInt(4) > 0
              ? "models/model.json"
              : documents.get(random.nextInt(documents.size()));
      JsonNode json = Json.parse(Entries.text(bytes(entries, document)));
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        edit(json, random);
      }
      entries.put(document, Entries.bytes(json.toString()));
      check(Entries.zip(entries), "seed %d, round %d, %s".formatted(seed, round, document));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22})
  void read_editedEntries_modelExceptionOrProgram(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, byte[]> entries = Entries.read(pick(random));
      List<String> names = new ArrayList<>(entries.keySet());
      String victim = names.get(random.nextInt(names.size()));
      switch (random.nextInt(4)) {
        case 0 -> entries.remove(victim);
        case 1 -> entries.put(victim, new byte[0]);
        case 2 -> entries.put(victim, damage(bytes(entries, victim), random));
        default -> entries.put(victim, bytes(entries, names.get(random.nextInt(names.size()))));
      }
      check(Entries.zip(entries), "seed %d, round %d, %s".formatted(seed, round, victim));
    }
  }

  private static void check(byte[] archive, String label) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    Program program;
    try {
      program = Pt2Reader.read("fuzzed.pt2", archive);
    } catch (ModelException e) {
      assertThat(e.getMessage()).as(label).startsWith("fuzzed.pt2").doesNotContain("\n");
      return;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(label, e);
    } finally {
      long used = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
      assertThat(used).as(label).isLessThan(MEMORY);
    }
    try {
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      Pt2Writer.write(program, written);
      Program again = Pt2Reader.read("again.pt2", written.toByteArray());
      assertThat(again.main()).as(label).isEqualTo(program.main());
      assertThat(again.constants()).as(label).isEqualTo(program.constants());
      assertThat(again.attachments()).as(label).isEqualTo(program.attachments());
      assertThat(again).as(label).isEqualTo(program);
    } catch (RuntimeException e) {
      throw new AssertionError(label + ": " + e, e);
    }
  }

  private static Path pick(Random random) {
    return Fixtures.archive(SEEDS_OF.get(random.nextInt(SEEDS_OF.size())));
  }

  private static byte[] bytes(Map<String, byte[]> entries, String name) {
    byte[] content = entries.get(name);
    if (content == null) {
      throw new IllegalStateException("No entry " + name);
    }
    return content;
  }

  private static byte[] damage(byte[] original, Random random) {
    byte[] bytes = original.clone();
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    switch (random.nextInt(6)) {
      case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> {
        for (int i = 1 + random.nextInt(20); i > 0; i--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 2 -> {
        // The directory is at the end, and the most fragile.
        int tail = Math.min(bytes.length, 3000);
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
          int at = bytes.length - 1 - random.nextInt(tail);
          bytes[at] = (byte) (random.nextBoolean() ? 0xFF : random.nextInt());
        }
      }
      case 3 -> {
        int from = random.nextInt(bytes.length);
        Arrays.fill(
            bytes, from, Math.min(bytes.length, from + 1 + random.nextInt(64)), (byte) 0xFF);
      }
      case 4 -> {
        int from = random.nextInt(bytes.length);
        int to = Math.min(bytes.length, from + random.nextInt(100));
        ByteBuffer cut = ByteBuffer.allocate(bytes.length - (to - from));
        bytes = cut.put(bytes, 0, from).put(bytes, to, bytes.length - to).array();
      }
      default -> {
        if (bytes.length >= 8) {
          int at = Math.max(0, bytes.length - 8 - random.nextInt(Math.min(bytes.length, 2000)));
          ByteBuffer.wrap(bytes)
              .putLong(at, random.nextBoolean() ? Long.MIN_VALUE : random.nextLong());
        }
      }
    }
    return bytes;
  }

  /** Changes one value somewhere below {@code root}. */
  private static void edit(JsonNode root, Random random) {
    List<JsonNode> containers = new ArrayList<>();
    collect(root, containers);
    List<JsonNode> filled = containers.stream().filter(c -> !c.isEmpty()).toList();
    if (filled.isEmpty()) {
      return;
    }
    JsonNode container = filled.get(random.nextInt(filled.size()));
    JsonNode donor = filled.get(random.nextInt(filled.size()));
    int slot = random.nextInt(container.size());
    JsonNode value = value(donor, random);
    if (container instanceof ArrayNode array) {
      switch (random.nextInt(3)) {
        case 0 -> array.remove(slot);
        case 1 -> array.insert(slot, value);
        default -> array.set(slot, value);
      }
    } else if (container instanceof ObjectNode object) {
      String key = new ArrayList<>(new LinkedHashMap<>(toMap(object)).keySet()).get(slot);
      switch (random.nextInt(3)) {
        case 0 -> object.remove(key);
        case 1 -> object.set(key + "x", value);
        default -> object.set(key, value);
      }
    }
  }

  private static Map<String, JsonNode> toMap(ObjectNode object) {
    Map<String, JsonNode> map = new LinkedHashMap<>();
    object.properties().forEach(p -> map.put(p.getKey(), p.getValue()));
    return map;
  }

  private static JsonNode value(JsonNode donor, Random random) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return switch (random.nextInt(12)) {
      case 0 -> json.nullNode();
      case 1 -> json.numberNode(-1);
      case 2 -> json.numberNode(Long.MAX_VALUE);
      case 3 -> json.numberNode(1L << 31);
      case 4 -> json.numberNode(0.5);
      case 5 -> json.textNode("");
      case 6 -> json.textNode("a\nb\u202e");
      case 7 -> json.booleanNode(random.nextBoolean());
      case 8 -> json.objectNode();
      case 9 -> json.arrayNode();
      case 10 -> json.numberNode(new BigInteger("123456789012345678901234567890"));
      default -> donor.iterator().next().deepCopy();
    };
  }

  private static void collect(JsonNode json, List<JsonNode> containers) {
    if (json.isContainerNode()) {
      containers.add(json);
      json.forEach(child -> collect(child, containers));
    }
  }
}
