package org.calibeam.pipeline.cli;

import java.io.PrintStream;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Program;
import org.calibeam.core.inspect.Inspection;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.Libtorch;
import org.calibeam.pipeline.observe.ModelFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description = "Says what is in an archive: graphs, code paths, operators, problems.",
    mixinStandardHelpOptions = true)
final class InspectCommand extends BeamVerb implements Runnable {
  @Parameters(paramLabel = "M.pt2", description = "An archive that torch.export.save wrote.")
  private String archive = "";

  @Override
  public void run() {
    pipelineOptions();
    ModelFile file = ModelFile.of(archive);
    Program program = file.read();
    PrintStream out = terminal().out();
    out.printf("%s%nSHA-256 %s%n", file.path(), file.sha256());
    Inspection.of(program).lines().forEach(out::println);
    out.printf("Runs on libtorch %s: %s%n", Libtorch.version(), problem(program));
  }

  /** What keeps libtorch from running the program. */
  private static String problem(Program program) {
    try (GraphRunner runner = GraphRunner.load(program)) {
      return "yes";
    } catch (ModelException e) {
      return "no. " + e.getMessage();
    }
  }
}
