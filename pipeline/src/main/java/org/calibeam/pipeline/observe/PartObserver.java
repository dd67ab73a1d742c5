package org.calibeam.pipeline.observe;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.Libtorch;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.DecidingComparisons;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.ShardPart;

/**
 * Runs the samples of parts and fills the statistics of all observers. A sample counts wholly or
 * not at all. For one thread at a time; it knows nothing of Beam.
 */
public final class PartObserver implements AutoCloseable {
  private final GraphRunner runner;
  private final Runnable release;
  private final String kernelLevel = Libtorch.cpuCapability();
  private final Map<ObserverId, StatisticAccumulator> accumulators = new TreeMap<>();

  /**
   * @param runner of {@code prepared}; closed with this
   */
  public PartObserver(PreparedProgram prepared, GraphRunner runner) {
    this(prepared, runner, () -> {});
  }

  private PartObserver(PreparedProgram prepared, GraphRunner runner, Runnable release) {
    this.runner = runner;
    this.release = release;
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (observer instanceof PreparedObserver.Activation activation) {
                accumulators.put(id, activation.newAccumulator());
              }
            });
    DecidingComparisons.observers(prepared.program())
        .forEach((id, bins) -> accumulators.put(id, new StatisticAccumulator(bins)));
  }

  /**
   * One of the model that this process has for {@code task}, which is released when this is closed.
   *
   * @throws org.calibeam.core.graph.ModelException if the model cannot be read
   * @throws org.calibeam.core.qspec.ConfigurationException if the configuration does not fit it
   */
  static PartObserver of(CalibrationTask task) {
    PreparedModel model = PreparedModel.acquire(task);
    PartObserver observer = null;
    try {
      observer = new PartObserver(model.prepared(), model.newRunner(), model::release);
      return observer;
    } finally {
      if (observer == null) {
        model.release();
      }
    }
  }

  /**
   * Runs every sample of {@code part} once.
   *
   * @param done is told of each sample that was run
   * @param bad takes each sample that was not; what it throws ends the part
   */
  public ShardTally observe(ShardPart part, Consumer<SampleId> done, Consumer<BadSample> bad) {
    Tallying visitor = new Tallying(part.shard().path(), done, bad);
    part.read(visitor);
    return visitor.tally;
  }

  /**
   * Runs one sample that is known to be good.
   *
   * @throws SamplesException if it is not
   */
  public ShardTally observe(InputSample sample) {
    Tallying tallying =
        new Tallying(
            sample.id().toString(),
            id -> {},
            bad -> {
              throw new SamplesException(bad.complaint());
            });
    tallying.sample(sample);
    return tallying.tally;
  }

  /** The statistics since the last call; observers that saw nothing are left out. */
  public Map<ObserverId, Statistic> take() {
    Map<ObserverId, Statistic> taken = new TreeMap<>();
    accumulators.forEach(
        (id, accumulator) -> {
          Statistic statistic = accumulator.snapshot();
          if (!statistic.isEmpty()) {
            taken.put(id, statistic);
            accumulator.reset();
          }
        });
    return taken;
  }

  /** Forgets what was observed since the last {@link #take}. */
  void reset() {
    accumulators.values().forEach(StatisticAccumulator::reset);
  }

  @Override
  public void close() {
    try {
      runner.close();
    } finally {
      release.run();
    }
  }

  private final class Tallying implements ShardPart.Visitor, ForwardListener {
    private final String source;
    private final Consumer<SampleId> done;
    private final Consumer<BadSample> bad;
    private final Set<CodePath> taken = new LinkedHashSet<>();
    private ShardTally tally = ShardTally.EMPTY;

    private Tallying(String source, Consumer<SampleId> done, Consumer<BadSample> bad) {
      this.source = source;
      this.done = done;
      this.bad = bad;
    }

    @Override
    public void sample(InputSample sample) {
      Optional<String> complaint = FiniteInputs.complaint(sample);
      if (complaint.isPresent()) {
        setAside(sample.id(), BadSample.READ, complaint.get());
        return;
      }
      taken.clear();
      try {
        runner.run(sample.inputs(), this);
      } catch (SamplesException e) {
        accumulators.values().forEach(StatisticAccumulator::discardSample);
        setAside(sample.id(), BadSample.RUN, String.valueOf(e.getMessage()));
        return;
      }
      accumulators.values().forEach(StatisticAccumulator::sampleDone);
      tally =
          ShardTally.merge(
              tally, ShardTally.observing(sample.id(), ContentHash.of(sample), kernelLevel, taken));
      done.accept(sample.id());
    }

    @Override
    public void unreadable(SampleId id, String reason) {
      setAside(id, BadSample.READ, reason);
    }

    @Override
    public void leftOut(SampleId id) {
      tally = ShardTally.merge(tally, ShardTally.leavingOut());
    }

    private void setAside(SampleId id, String stage, String reason) {
      tally = ShardTally.merge(tally, ShardTally.settingAside());
      bad.accept(new BadSample(id, stage, reason, source));
    }

    @Override
    public void enter(CodePath path) {
      taken.add(path);
    }

    @Override
    public void observe(ObserverId id, ObservedTensor value) {
      StatisticAccumulator accumulator = accumulators.get(id);
      if (accumulator != null) {
        value.addTo(accumulator);
      }
    }
  }
}
