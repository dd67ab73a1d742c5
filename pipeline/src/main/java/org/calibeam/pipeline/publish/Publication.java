package org.calibeam.pipeline.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.calibeam.core.convert.ControlFlowForm;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.convert.Converter;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.DecidingComparisons;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.pt2.Pt2Writer;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.split.ControlFlowForTosa;
import org.calibeam.core.split.PathSplitter;
import org.calibeam.core.split.Plan;
import org.calibeam.core.split.PlanFormat;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.combine.Fingerprint;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.combine.StatisticsFile;
import org.calibeam.pipeline.io.NpzWriter;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.observe.PreparedModel;

/**
 * Turns what a calibration found out into the files of a run, in the staging folder.
 *
 * @param conversion absent if only statistics are wanted
 * @param maxBadSamples with more there is no result
 */
public record Publication(
    CalibrationTask task,
    OutputFolder folder,
    Optional<ConversionSettings> conversion,
    long maxBadSamples) {

  /**
   * Audits, converts and writes. Doing it again writes the same.
   *
   * @throws SamplesException if samples were lost, are bad, or reached too little of the model
   */
  public void stage(RunResults seen) {
    stage(seen, Optional.empty());
  }

  /** The same, saying also whether the data is enough. */
  void stage(RunResults seen, Optional<DataCheck> check) {
    stage(seen, check, Optional.empty());
  }

  /** The same for samples that ran in order, which has its own way to convert. */
  void stageInOrder(RunResults seen, Function<ConvertOptions, ConvertedProgram> converter) {
    stage(seen, Optional.empty(), Optional.of(converter));
  }

  private void stage(
      RunResults seen,
      Optional<DataCheck> check,
      Optional<Function<ConvertOptions, ConvertedProgram>> inOrder) {
    seen.audit(maxBadSamples);
    PreparedModel model = PreparedModel.acquire(task);
    try {
      PreparedProgram prepared = model.prepared();
      if (inOrder.isEmpty()) {
        requireMergeable(prepared);
      }
      RunResults results =
          new RunResults(complete(seen.statistics(), prepared), seen.shards(), seen.bad());
      RunReport report = RunReport.of(task, prepared, results);
      check.ifPresent(c -> report.root().set("data", c.toJson(prepared)));
      if (conversion.isPresent()) {
        ConvertOptions options = conversion.get().options(task.calibrators());
        ConvertedProgram converted =
            inOrder.isPresent()
                ? inOrder.get().apply(options)
                : convert(prepared, results.statistics(), conversion.get());
        report.withConversion(conversion.get(), prepared, results.statistics(), converted);
        if (inOrder.isPresent()) {
          report.withOrder(prepared);
        }
        stageModel(converted.program(), conversion.get());
      }
      StagedFile.write(
          folder, OutputFolder.STATISTICS, StatisticsFile.toBytes(results.statistics()));
      if (!results.bad().isEmpty()) {
        StagedFile.write(folder, OutputFolder.BAD_SAMPLES, DeadLetters.toBytes(results.bad()));
      }
      StagedFile.write(folder, OutputFolder.REPORT, report.toBytes());
    } finally {
      model.release();
    }
  }

  /**
   * Converts what was staged without a conversion, and completes the report.
   *
   * @throws SamplesException if too few samples reached some of the model
   */
  public void convertStaged(ConversionSettings settings) {
    PreparedModel model = PreparedModel.acquire(task);
    try {
      PreparedProgram prepared = model.prepared();
      RunStatistics statistics = stagedStatistics();
      ConvertedProgram converted = convert(prepared, statistics, settings);
      stageModel(converted.program(), settings);
      StagedFile.write(
          folder,
          OutputFolder.REPORT,
          RunReport.staged(folder)
              .withConversion(settings, prepared, statistics, converted)
              .toBytes());
    } finally {
      model.release();
    }
  }

  /** Stages in {@code other} the model that the staged statistics give without corrected biases. */
  void convertUncorrected(ConversionSettings settings, OutputFolder other) {
    PreparedModel model = PreparedModel.acquire(task);
    try {
      PreparedProgram prepared = model.prepared().withoutBiasCorrection();
      stageModel(other, convert(prepared, stagedStatistics(), settings).program(), settings);
    } finally {
      model.release();
    }
  }

  private RunStatistics stagedStatistics() {
    try (InputStream in =
        new ByteArrayInputStream(StagedFile.read(folder, OutputFolder.STATISTICS))) {
      return StatisticsFile.read(in, OutputFolder.STATISTICS);
    } catch (IOException e) {
      throw new UncheckedIOException("Memory cannot fail to be read", e);
    }
  }

  private ConvertedProgram convert(
      PreparedProgram prepared, RunStatistics statistics, ConversionSettings settings) {
    return Converter.convert(
        prepared,
        statistics.statistics(),
        statistics.samplesPerPath(),
        settings.options(task.calibrators()));
  }

  private void stageModel(Program converted, ConversionSettings settings) {
    stageModel(folder, converted, settings);
    if (settings.pieces() == ConversionSettings.Pieces.WRITTEN) {
      stagePieces(PathSplitter.split(converted, new LibtorchEvaluator()));
    }
  }

  private static void stageModel(
      OutputFolder folder, Program converted, ConversionSettings settings) {
    Program whole =
        settings.controlFlow() == ControlFlowForm.TOSA
            ? ControlFlowForTosa.apply(converted, new LibtorchEvaluator())
            : converted;
    StagedFile.write(folder, OutputFolder.MODEL, out -> Pt2Writer.write(whole, out));
  }

  private void stagePieces(Plan plan) {
    plan.pieces()
        .forEach(
            (name, piece) ->
                StagedFile.write(
                    folder,
                    OutputFolder.PATHS + PlanFormat.archive(name),
                    out -> Pt2Writer.write(piece, out)));
    if (!plan.constants().isEmpty()) {
      StagedFile.write(
          folder,
          OutputFolder.PATHS + PlanFormat.CONSTANTS,
          out -> {
            try (NpzWriter npz = new NpzWriter(out)) {
              for (Map.Entry<String, TensorData> constant : plan.constants().entrySet()) {
                npz.write(constant.getKey(), constant.getValue());
              }
            }
          });
    }
    StagedFile.write(
        folder, OutputFolder.PATHS + OutputFolder.PLAN, PlanFormat.write(plan).getBytes(UTF_8));
  }

  /**
   * Checks that statistics are all there is to know.
   *
   * @throws ConfigurationException if the order of the samples matters as well
   */
  public static void requireMergeable(PreparedProgram prepared) {
    if (prepared.isSequential()) {
      throw new ConfigurationException(
          "Cannot use statistics with this configuration: is_qat trains sample after sample, and statistics do not hold what that leaves behind. Use quantize, or leave out is_qat.");
    }
  }

  /** What identifies statistics made of {@code tallies}. */
  Fingerprint fingerprint(Collection<ShardTally> tallies, String preprocessing) {
    SortedSet<String> levels = new TreeSet<>();
    tallies.forEach(tally -> levels.addAll(tally.kernelLevels()));
    return task.fingerprint(preprocessing).withKernelLevel(String.join("+", levels));
  }

  /** Emptiness is data: an observer that saw nothing has an empty statistic, not none. */
  private static RunStatistics complete(RunStatistics run, PreparedProgram prepared) {
    TreeMap<ObserverId, Statistic> statistics = new TreeMap<>(run.statistics());
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (observer instanceof PreparedObserver.Activation activation) {
                statistics.putIfAbsent(id, Statistic.empty(activation.bins()));
              }
            });
    DecidingComparisons.observers(prepared.program())
        .forEach((id, bins) -> statistics.putIfAbsent(id, Statistic.empty(bins)));
    return new RunStatistics(run.fingerprint(), run.samplesPerPath(), run.shards(), statistics);
  }
}
