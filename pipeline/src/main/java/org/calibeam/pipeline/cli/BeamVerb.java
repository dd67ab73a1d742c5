package org.calibeam.pipeline.cli;

import java.util.List;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.calibeam.core.qspec.ConfigurationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A verb that may run a pipeline, and so takes Beam options after {@code --}. */
abstract class BeamVerb {
  private static final String PARALLELISM = "--targetParallelism";

  @Option(names = "--debug", description = "Print the stack trace of an error.")
  private boolean debug;

  private List<String> beamArguments = List.of();
  private @Nullable Terminal terminal;

  void use(List<String> arguments, Terminal where) {
    beamArguments = arguments;
    terminal = where;
  }

  Terminal terminal() {
    return terminal == null ? new Terminal() : terminal;
  }

  /**
   * The options for every pipeline of this run; by default DirectRunner on all cores.
   *
   * @throws ConfigurationException if one of them is not known
   */
  final PipelineOptions pipelineOptions() {
    OptionNames.need(!beamArguments.isEmpty());
    PipelineOptions options;
    try {
      options = PipelineOptionsFactory.fromArgs(beamArguments.toArray(String[]::new)).create();
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot read the Beam options after --: %s. Check their names and values."
              .formatted(e.getMessage()),
          e);
    }
    if (options.getRunner() == DirectRunner.class) {
      DirectOptions direct = options.as(DirectOptions.class);
      direct.setBlockOnRun(false);
      if (beamArguments.stream().noneMatch(a -> a.startsWith(PARALLELISM))) {
        direct.setTargetParallelism(Runtime.getRuntime().availableProcessors());
      }
      if (beamArguments.stream().noneMatch(a -> a.startsWith("--enforce"))) {
        // Both copy every element to find bugs in transforms; the tests run with them.
        direct.setEnforceImmutability(false);
        direct.setEnforceEncodability(false);
      }
    }
    if (isOnFlink(options)) {
      FlinkSettings.complete(options, beamArguments);
    }
    FileSystems.setDefaultPipelineOptions(options);
    return options;
  }

  /** The cluster that runs the pipelines, null if this process does. */
  static @Nullable FlinkCluster cluster(PipelineOptions options) {
    return isOnFlink(options) ? FlinkSettings.cluster(options) : null;
  }

  private static boolean isOnFlink(PipelineOptions options) {
    return options.getRunner().getSimpleName().equals("FlinkRunner");
  }
}
