package org.calibeam.pipeline.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.calibeam.core.interp.Libtorch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/**
 * {@code calibeam VERB [options] [-- Beam options]}.
 *
 * <p>Exit status 0 if all that was asked is done, 1 if not, 2 if the command was not understood.
 */
@Command(
    name = "calibeam",
    description = "Quantizes PyTorch models for Arm's VGF backend from large calibration data.",
    synopsisSubcommandLabel = "VERB",
    mixinStandardHelpOptions = true,
    version = "calibeam 0.1.0",
    subcommands = {
      QuantizeCommand.class,
      CalibrateCommand.class,
      MergeCommand.class,
      ConvertCommand.class,
      EvaluateCommand.class,
      AnalyzeCommand.class,
      RequantizeCommand.class,
      InspectCommand.class,
      RunCommand.class,
      ImportCommand.class
    },
    footer = "%nBeam options follow --, for example: -- --targetParallelism=4")
public final class Main implements Runnable {
  static final int FAILED = 1;
  static final int NOT_UNDERSTOOD = 2;

  private static final String SEPARATOR = "--";

  /** Verbs that run a model, and so need libtorch sooner or later. */
  private static final Set<String> RUNS_A_MODEL =
      Set.of("quantize", "calibrate", "convert", "evaluate", "analyze", "requantize", "run");

  public static void main(String[] args) {
    if (args.length > 1 && RUNS_A_MODEL.contains(args[0])) {
      // The longest part of a start, and the rest of it needs only one core.
      Libtorch.preload();
    }
    System.exit(run(args, new Terminal()));
  }

  /** Runs one command within this process; the same as {@code main}, but for the exit. */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    return run(args, new Terminal(out, err, false));
  }

  /** Runs one command and returns its exit status. */
  static int run(String[] args, Terminal terminal) {
    List<String> all = Arrays.asList(args);
    int separator = all.indexOf(SEPARATOR);
    List<String> own = separator < 0 ? all : all.subList(0, separator);
    List<String> beam = separator < 0 ? List.of() : all.subList(separator + 1, all.size());
    PrintWriter out = new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8);
    CommandLine line =
        new CommandLine(new Main())
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler((e, a) -> notUnderstood(e, err))
            .setExecutionExceptionHandler((e, l, parsed) -> Failure.report(e, l, err));
    line.getSubcommands()
        .values()
        .forEach(
            verb -> {
              if (verb.getCommand() instanceof BeamVerb beamVerb) {
                beamVerb.use(beam, terminal);
              }
            });
    return line.execute(own.toArray(String[]::new));
  }

  private static int notUnderstood(ParameterException e, PrintWriter err) {
    err.println("error: " + Failure.oneLine(String.valueOf(e.getMessage())));
    err.println("Try: calibeam %s--help".formatted(verb(e.getCommandLine())));
    return NOT_UNDERSTOOD;
  }

  private static String verb(CommandLine line) {
    return line.getParent() == null ? "" : line.getCommandName() + " ";
  }

  /** Without a verb there is nothing to do but to say which there are. */
  @Override
  public void run() {
    throw new ParameterException(
        new CommandLine(this),
        "No verb is given; there are quantize, calibrate, merge, convert, evaluate, analyze, requantize, inspect, run and import.");
  }
}
