package org.calibeam.pipeline.analyze;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.Converter;
import org.calibeam.core.convert.UnreachedPathPolicy;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.evaluate.Comparison;
import org.calibeam.pipeline.evaluate.Estimate;
import org.calibeam.pipeline.evaluate.Group;
import org.calibeam.pipeline.evaluate.OutputFigures;
import org.calibeam.pipeline.evaluate.SideBySide;
import org.calibeam.pipeline.evaluate.Tally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.observe.PartObserver;

/**
 * Calibrates one candidate, converts it as {@code quantize} would, and compares it with the float
 * model. Code paths that no sample takes stay in floating point.
 */
final class Trial {
  private final AnalysisTask task;
  private final AnalyzedModel model;
  private final Runnable sampleDone;

  /**
   * @param sampleDone is told of each sample that was run
   */
  Trial(AnalysisTask task, AnalyzedModel model, Runnable sampleDone) {
    this.task = task;
    this.model = model;
    this.sampleDone = sampleDone;
  }

  /** Finds out what is asked about {@code candidate}. */
  JsonNode run(Candidate candidate) {
    CalibrationTask calibration = new CalibrationTask(task.model(), candidate.configuration());
    PreparedProgram prepared = calibration.prepare(model.program());
    Program converted = convert(prepared, calibration, candidate.most());
    return switch (candidate.what()) {
      case OUTPUTS -> measure(converted, candidate.most()).json();
      case TENSORS -> localErrors(new LocalErrors(prepared, converted), candidate.most());
    };
  }

  private JsonNode localErrors(LocalErrors errors, long most) {
    try (errors) {
      each(task.measure(), most, errors::add);
    }
    return errors.json();
  }

  private Program convert(PreparedProgram prepared, CalibrationTask calibration, long most) {
    Map<ObserverId, Statistic> statistics = new TreeMap<>();
    Map<CodePath, Long> samples = new TreeMap<>();
    try (CompiledProgram compiled = CompiledProgram.of(prepared);
        PartObserver observer = new PartObserver(prepared, compiled.newRunner())) {
      each(
          task.calibrate(),
          most,
          sample -> {
            ShardTally tally = observer.observe(sample);
            tally.paths().forEach((path, taken) -> samples.merge(path, taken.samples(), Long::sum));
          });
      statistics.putAll(observer.take());
    }
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (observer instanceof PreparedObserver.Activation activation) {
                statistics.putIfAbsent(id, Statistic.empty(activation.bins()));
              }
            });
    ConvertOptions options =
        ConvertOptions.DEFAULT
            .withChoices(calibration.calibrators())
            .withUnreached(UnreachedPathPolicy.FLOAT);
    return Converter.convert(prepared, statistics, samples, options).program();
  }

  private Measurement measure(Program converted, long most) {
    long[] macs = MacsByMode.of(converted);
    Comparison compared;
    try (CompiledProgram judged = CompiledProgram.of(converted);
        SideBySide both =
            new SideBySide(
                List.of("outputs"), model.compiled().newRunner(), judged.newRunner(), Map.of())) {
      each(task.measure(), most, both::compare);
      compared = both.take();
    }
    Tally all = compared.groups().getOrDefault(new Group(CodePath.MAIN, Group.ALL), Tally.EMPTY);
    Optional<Estimate> sqnr = OutputFigures.of(all).sqnrDb();
    return new Measurement(
        sqnr.map(Estimate::value).orElse(Double.NaN),
        sqnr.map(Estimate::low).orElse(Double.NaN),
        sqnr.map(Estimate::high).orElse(Double.NaN),
        all.count(Tally.Count.FLIPPED),
        macs);
  }

  /** Does something with the first samples of some files. */
  private void each(List<Shard> shards, long most, Consumer<InputSample> use) {
    long[] seen = new long[1];
    for (Shard shard : shards) {
      for (ShardPart part : shard.parts()) {
        if (seen[0] < most) {
          part.read(
              new ShardPart.Visitor() {
                @Override
                public void sample(InputSample sample) {
                  if (seen[0]++ < most) {
                    use.accept(sample);
                    sampleDone.run();
                  }
                }

                @Override
                public void unreadable(SampleId id, String reason) {
                  BadSample bad = new BadSample(id, BadSample.READ, reason, shard.path());
                  throw new SamplesException(bad.complaint() + ". Repair or remove it.");
                }
              });
        }
      }
    }
  }
}
