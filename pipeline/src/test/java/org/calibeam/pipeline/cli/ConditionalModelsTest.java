package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.SampleSets;
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

  @Test
  void quantize_report_saysWhichWayTheSamplesWent() throws IOException {
    List<List<TensorData>> samples =
        SampleSets.read(Fixture.path("early_exit_digits/calibration.npz"));
    Path first = SampleSets.write(folder.resolve("b.npz"), samples.subList(0, 64));
    Path second = SampleSets.write(folder.resolve("a.npz"), samples.subList(64, 128));
    run("out", first + "," + second);

    JsonNode conditional = json("out/report.json").path("conditionals").path(0);
    assertThat(conditional.path("samples").asInt()).isEqualTo(128);
    JsonNode sides = conditional.path("sides");
    assertThat(sides).hasSize(2);
    assertThat(sides.findValues("samples").stream().mapToInt(JsonNode::asInt).sum()).isEqualTo(128);
    assertThat(sides.path(0).path("share").asDouble() + sides.path(1).path("share").asDouble())
        .isEqualTo(1);
    assertThat(sides.findValuesAsText("firstSample"))
        .hasSize(2)
        .contains("a.npz#0")
        .allMatch(id -> id.startsWith("a.npz#"));
  }

  @Test
  void quantize_report_saysHowNearToTheThresholdSamplesCome() throws IOException {
    quantize("out");

    JsonNode margin = json("out/report.json").path("conditionals").path(0).path("margins").path(0);
    assertThat(margin.path("operator").asText()).isEqualTo("aten.gt.Tensor");
    assertThat(margin.path("decisions").asInt()).isEqualTo(128);
    assertThat(margin.path("step").asDouble()).isPositive();
    assertThat(margin.path("withinOneStep").asInt()).isBetween(0, 127);
    assertThat(json("out/report.json").path("observers").findValuesAsText("observer"))
        .noneMatch(name -> name.contains(":"));

    Outcome converted =
        Outcome.of(
            "convert",
            "--model",
            Fixture.path("early_exit_digits/model.pt2"),
            "--statistics",
            folder.resolve("out/statistics.avro"),
            "--output",
            folder.resolve("converted"));
    assertThat(converted.status()).as(converted.err()).isZero();
    assertThat(json("converted/report.json").path("conditionals").path(0).path("margins").path(0))
        .isEqualTo(margin);
  }

  @Test
  void quantize_sideReachedInOneShardOnly_givesWhatOneShardOfAllGives() throws IOException {
    List<List<TensorData>> samples =
        SampleSets.read(Fixture.path("early_exit_digits/calibration.npz"));
    Map<Boolean, List<List<TensorData>>> sides = bySide(samples);
    Path one = SampleSets.write(folder.resolve("one.npz"), sides.get(true));
    Path other = SampleSets.write(folder.resolve("other.npz"), sides.get(false));
    run("all", Fixture.path("early_exit_digits/calibration.npz").toString());
    run("apart", one + "," + other, "--", "--targetParallelism=2");
    run("swapped", other + "," + one, "--", "--targetParallelism=1");

    byte[] all = Files.readAllBytes(folder.resolve("all/model.pt2"));
    assertThat(Files.readAllBytes(folder.resolve("apart/model.pt2"))).isEqualTo(all);
    assertThat(Files.readAllBytes(folder.resolve("swapped/model.pt2"))).isEqualTo(all);
  }

  @Test
  void quantize_predicateThatNeverChanges_isHandledAsThePolicySays() throws IOException {
    List<List<TensorData>> samples =
        SampleSets.read(Fixture.path("early_exit_digits/calibration.npz"));
    Path easy = SampleSets.write(folder.resolve("easy.npz"), bySide(samples).get(true));

    assertThat(outcome("fail", easy.toString()).error())
        .contains("main/false_graph_0")
        .contains("main/false_graph_0 0");
    run("float", easy.toString(), "--unreached-paths", "float");
    run("borrow", easy.toString(), "--unreached-paths", "borrow");

    assertThat(targets(graph("float", DEEP))).noneMatch(t -> t.startsWith("quantized_decomposed"));
    assertThat(targets(graph("borrow", DEEP))).anyMatch(t -> t.startsWith("quantized_decomposed"));
    assertThat(policy("float")).isEqualTo("float");
    assertThat(policy("borrow")).isEqualTo("borrow");
  }

  @Test
  void quantize_fewerSamplesThanAPathNeeds_isAnError() {
    String samples = Fixture.path("early_exit_digits/calibration.npz").toString();

    assertThat(outcome("out", samples, "--min-samples-per-path", "128").error())
        .contains("fewer than 128 sample(s)");
    run("out", samples, "--min-samples-per-path", "2");
  }

  private String policy(String run) throws IOException {
    for (JsonNode path : json(run + "/report.json").path("codePaths")) {
      if (path.path("path").asText().equals(DEEP.text())) {
        return path.path("policy").asText();
      }
    }
    return "";
  }

  /** Samples by whether the model exits early. */
  private static Map<Boolean, List<List<TensorData>>> bySide(List<List<TensorData>> samples) {
    Program program = Pt2Reader.read(Fixture.path("early_exit_digits/model.pt2"));
    Set<CodePath> entered = new HashSet<>();
    ForwardListener listener =
        new ForwardListener() {
          @Override
          public void enter(CodePath path) {
            entered.add(path);
          }
        };
    try (GraphRunner runner = GraphRunner.load(program)) {
      return samples.stream()
          .collect(
              Collectors.partitioningBy(
                  sample -> {
                    entered.clear();
                    runner.run(sample, listener);
                    return !entered.contains(DEEP);
                  }));
    }
  }

  private Path step(String step) throws IOException {
    return Files.writeString(
        folder.resolve("config.json"), "{\"steps\": [[\"set_global\", {}], %s]}".formatted(step));
  }

  private void quantize(String run, Object... more) {
    run(run, Fixture.path("early_exit_digits/calibration.npz").toString(), more);
  }

  private void run(String run, String samples, Object... more) {
    Outcome outcome = outcome(run, samples, more);
    assertThat(outcome.status()).as(outcome.err()).isZero();
  }

  private Outcome outcome(String run, String samples, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "quantize",
                "--model",
                Fixture.path("early_exit_digits/model.pt2"),
                "--samples",
                samples,
                "--output",
                folder.resolve(run)));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray());
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
