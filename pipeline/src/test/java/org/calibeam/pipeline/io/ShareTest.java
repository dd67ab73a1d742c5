package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.SampleSets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShareTest {
  @TempDir private Path folder;

  private static List<List<TensorData>> samples(int n) {
    Random random = new Random(5);
    List<List<TensorData>> samples = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      samples.add(List.of(TensorData.ofFloats(new float[] {random.nextFloat()}, 1)));
    }
    return samples;
  }

  private Shard shard(String name, List<List<TensorData>> samples) throws IOException {
    Path file = SampleSets.write(folder.resolve(name), samples);
    return new Shard(file.toString(), Files.size(file));
  }

  /** Content of what is read, and how many are told to be left out. */
  private static final class Reading implements ShardPart.Visitor {
    private final Set<ContentHash> read = new HashSet<>();
    private int leftOut;

    static Reading of(Shard shard) {
      Reading reading = new Reading();
      shard.parts().forEach(part -> part.read(reading));
      return reading;
    }

    @Override
    public void sample(InputSample sample) {
      read.add(ContentHash.of(sample));
    }

    @Override
    public void unreadable(SampleId id, String reason) {
      throw new IllegalStateException(reason);
    }

    @Override
    public void leftOut(SampleId id) {
      leftOut++;
    }
  }

  @Test
  void read_bothSides_partTheSamples() throws IOException {
    Shard all = shard("a.npz", samples(400));
    Reading calibrated = Reading.of(all.with(Share.toCalibrate(0.25)));
    Reading judged = Reading.of(all.with(Share.toJudge(0.25)));

    assertThat(judged.read).hasSizeBetween(70, 130).doesNotContainAnyElementsOf(calibrated.read);
    assertThat(judged.leftOut).isEqualTo(calibrated.read.size());
    assertThat(calibrated.leftOut).isEqualTo(judged.read.size());
    assertThat(judged.read.size() + calibrated.read.size()).isEqualTo(400);
  }

  @Test
  void read_otherFileAndOrder_keepsEachSampleOnItsSide() throws IOException {
    List<List<TensorData>> samples = samples(100);
    Set<ContentHash> whole = Reading.of(shard("a.npz", samples).with(Share.toJudge(0.5))).read;
    Set<ContentHash> parts = new HashSet<>();
    for (int i = 99; i >= 0; i--) {
      Shard one = shard("one" + i + ".npz", samples.subList(i, i + 1));
      parts.addAll(Reading.of(one.with(Share.toJudge(0.5))).read);
    }
    assertThat(parts).isEqualTo(whole);
  }

  @Test
  void read_nothingHeldOut_readsAll() throws IOException {
    Shard all = shard("a.npz", samples(10));
    assertThat(all.with(Share.toCalibrate(0))).isEqualTo(all);
    assertThat(Reading.of(all.with(Share.toJudge(0))).read).isEmpty();
  }

  @Test
  void share_notBelowOne_isRefused() {
    assertThatThrownBy(() -> Share.toJudge(1)).hasMessageContaining("1.0");
    assertThatThrownBy(() -> Share.toJudge(Double.NaN)).hasMessageContaining("NaN");
  }
}
