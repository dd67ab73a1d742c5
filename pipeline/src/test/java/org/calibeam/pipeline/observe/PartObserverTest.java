package org.calibeam.pipeline.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.SampleSets;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartObserverTest {
  private static final CalibrationTask TASK =
      new CalibrationTask(
          ModelFile.of(Fixture.path("early_exit_digits/model.pt2").toString()),
          QuantizerConfiguration.DEFAULT.json());

  @TempDir private Path folder;
  private final PartObserver observer = PartObserver.of(TASK);
  private final List<BadSample> bad = new ArrayList<>();

  @BeforeEach
  void nothingBad() {
    bad.clear();
  }

  @AfterEach
  void close() {
    observer.close();
  }

  @Test
  void observe_partsOfAFile_countEverySampleOnItsPaths() throws IOException {
    Path file = Fixture.path("early_exit_digits/calibration.npz");
    ShardTally tally = observe(file);

    assertThat(tally.observed()).isEqualTo(128);
    assertThat(tally.samplesPerPath().get(CodePath.MAIN)).isEqualTo(128);
    assertThat(
            tally.samplesPerPath().entrySet().stream()
                .filter(e -> !e.getKey().isMain())
                .mapToLong(Map.Entry::getValue)
                .sum())
        .isEqualTo(128);
    assertThat(tally.paths().get(CodePath.MAIN).first()).hasToString("calibration.npz#0");
    assertThat(bad).isEmpty();
  }

  @Test
  void take_twoHalves_mergeToTheWhole() throws IOException {
    List<List<TensorData>> all = SampleSets.read(Fixture.path("early_exit_digits/calibration.npz"));
    observe(SampleSets.write(folder.resolve("whole.npz"), all));
    Map<ObserverId, Statistic> whole = observer.take();

    observe(SampleSets.write(folder.resolve("a.npz"), all.subList(0, 31)));
    Map<ObserverId, Statistic> halves = new TreeMap<>(observer.take());
    observe(SampleSets.write(folder.resolve("b.npz"), all.subList(31, 128)));
    observer.take().forEach((id, s) -> halves.merge(id, s, Statistic::merge));

    assertThat(halves).isEqualTo(whole).isNotEmpty();
    assertThat(observer.take()).isEmpty();
  }

  @Test
  void observe_badSamples_leaveNoTraceInTheStatistics() throws IOException {
    List<List<TensorData>> good =
        SampleSets.read(Fixture.path("early_exit_digits/calibration.npz")).subList(0, 10);
    observe(SampleSets.write(folder.resolve("good.npz"), good));
    Map<ObserverId, Statistic> expected = observer.take();
    List<List<TensorData>> mixed = new ArrayList<>(good);
    float[] infinite = new float[64];
    infinite[63] = Float.NEGATIVE_INFINITY;
    mixed.add(4, List.of(TensorData.ofFloats(infinite, 1, 1, 8, 8)));
    mixed.add(7, List.of(TensorData.ofFloats(new float[63], 1, 1, 7, 9)));

    ShardTally tally = observe(SampleSets.write(folder.resolve("mixed.npz"), mixed));

    assertThat(observer.take()).isEqualTo(expected);
    assertThat(tally.observed()).isEqualTo(10);
    assertThat(tally.bad()).isEqualTo(2);
    assertThat(bad)
        .extracting(b -> b.id().toString(), BadSample::stage)
        .containsExactly(tuple("mixed.npz#4", BadSample.READ), tuple("mixed.npz#7", BadSample.RUN));
    assertThat(bad.get(0).reason()).isEqualTo("input 0: element 63 is -Infinity");
  }

  private ShardTally observe(Path file) throws IOException {
    ShardTally tally = ShardTally.EMPTY;
    for (ShardPart part : new Shard(file.toString(), Files.size(file)).parts()) {
      tally = ShardTally.merge(tally, observer.observe(part, id -> {}, bad::add));
    }
    return tally;
  }
}
