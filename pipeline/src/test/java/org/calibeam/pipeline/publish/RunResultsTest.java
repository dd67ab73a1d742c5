package org.calibeam.pipeline.publish;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.pipeline.combine.Fingerprint;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.pipeline.io.SampleId;
import org.junit.jupiter.api.Test;

class RunResultsTest {
  private static final BadSample BAD =
      new BadSample(new SampleId("a.npz", 3), BadSample.RUN, "it is odd", "in/a.npz");

  @Test
  void audit_everySampleAccountedFor_passes() {
    RunResults results = results(List.of(BAD), tally(2), observed(), ShardTally.settingAside());

    assertThatCode(() -> results.audit(1)).doesNotThrowAnyException();
  }

  @Test
  void audit_lostSample_isRefusedWithTheNumbers() {
    RunResults results = results(List.of(), tally(3), observed(), observed());

    assertThatThrownBy(() -> results.audit(0))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("in/a.npz")
        .hasMessageContaining("announced 3, 2 were run and 0 set aside");
  }

  @Test
  void audit_sampleSeenTwice_isRefused() {
    RunResults results = results(List.of(), tally(1), observed(), observed());

    assertThatThrownBy(() -> results.audit(0)).isInstanceOf(SamplesException.class);
  }

  @Test
  void audit_moreBadSamplesThanAllowed_isRefusedNamingOne() {
    RunResults results = results(List.of(BAD), tally(2), observed(), ShardTally.settingAside());

    assertThatThrownBy(() -> results.audit(0))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("1 bad samples")
        .hasMessageContaining("a.npz#3");
  }

  @Test
  void audit_noSampleAtAll_isRefused() {
    RunResults results = results(List.of(), tally(0));

    assertThatThrownBy(() -> results.audit(0))
        .isInstanceOf(SamplesException.class)
        .hasMessageStartingWith("No samples");
  }

  private static ShardTally tally(long expected) {
    return ShardTally.expecting(expected);
  }

  private static ShardTally observed() {
    return ShardTally.observing(
        new SampleId("a.npz", 0), ContentHash.EMPTY, "AVX2", List.of(CodePath.MAIN));
  }

  private static RunResults results(List<BadSample> bad, ShardTally... parts) {
    ShardTally tally = Arrays.stream(parts).reduce(ShardTally.EMPTY, ShardTally::merge);
    Fingerprint made = new Fingerprint(1, "a", "b", "c", "", "AVX2");
    return new RunResults(
        RunStatistics.of(made, List.of(tally), Map.of()),
        new TreeMap<>(Map.of("in/a.npz", tally)),
        bad);
  }
}
