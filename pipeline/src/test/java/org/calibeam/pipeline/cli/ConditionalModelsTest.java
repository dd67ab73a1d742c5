package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.pipeline.Fixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the options of conditional models do, through the whole pipeline. */
class ConditionalModelsTest {
  private static final CodePath DEEP = CodePath.MAIN.child("false_graph_0");

  @TempDir private Path folder;

  @Test
  void quantize_splitPaths_writesPiecesAndWhichFeedsWhich() throws IOException {
    quantize("out", "--split-paths");

    JsonNode plan = json("out/paths/paths.json");
    List<String> archives = plan.findValuesAsText("archive");
    assertThat(archives).hasSizeGreaterThan(2).doesNotHaveDuplicates();
    assertThat(names("out/paths"))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(archives.stream(), Stream.of("paths.json")).toList());
    for (String archive : archives) {
      assertThat(Pt2Reader.read(folder.resolve("out/paths").resolve(archive)).graphs()).hasSize(1);
      assertThat(json("out/manifest.json").findValuesAsText("name")).contains("paths/" + archive);
    }
  }

  @Test
  void quantize_againWithoutSplitPaths_removesThePieces() throws IOException {
    quantize("out", "--split-paths");
    quantize("out", "--overwrite");

    assertThat(folder.resolve("out/paths")).doesNotExist();
    assertThat(names("out")).contains("model.pt2", "manifest.json");
  }

  @Test
  void quantize_predicates_onlyIfAskedTo() throws IOException {
    quantize("float");
    quantize("integer", "--quantize-predicates");

    assertThat(readsIntegers(graph("float", CodePath.MAIN), "aten.gt.Tensor")).isFalse();
    assertThat(readsIntegers(graph("integer", CodePath.MAIN), "aten.gt.Tensor")).isTrue();
  }

  @Test
  void quantize_codePathLeftOut_staysInFloatingPoint() throws IOException {
    quantize("out", "--config", step("[\"set_code_path\", \"main/false_graph_0\", null]"));

    assertThat(targets(graph("out", DEEP))).noneMatch(t -> t.startsWith("quantized_decomposed"));
    assertThat(targets(graph("out", CodePath.MAIN)))
        .anyMatch(t -> t.startsWith("quantized_decomposed"));
  }

  @Test
  void quantize_moduleOfABranchLeftOut_staysInFloatingPoint() throws IOException {
    quantize("all");
    quantize("name", "--config", step("[\"set_module_name\", \"deep.3\", null]"));
    quantize("type", "--config", step("[\"set_module_type\", \"torch.nn.Conv2d\", null]"));

    assertThat(integerWeights("all", "aten.conv2d.default")).isEqualTo(2);
    assertThat(integerWeights("name", "aten.conv2d.default")).isEqualTo(1);
    assertThat(integerWeights("type", "aten.conv2d.default")).isZero();
    assertThat(integerWeights("type", "aten.linear.default")).isEqualTo(1);
  }

  private Path step(String step) throws IOException {
    return Files.writeString(
        folder.resolve("config.json"), "{\"steps\": [[\"set_global\", {}], %s]}".formatted(step));
  }

  private void quantize(String run, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "quantize",
                "--model",
                Fixture.path("early_exit_digits/model.pt2"),
                "--samples",
                Fixture.path("early_exit_digits/calibration.npz"),
                "--output",
                folder.resolve(run)));
    arguments.addAll(List.of(more));
    Outcome outcome = Outcome.of(arguments.toArray());
    assertThat(outcome.status()).as(outcome.err()).isZero();
  }

  private Graph graph(String run, CodePath path) {
    return Pt2Reader.read(folder.resolve(run).resolve("model.pt2")).graphs().get(path);
  }

  private static List<String> targets(Graph graph) {
    return graph.calls().stream().map(Node.Call::target).toList();
  }

  /** Whether what calls of {@code target} read is computed from integers only. */
  private static boolean readsIntegers(Graph graph, String target) {
    return graph.calls().stream()
        .filter(call -> call.isTarget(target))
        .flatMap(Node.Call::references)
        .map(graph::node)
        .allMatch(
            n -> n instanceof Node.Call call && call.target().contains("dequantize_per_tensor"));
  }

  /** Number of calls in the deep branch whose weight is int8 per channel. */
  private long integerWeights(String run, String target) {
    Graph branch = graph(run, DEEP);
    return branch.calls().stream()
        .filter(call -> call.isTarget(target))
        .flatMap(call -> call.ref(1).stream())
        .map(branch::node)
        .filter(n -> n instanceof Node.Call call && call.target().contains("per_channel"))
        .count();
  }

  private JsonNode json(String file) throws IOException {
    return new ObjectMapper().readTree(folder.resolve(file).toFile());
  }

  private List<String> names(String run) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(run))) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }
}
