package org.calibeam.pipeline.evaluate;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.ShardPart;
import org.calibeam.pipeline.observe.FiniteInputs;

/**
 * Runs samples through a float and a quantized model and sums how far they agree. A sample counts
 * wholly or not at all. For one thread at a time; it knows nothing of Beam.
 */
public final class SideBySide implements AutoCloseable {
  private final List<String> outputs;
  private final GraphRunner expecting;
  private final GraphRunner judged;
  private final Map<ObserverId, IntegerRange> ranges;
  private final Following expected = new Following();
  private final Following actual = new Following();
  private final Map<Group, Tally.Adding> groups = new TreeMap<>();
  private final Map<ObserverId, Saturation> tensors = new TreeMap<>();
  private final TreeMap<String, Long> leftOut = new TreeMap<>();

  /**
   * @param outputs names of the float model's outputs
   * @param expecting runs the float model; closed with this
   * @param judged runs the quantized model; closed with this
   * @param ranges of the tensors that {@code judged} shows
   */
  public SideBySide(
      List<String> outputs,
      GraphRunner expecting,
      GraphRunner judged,
      Map<ObserverId, IntegerRange> ranges) {
    this.outputs = List.copyOf(outputs);
    this.expecting = expecting;
    this.judged = judged;
    this.ranges = Map.copyOf(ranges);
  }

  /** Remembers of one sample which code paths it took and where its values lay. */
  private final class Following implements ForwardListener {
    private final Set<CodePath> taken = new LinkedHashSet<>();
    private final Map<ObserverId, Saturation> seen = new TreeMap<>();

    private void reset() {
      taken.clear();
      seen.clear();
    }

    @Override
    public void enter(CodePath path) {
      taken.add(path);
    }

    @Override
    public void observe(ObserverId id, ObservedTensor value) {
      IntegerRange range = ranges.get(id);
      if (range != null) {
        seen.merge(id, range.of(value), Saturation::merge);
      }
    }
  }

  /**
   * Runs every sample of {@code part} once through both models.
   *
   * @param done is told of each sample that was run
   * @param bad takes each sample that was not; what it throws ends the part
   */
  public void compare(ShardPart part, Consumer<SampleId> done, Consumer<BadSample> bad) {
    part.read(
        new ShardPart.Visitor() {
          @Override
          public void sample(InputSample sample) {
            Optional<String> complaint = FiniteInputs.complaint(sample);
            if (complaint.isPresent()) {
              setAside(sample.id(), BadSample.READ, complaint.get());
              return;
            }
            try {
              compare(sample);
            } catch (SamplesException e) {
              setAside(sample.id(), BadSample.RUN, String.valueOf(e.getMessage()));
              return;
            }
            done.accept(sample.id());
          }

          @Override
          public void unreadable(SampleId id, String reason) {
            setAside(id, BadSample.READ, reason);
          }

          @Override
          public void leftOut(SampleId id) {
            leftOut.merge(part.shard().path(), -1L, Long::sum);
          }

          private void setAside(SampleId id, String stage, String reason) {
            bad.accept(new BadSample(id, stage, reason, part.shard().path()));
          }
        });
  }

  /**
   * Runs one sample.
   *
   * @throws SamplesException if a model cannot run it; nothing is counted then
   */
  public void compare(InputSample sample) {
    expected.reset();
    actual.reset();
    List<TensorData> wanted = expecting.run(sample.inputs(), expected);
    List<TensorData> given = judged.run(sample.inputs(), actual);
    boolean flipped = !expected.taken.equals(actual.taken);
    OutputComparison comparison = OutputComparison.of(wanted, given, sample.label(), flipped);
    for (CodePath path : expected.taken) {
      for (int output = Group.ALL; output < wanted.size(); output++) {
        comparison.addTo(
            groups.computeIfAbsent(new Group(path, output), g -> new Tally.Adding()), output);
      }
    }
    actual.seen.forEach((id, s) -> tensors.merge(id, s, Saturation::merge));
  }

  /** What was compared since the last call. */
  public Comparison take() {
    TreeMap<Group, Tally> tallies = new TreeMap<>();
    groups.forEach((group, adding) -> tallies.put(group, adding.get()));
    Comparison taken =
        new Comparison(
            leftOut,
            tallies.isEmpty() ? List.of() : outputs,
            tallies,
            new TreeMap<>(tensors),
            List.of());
    reset();
    return taken;
  }

  /** Forgets what was compared since the last {@link #take}. */
  void reset() {
    groups.clear();
    tensors.clear();
    leftOut.clear();
  }

  @Override
  public void close() {
    try {
      expecting.close();
    } finally {
      judged.close();
    }
  }
}
