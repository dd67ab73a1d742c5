package org.calibeam.pipeline.cli;

import java.io.PrintStream;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Program;
import org.calibeam.core.inspect.Inspection;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.Libtorch;
import org.calibeam.pipeline.observe.ModelFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description = "Says what is in an archive: graphs, code paths, operators, problems.",
    mixinStandardHelpOptions = true)
final class InspectCommand extends BeamVerb implements Runnable {
  private static final String RUNS = "yes";

  @Parameters(paramLabel = "M.pt2", description = "An archive that torch.export.save wrote.")
  private String archive = "";

  @Option(names = "--json", description = "Print all of it as JSON, for machines.")
  private boolean json;

  @Override
  public void run() {
    pipelineOptions();
    ModelFile file = ModelFile.of(archive);
    Program program = file.read();
    PrintStream out = terminal().out();
    Inspection inspection = Inspection.of(program);
    if (json) {
      out.println(
          InspectionFormat.json(inspection)
              .put("path", file.path())
              .put("sha256", file.sha256())
              .put("runs", problem(program).equals(RUNS)));
      return;
    }
    out.printf("%s%nSHA-256 %s%n", file.path(), file.sha256());
    inspection.lines().forEach(out::println);
    out.printf("Runs on libtorch %s: %s%n", Libtorch.version(), problem(program));
  }

  /** What keeps libtorch from running the program. */
  private static String problem(Program program) {
    try (GraphRunner runner = GraphRunner.load(program)) {
      return RUNS;
    } catch (ModelException e) {
      return "no. " + e.getMessage();
    }
  }
}
