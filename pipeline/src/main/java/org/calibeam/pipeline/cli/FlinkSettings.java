package org.calibeam.pipeline.cli;

import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.options.PipelineOptions;
import org.jspecify.annotations.Nullable;

/**
 * What a job on Flink is to be told beyond what its user said. Flink's classes are on the class
 * path only if the launcher sees that they are wanted, so nothing else may mention this class
 * before the runner is known.
 */
final class FlinkSettings {
  /** What every cluster has itself; a second copy in a job would not fit the first. */
  private static final Pattern OF_THE_CLUSTER =
      Pattern.compile("(flink|slf4j|log4j|jsr305|force-shading)-.*\\.jar");

  private static final Pattern LIBTORCH = Pattern.compile("(javacpp|openblas|pytorch)-.*\\.jar");

  private FlinkSettings() {}

  /** The cluster that {@code options} name, or null if the job runs within this process. */
  static @Nullable FlinkCluster cluster(PipelineOptions options) {
    String master = options.as(FlinkPipelineOptions.class).getFlinkMaster();
    return master.startsWith("[") ? null : FlinkCluster.at(master);
  }

  /**
   * Fills in what was not {@code given}: all slots of the cluster, the jars that it lacks, and ways
   * of running that a calibration wants.
   */
  static void complete(PipelineOptions options, List<String> given) {
    FlinkPipelineOptions flink = options.as(FlinkPipelineOptions.class);
    if (isMissing(given, "fasterCopy")) {
      // Elements are never changed once they are emitted, so copies between steps are waste.
      flink.setFasterCopy(true);
    }
    if (isMissing(given, "executionModeForBatch")) {
      // What a stage made outlives the loss of a task manager of the next one.
      flink.setExecutionModeForBatch("BATCH_FORCED");
    }
    FlinkCluster cluster = cluster(options);
    if (cluster == null) {
      return;
    }
    if (isMissing(given, "parallelism")) {
      flink.setParallelism(cluster.slots());
    }
    if (isMissing(given, "filesToStage")) {
      boolean bringLibtorch = !cluster.hasLibtorch();
      flink.setFilesToStage(
          Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
              .filter(jar -> isStaged(new File(jar), bringLibtorch))
              .distinct()
              .toList());
    }
    if (isMissing(given, "attachedMode")) {
      // An attached run neither shows progress nor can be cancelled.
      flink.setAttachedMode(false);
    }
    flink.setJobCheckIntervalInSecs(1);
  }

  private static boolean isStaged(File jar, boolean bringLibtorch) {
    String name = jar.getName().toLowerCase(Locale.ROOT);
    return jar.exists()
        && !OF_THE_CLUSTER.matcher(name).matches()
        && (bringLibtorch || !LIBTORCH.matcher(name).matches());
  }

  private static boolean isMissing(List<String> given, String option) {
    return given.stream().noneMatch(a -> a.startsWith("--" + option));
  }
}
