package org.calibeam.pipeline.cli;

import java.io.PrintStream;
import java.time.Clock;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.beam.sdk.options.PipelineOptions;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.nightly.Decision;
import org.calibeam.pipeline.nightly.History;
import org.calibeam.pipeline.nightly.Hook;
import org.calibeam.pipeline.nightly.JobFile;
import org.calibeam.pipeline.nightly.Night;
import org.calibeam.pipeline.nightly.NightlyJob;
import org.calibeam.pipeline.nightly.StoreLock;
import org.calibeam.pipeline.nightly.Verdict;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "requantize",
    description = {
      "Quantizes a model anew with the data of the last days, and publishes it unless it is worse than what is published.",
      "Exit status: 0 published, 1 failed, 2 the command or the job file was not understood, 3 unchanged, 4 blocked, 5 another run uses the store."
    },
    mixinStandardHelpOptions = true)
final class RequantizeCommand extends CalibrationVerb implements Callable<Integer> {
  static final int UNCHANGED = 3;
  static final int BLOCKED = 4;
  static final int IN_USE = 5;

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  /** What there is to do with which job. */
  private static final class Source {
    @Option(
        names = "--job",
        paramLabel = "JOB.json",
        description = "What to requantize, from which data, and when to publish it.")
    private @Nullable String job;

    @Option(names = "--schema", description = "Print the JSON schema of job files.")
    private boolean schema;
  }

  @ArgGroup private @Nullable Past past;

  /** What there is to do about earlier runs. */
  private static final class Past {
    @Option(names = "--history", description = "List the runs of the store, newest first.")
    private boolean history;

    @Option(
        names = "--rollback",
        paramLabel = "RUN",
        description = "Publish an earlier run again: its id, its number, or previous.")
    private @Nullable String rollback;
  }

  @Option(
      names = "--accept",
      split = ",",
      paramLabel = "GATE",
      description =
          "Gates that only warn this time: bad-samples, vanished, drift, saturation, scale, rolled-back, sqnr, top1, flips.")
  private List<String> accept = List.of();

  @Option(
      names = "--until",
      paramLabel = "DAY",
      description = "Leave later partitions alone, for example 2026-11-21.")
  private @Nullable LocalDate until;

  @Option(
      names = "--unchanged-ok",
      description =
          "Exit with 0 also if the model is unchanged, for schedulers that know nothing between success and failure.")
  private boolean unchangedOk;

  @Override
  public Integer call() {
    if (source.schema) {
      terminal().out().print(JobFile.schema());
      return 0;
    }
    PipelineOptions options = pipelineOptions();
    NightlyJob job;
    try {
      job = JobFile.read(String.valueOf(source.job));
      Verdict.requireGates(accept);
    } catch (ConfigurationException e) {
      terminal().err().println("error: " + Failure.oneLine(String.valueOf(e.getMessage())));
      return Main.NOT_UNDERSTOOD;
    }
    try {
      if (past != null) {
        return past.history ? history(job) : rollback(job, String.valueOf(past.rollback));
      }
      return requantize(job, options);
    } catch (StoreLock.HeldException e) {
      terminal().err().println("error: " + Failure.oneLine(String.valueOf(e.getMessage())));
      return IN_USE;
    }
  }

  private int requantize(NightlyJob job, PipelineOptions options) {
    Set<String> accepted = new TreeSet<>(accept);
    Night.Ended ended =
        new Night(
                job,
                folder -> new NightRunner(options, terminal(), folder),
                Clock.systemUTC(),
                accepted,
                Optional.ofNullable(until))
            .run();
    for (String complaint : new Hook(job.hooks()).tell(ended.decision(), ended.run())) {
      terminal().err().println("warning: " + Failure.oneLine(complaint));
    }
    if (ended.failure().isPresent()) {
      throw ended.failure().get();
    }
    print(ended);
    return switch (ended.decision().kind()) {
      case PUBLISHED -> 0;
      case UNCHANGED -> unchangedOk ? 0 : UNCHANGED;
      case BLOCKED -> BLOCKED;
      case FAILED -> Main.FAILED;
    };
  }

  private void print(Night.Ended ended) {
    PrintStream out = terminal().out();
    Decision decision = ended.decision();
    if (terminal().json()) {
      out.println(decision.root());
      return;
    }
    String kind = decision.kind().text();
    out.printf(
        "%s%s: %s%n",
        kind.substring(0, 1).toUpperCase(Locale.ROOT),
        kind.substring(1),
        String.join("; ", decision.reasons()));
    decision.warnings().forEach(warning -> out.println("Warning: " + warning));
    out.printf(
        "Files: %d kept, %d run%n",
        decision.root().at("/state/kept").asLong(), decision.root().at("/state/run").asLong());
    out.printf("Run:     %s%n", ended.run());
    ended.current().ifPresent(model -> out.printf("Current: %s%n", model));
  }

  private int history(NightlyJob job) {
    PrintStream out = terminal().out();
    History history = new History(job);
    for (History.Line line : history.lines()) {
      out.printf(
          "%s %s  %-9s  %s%n",
          line.current() ? "*" : " ", line.run(), line.decision(), line.reason());
    }
    return 0;
  }

  private int rollback(NightlyJob job, String to) {
    String run = new History(job).rollback(to, Clock.systemUTC());
    terminal().out().printf("Published again: %s%n", run);
    return 0;
  }
}
