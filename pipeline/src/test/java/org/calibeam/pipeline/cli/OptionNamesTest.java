package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OptionNamesTest {

  @AfterEach
  void knowAll() {
    OptionNames.need(true);
  }

  @Test
  void need_afterACommandWithoutOptions_namesAreKnownAgain() {
    OptionNames.need(false);
    OptionNames.need(true);

    PipelineOptions options = PipelineOptionsFactory.fromArgs("--targetParallelism=3").create();

    assertThat(options.as(DirectOptions.class).getTargetParallelism()).isEqualTo(3);
  }

  @Test
  void need_noNames_optionsAreKnownByTheirTypes() {
    OptionNames.need(false);

    DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);

    assertThat(options.isBlockOnRun()).isTrue();
  }
}
