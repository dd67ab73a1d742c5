package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PartSizeTest {

  @Test
  void samplesOf_smallFile_makesAboutSixteenParts() {
    assertThat(PartSize.forFileOf(128).samplesOf(256)).isEqualTo(8);
    assertThat(PartSize.forFileOf(17).samplesOf(256)).isEqualTo(2);
    assertThat(PartSize.forFileOf(3).samplesOf(256)).isEqualTo(1);
    assertThat(PartSize.forFileOf(0).samplesOf(256)).isEqualTo(1);
  }

  @Test
  void samplesOf_manySamples_isBounded() {
    assertThat(PartSize.forFileOf(1_000_000).samplesOf(256)).isEqualTo(64);
  }

  @Test
  void samplesOf_largeSamples_isBoundedByBytesButNeverNone() {
    assertThat(PartSize.forFileOf(1_000_000).samplesOf(1 << 20)).isEqualTo(4);
    assertThat(PartSize.forFileOf(1_000_000).samplesOf(1 << 30)).isEqualTo(1);
  }

  @Test
  void isExceededBy_oneMoreThanFits_isTrue() {
    PartSize size = PartSize.forFileOf(128);

    assertThat(size.isExceededBy(8, 100)).isFalse();
    assertThat(size.isExceededBy(9, 100)).isTrue();
    assertThat(size.isExceededBy(1, 5 << 20)).isTrue();
  }
}
