package org.calibeam.pipeline.cli;

import java.io.PrintStream;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.tensor.TensorSpec;
import org.calibeam.pipeline.observe.ModelFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description = "Says what is in an archive: graphs, code paths, operators, problems.",
    mixinStandardHelpOptions = true)
final class InspectCommand extends BeamVerb implements Runnable {
  private static final String QDQ = "quantized_decomposed.";

  @Parameters(paramLabel = "M.pt2", description = "An archive that torch.export.save wrote.")
  private String archive = "";

  @Override
  public void run() {
    pipelineOptions();
    ModelFile file = ModelFile.of(archive);
    Program program = file.read();
    PrintStream out = terminal().out();
    out.printf("%s%n  SHA-256 %s%n", file.path(), file.sha256());
    long bytes = 0;
    for (Constant constant : program.constants().values()) {
      bytes += constant.data().map(d -> (long) d.elements() * d.dtype().bytes()).orElse(0L);
    }
    out.printf("  %d constants, %d bytes%n", program.constants().size(), bytes);
    program.graphs().forEach((path, graph) -> print(out, path, graph));
    out.printf("%nProblems: %s%n", problem(program));
  }

  private static void print(PrintStream out, CodePath path, Graph graph) {
    out.printf("%n%s%n", path);
    for (Node.Placeholder input : graph.placeholders()) {
      out.printf("  in   %s %s%n", input.name(), type(input));
    }
    for (String output : graph.outputNames()) {
      out.printf("  out  %s %s%n", output, type(graph.node(output)));
    }
    Map<String, Integer> targets = new TreeMap<>();
    graph.calls().forEach(call -> targets.merge(call.target(), 1, Integer::sum));
    int quantization =
        targets.entrySet().stream()
            .filter(e -> e.getKey().startsWith(QDQ))
            .mapToInt(Map.Entry::getValue)
            .sum();
    out.printf(
        "  %d calls, %d of them quantize or dequantize%n", graph.calls().size(), quantization);
    targets.forEach((target, count) -> out.printf("  %6d %s%n", count, target));
  }

  private static String type(Node node) {
    return node.spec().map(TensorSpec::toString).orElse("");
  }

  /** What keeps libtorch from running the program. */
  private static String problem(Program program) {
    try (GraphRunner runner = GraphRunner.load(program)) {
      return "none";
    } catch (ModelException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
