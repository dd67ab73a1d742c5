package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.pt2.Pt2Writer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What quantization does not change is in the quantized archive as it was. */
class ArchiveKeptTest {

  @ParameterizedTest
  @ValueSource(strings = {"small_cnn", "nested_control_flow"})
  void quantize_fixture_envelopeAndAttachmentsKept(String fixture) throws IOException {
    Program program = Pt2Reader.read(Fixtures.file(fixture + "/model.pt2"));
    Program quantized =
        QuantizerConfiguration.parse(
                Files.readString(Fixtures.file(fixture + "/config.json")), "config.json")
            .quantizer(VgfCompileSpec.DEFAULT)
            .quantizeWithSubmodules(
                program, Npz.samples(Fixtures.file(fixture + "/calibration.npz")))
            .program();
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    Pt2Writer.write(quantized, archive);
    Program again = Pt2Reader.read("quantized.pt2", archive.toByteArray());

    assertThat(again.envelope()).isEqualTo(program.envelope());
    assertThat(again.attachments()).isNotEmpty().isEqualTo(program.attachments());
    assertThat(again.outputKinds()).isEqualTo(program.outputKinds());
    assertThat(again.main().placeholders()).isEqualTo(program.main().placeholders());
    assertThat(again.constants()).isEqualTo(quantized.constants());
  }
}
