package org.calibeam.pipeline.combine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Histogram;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.schemas.ObserverStatistic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunStatisticsTest {
  private static final Fingerprint MADE =
      new Fingerprint(
          StatisticsFile.FORMAT_VERSION,
          "a".repeat(64),
          "b".repeat(64),
          "c".repeat(64),
          "",
          "AVX2");
  private static final ObserverId X = new ObserverId(CodePath.MAIN, "x");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void read_whatWasWritten_isTheSame(long seed) throws IOException {
    RunStatistics run = run(MADE, seed);

    byte[] file = StatisticsFile.toBytes(run);

    assertThat(read(file)).isEqualTo(run);
    assertThat(StatisticsFile.toBytes(read(file))).isEqualTo(file);
  }

  @Test
  void toBytes_shardsInAnyOrder_areTheSame() {
    List<ShardContent> shards = run(MADE, 1).shards();
    List<ShardContent> turned = List.of(shards.get(1), shards.get(0));

    assertThat(StatisticsFile.toBytes(with(turned)))
        .isEqualTo(StatisticsFile.toBytes(with(shards)));
  }

  @Test
  void merge_runsOfDifferentShards_addsEverything() {
    RunStatistics merged = RunStatistics.merge(run(MADE, 1), run(MADE, 2));

    assertThat(merged.samples()).isEqualTo(60);
    assertThat(merged.shards()).hasSize(4).isSorted();
    assertThat(merged.samplesPerPath()).containsEntry(CodePath.MAIN, 60L);
    assertThat(merged.statistics())
        .containsEntry(X, Statistic.merge(statisticOfX(1), statisticOfX(2)));
    assertThat(RunStatistics.merge(run(MADE, 2), run(MADE, 1))).isEqualTo(merged);
  }

  @Test
  void merge_differentFingerprints_isRefusedShowingBoth() {
    Fingerprint other =
        new Fingerprint(2, "a".repeat(64), "d".repeat(64), "c".repeat(64), "", "AVX2");

    assertThatThrownBy(() -> RunStatistics.merge(run(MADE, 1), run(other, 2)))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("weights bbbbbbbbbbbb")
        .hasMessageContaining("weights dddddddddddd");
  }

  @Test
  void merge_sameShardInBoth_isRefused() {
    assertThatThrownBy(() -> RunStatistics.merge(run(MADE, 1), run(MADE, 1)))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("count twice");
  }

  /** {@code statistics-1.avro} was written by the program that had format version 1, and so on. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void read_previousFormatVersion_isReadAsThisOne(int version) throws IOException {
    String name = "statistics-%d.avro".formatted(version);
    RunStatistics read;
    try (InputStream in = RunStatisticsTest.class.getResourceAsStream(name)) {
      read = StatisticsFile.read(in, name);
    }

    Fingerprint made =
        new Fingerprint(
            StatisticsFile.FORMAT_VERSION,
            "a".repeat(64),
            "b".repeat(64),
            "c".repeat(64),
            "cropped",
            "AVX2");
    assertThat(read.fingerprint()).isEqualTo(made);
    assertThat(read.shards()).isEqualTo(run(made, 1).shards());
    assertThat(read.samplesPerPath()).isEqualTo(run(made, 1).samplesPerPath());
    Statistic x = read.statistics().get(X);
    assertThat(x.distinct()).isEmpty();
    assertThat(x.counts()).isEqualTo(statisticOfX(1).counts());
    assertThat(x.histogram()).isEqualTo(statisticOfX(1).histogram());
    assertThat(read.statistics())
        .containsEntry(
            new ObserverId(CodePath.MAIN.child("true_graph_0"), "add"), Statistic.empty(8192));
    RunStatistics merged = RunStatistics.merge(read, run(made, 2));
    assertThat(merged.samples()).isEqualTo(60);
    assertThat(merged.statistics().get(X).distinct()).isEmpty();
    assertThat(read(StatisticsFile.toBytes(read))).isEqualTo(read);
  }

  /** It knew sums of channels, and had as many bins for values below zero as for those above. */
  @Test
  void read_versionThree_hasSumsAndItsOwnBins() throws IOException {
    try (InputStream in = RunStatisticsTest.class.getResourceAsStream("statistics-3.avro")) {
      Statistic read =
          StatisticsFile.read(in, "statistics-3.avro")
              .statistics()
              .get(new ObserverId(CodePath.MAIN, "z"));
      Statistic today = RandomStatistics.of(1, 2, -0.5f, 0.25f, 3e-4f, 7);

      assertThat(read.channelSums().channels()).isEqualTo(2);
      assertThat(read.channelSums().sum(1)).isEqualTo(0.25 + 3e-4f + 7);
      assertThat(read.histogram().exponent()).isEqualTo(today.histogram().exponent() + 1);
      assertThat(Histogram.merge(read.histogram(), today.histogram()).exponent())
          .isEqualTo(read.histogram().exponent());
    }
  }

  @Test
  void read_anyByteChanged_isRefusedByName() {
    byte[] file = StatisticsFile.toBytes(run(MADE, 1));
    int schema = new String(file, StandardCharsets.ISO_8859_1).indexOf("avro.schema");
    int schemaEnd = schema + ObserverStatistic.getClassSchema().toString().length() + 20;
    for (int at = 0; at < file.length; at += 7) {
      if (at >= schema && at < schemaEnd) {
        continue; // The schema has texts, such as docs, that mean nothing.
      }
      byte[] changed = file.clone();
      changed[at] ^= 1;

      assertThatThrownBy(() -> read(changed))
          .as("byte %d changed", at)
          .isInstanceOf(SamplesException.class)
          .hasMessageContaining("run/statistics.avro");
    }
  }

  @Test
  void read_laterFormatVersion_isRefused() {
    byte[] file = StatisticsFile.toBytes(run(MADE, 1));
    String text = new String(file, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("calibeam.format") + "calibeam.format".length() + 1;
    file[at] = '9';

    assertThatThrownBy(() -> read(file))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("format version 9, this program reads versions 1 to 4");
  }

  @Test
  void read_anyTruncation_isRefusedByName() {
    byte[] file = StatisticsFile.toBytes(run(MADE, 1));
    for (int length = 0; length < file.length; length += 101) {
      byte[] cut = Arrays.copyOf(file, length);

      assertThatThrownBy(() -> read(cut))
          .as("cut to %d bytes", length)
          .isInstanceOf(SamplesException.class)
          .hasMessageContaining("run/statistics.avro");
    }
  }

  @Test
  void read_somethingElse_isRefusedByName() {
    byte[] text = "not statistics at all".getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> read(text))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("run/statistics.avro: it is no Avro container");
  }

  private static RunStatistics read(byte[] file) throws IOException {
    return StatisticsFile.read(new ByteArrayInputStream(file), "run/statistics.avro");
  }

  private static RunStatistics run(Fingerprint made, long seed) {
    TreeMap<ObserverId, Statistic> statistics = new TreeMap<>();
    statistics.put(X, statisticOfX(seed));
    statistics.put(
        new ObserverId(CodePath.MAIN.child("true_graph_0"), "add"), Statistic.empty(8192));
    return new RunStatistics(
        made,
        new TreeMap<>(Map.of(CodePath.MAIN, 30L)),
        List.of(
            new ShardContent(ContentHash.ofHex("%064x".formatted(seed)), 10),
            new ShardContent(ContentHash.ofHex("%064x".formatted(seed + 100)), 20)),
        statistics);
  }

  private static Statistic statisticOfX(long seed) {
    return RandomStatistics.several(seed).stream().reduce(Statistic.EMPTY, Statistic::merge);
  }

  private static RunStatistics with(List<ShardContent> shards) {
    RunStatistics run = run(MADE, 1);
    return new RunStatistics(run.fingerprint(), run.samplesPerPath(), shards, run.statistics());
  }
}
