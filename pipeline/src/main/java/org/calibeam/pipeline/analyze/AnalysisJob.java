package org.calibeam.pipeline.analyze;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.calibeam.pipeline.analyze.Candidate.Question;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;
import org.calibeam.pipeline.observe.ModelFile;

/**
 * Finds out what quantizing each part of a model costs, and a mix of modes to use.
 *
 * @param calibrate samples that choose the ranges
 * @param measure samples that tell how good the outputs are
 * @param screening how many of each tell what a module costs; mixes are judged on all of them
 * @param keptAt prefix of the files that keep what was found; a later run with the same finds it
 */
public record AnalysisJob(
    ModelFile model, List<Shard> calibrate, List<Shard> measure, long screening, String keptAt) {

  private static final long ALL = Long.MAX_VALUE;

  /** How many mixes are tried along the curve before the one that is wanted is looked for. */
  private static final int POINTS = 8;

  /** Mixes tried at once between the last that does and the first that does not. */
  private static final int BETWEEN = 3;

  /** Runs a pipeline to its end, and throws if it fails. */
  public interface Runner extends Consumer<Pipeline> {}

  /** Does everything; what is known from earlier runs is not run again. */
  public Analysis run(PipelineOptions options, Goal goal, Runner runner) {
    AnalysisTask task = new AnalysisTask(model, calibrate, measure);
    Trials trials =
        new Trials(task, new ResultStore(keptAt, task.content()), options, runner, new int[2]);
    List<Unit> units = Unit.of(model.read());
    List<Mix> alone = new ArrayList<>();
    Mix everything = Mix.all(units, Mode.A8W8);
    Mix nothing = Mix.all(units, Mode.FLOAT);
    for (Unit unit : units) {
      alone.add(nothing.with(unit, Mode.A8W8));
      alone.add(everything.with(unit, Mode.FLOAT));
      if (unit.macs() > 0) {
        alone.add(nothing.with(unit, Mode.A16W8));
      }
    }
    Candidate local =
        new Candidate(everything.configuration().toString(), screening, Question.TENSORS);
    trials.run(alone, screening, List.of(local));
    List<UnitCost> costs = new ArrayList<>();
    for (Unit unit : units) {
      costs.add(
          new UnitCost(
              unit,
              trials.of(nothing.with(unit, Mode.A8W8), screening),
              unit.macs() > 0 ? trials.of(nothing.with(unit, Mode.A16W8), screening) : null,
              trials.of(everything.with(unit, Mode.FLOAT), screening)));
    }
    List<Curve.Planned> plan = Curve.plan(units, costs);
    Set<Integer> tried = new LinkedHashSet<>(Curve.spread(plan, POINTS));
    List<Mix> mixes = new ArrayList<>(tried.stream().map(i -> plan.get(i).mix()).toList());
    mixes.add(everything);
    mixes.add(Mix.all(units, Mode.A16W8));
    trials.run(mixes, ALL, List.of());
    Function<Mix, Measurement> known = mix -> trials.of(mix, ALL);
    for (List<Integer> more = goal.between(plan, tried, known, BETWEEN);
        !more.isEmpty();
        more = goal.between(plan, tried, known, BETWEEN)) {
      trials.run(more.stream().map(i -> plan.get(i).mix()).toList(), ALL, List.of());
      tried.addAll(more);
    }
    List<Curve.Point> curve = new ArrayList<>();
    curve.add(new Curve.Point(Curve.whole(everything, costs), known.apply(everything)));
    tried.stream()
        .sorted()
        .map(i -> new Curve.Point(plan.get(i), known.apply(plan.get(i).mix())))
        .forEach(curve::add);
    return new Analysis(
        costs,
        known.apply(everything),
        known.apply(Mix.all(units, Mode.A16W8)),
        curve,
        goal,
        trials.found(local),
        trials.counts()[0],
        trials.counts()[1]);
  }

  /**
   * Runs candidates that are not known yet.
   *
   * @param counts how many were known and how many run
   */
  private record Trials(
      AnalysisTask task, ResultStore store, PipelineOptions options, Runner runner, int[] counts) {

    private void run(List<Mix> mixes, long most, List<Candidate> others) {
      Set<Candidate> all = new LinkedHashSet<>();
      mixes.forEach(mix -> all.add(candidate(mix, most)));
      all.addAll(others);
      List<Candidate> missing = new ArrayList<>();
      for (Candidate candidate : all) {
        if (store.find(candidate).isEmpty()) {
          missing.add(candidate);
        }
      }
      counts[0] += all.size() - missing.size();
      counts[1] += missing.size();
      if (missing.isEmpty()) {
        return;
      }
      long samples =
          Math.min(most, count(task.calibrate())) + Math.min(most, count(task.measure()));
      Pipeline pipeline = Pipeline.create(options);
      pipeline
          .apply("Candidates", Create.of(missing).withCoder(SerializableCoder.of(Candidate.class)))
          .apply("Announce", ParDo.of(new AnnounceFn(samples)))
          .setCoder(SerializableCoder.of(Candidate.class))
          .apply("Spread", Reshuffle.viaRandomKey())
          .apply("Try", ParDo.of(new TryFn(task, store)));
      runner.accept(pipeline);
    }

    private static long count(List<Shard> shards) {
      return shards.stream()
          .flatMap(shard -> shard.parts().stream())
          .mapToLong(ShardPart::samples)
          .sum();
    }

    private Measurement of(Mix mix, long most) {
      return Measurement.of(found(candidate(mix, most)));
    }

    private JsonNode found(Candidate candidate) {
      return store
          .find(candidate)
          .orElseThrow(() -> new IllegalStateException("Nothing was found out: " + candidate));
    }

    private static Candidate candidate(Mix mix, long most) {
      return new Candidate(mix.configuration().toString(), most, Question.OUTPUTS);
    }
  }

  /** Tells how many samples will be run. */
  private static final class AnnounceFn extends DoFn<Candidate, Candidate> {
    private static final long serialVersionUID = 1;

    private final long samples;
    private final Counter expected =
        Metrics.counter(PlanParts.COUNTERS, PlanParts.EXPECTED_SAMPLES);

    private AnnounceFn(long samples) {
      this.samples = samples;
    }

    @ProcessElement
    public void process(@Element Candidate candidate, OutputReceiver<Candidate> out) {
      expected.inc(samples);
      out.output(candidate);
    }
  }
}
