package org.calibeam.pipeline.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.List;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.combine.Fingerprint;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.StatisticsFile;
import org.calibeam.pipeline.io.StoredFile;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.observe.ModelHashes;

/** Reads what earlier runs kept. */
final class StatisticsFiles {
  private StatisticsFiles() {}

  /**
   * The statistics of all files together.
   *
   * @throws SamplesException if one cannot be read, or they do not belong together
   */
  static RunStatistics merged(List<String> paths) {
    RunStatistics merged = read(paths.get(0));
    for (String path : paths.subList(1, paths.size())) {
      merged = RunStatistics.merge(merged, read(path));
    }
    return merged;
  }

  private static RunStatistics read(String path) {
    try {
      MatchResult.Metadata file = StoredFile.at(path);
      try (InputStream in = Channels.newInputStream(StoredFile.open(file.resourceId()))) {
        return StatisticsFile.read(in, path);
      }
    } catch (FileNotFoundException e) {
      throw new SamplesException(
          "Cannot read the statistics in %s: there is no such file. Check the path."
              .formatted(path),
          e);
    } catch (IOException e) {
      throw new SamplesException(
          "Cannot read the statistics in %s: %s. Check the access to it."
              .formatted(path, e.getMessage()),
          e);
    }
  }

  /**
   * Checks that statistics are of this model under this configuration.
   *
   * @throws ConfigurationException if not, naming what differs
   */
  static void checkMadeFor(RunStatistics statistics, CalibrationTask task, List<String> paths) {
    Fingerprint made = statistics.fingerprint();
    ModelHashes model = ModelHashes.of(task.model());
    check(made.graph(), model.graph(), "graph", paths);
    check(made.weights(), model.weights(), "weights", paths);
    check(made.configuration(), task.observationHash(), "configuration", paths);
  }

  /**
   * Checks that statistics are of this model, under whatever configuration.
   *
   * @throws ConfigurationException if not, naming what differs
   */
  static void checkMadeOf(RunStatistics statistics, ModelFile file, List<String> paths) {
    Fingerprint made = statistics.fingerprint();
    ModelHashes model = ModelHashes.of(file);
    check(made.graph(), model.graph(), "graph", paths);
    check(made.weights(), model.weights(), "weights", paths);
  }

  private static void check(String made, String given, String what, List<String> paths) {
    if (!made.equals(given)) {
      throw new ConfigurationException(
          "Cannot convert with the statistics in %s: they were made with the %s %s, here it is %s. Give the same, or calibrate again."
              .formatted(String.join(", ", paths), what, brief(made), brief(given)));
    }
  }

  private static String brief(String hash) {
    return hash.substring(0, Math.min(12, hash.length()));
  }
}
