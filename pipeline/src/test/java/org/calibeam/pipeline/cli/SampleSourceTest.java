package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.SampleSets;
import org.calibeam.pipeline.io.SampleFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said about files that do not say it themselves. */
class SampleSourceTest {
  @TempDir private Path folder;

  @Test
  void import_columnsOfParquet_becomeTheModelsInputs() throws Exception {
    Path file = resource("parquet/zstd.parquet");

    Outcome outcome =
        imported("--samples", file, "--columns", "number,image:float32:1x6", "--output", folder);

    assertThat(outcome.status()).as(outcome.err()).isZero();
    List<List<TensorData>> samples = SampleSets.read(folder.resolve("samples-00000.avro"));
    assertThat(samples).hasSize(150);
    assertThat(samples.get(149).get(0).toLongs()).containsExactly(149);
    assertThat(samples.get(149).get(1))
        .isEqualTo(
            TensorData.ofFloats(new float[] {149, 149.25f, 149.5f, 149.75f, 150, 150.25f}, 1, 6));
  }

  @Test
  void import_images_becomeTensorsAsDeclared() throws Exception {
    Path recipe =
        Files.writeString(
            folder.resolve("p.json"), "{\"resize\": 20, \"crop\": [8, 10], \"layout\": \"NHWC\"}");

    Outcome outcome =
        imported("--samples", resource("images/rgb.png"), "--images", recipe, "--output", folder);

    assertThat(outcome.status()).as(outcome.err()).isZero();
    List<List<TensorData>> samples = SampleSets.read(folder.resolve("samples-00000.avro"));
    assertThat(samples).hasSize(1);
    assertThat(samples.get(0).get(0).sizes()).containsExactly(1, 8, 10, 3);
  }

  @Test
  void import_withoutBeingTold_saysWhatIsMissing() throws Exception {
    assertThat(imported("--samples", resource("images/rgb.png"), "--output", folder).error())
        .contains("rgb.png")
        .contains("--images");
    assertThat(imported("--samples", resource("parquet/none.parquet"), "--output", folder).error())
        .contains("none.parquet")
        .contains("--columns");
    assertThat(
            imported(
                    "--samples",
                    resource("images/rgb.png"),
                    "--images",
                    folder.resolve("none.json"),
                    "--output",
                    folder)
                .error())
        .contains("none.json");
  }

  private static Outcome imported(Object... arguments) {
    Object[] all = new Object[arguments.length + 1];
    all[0] = "import";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Outcome.of(all);
  }

  private static Path resource(String name) throws IOException, URISyntaxException {
    return Path.of(Objects.requireNonNull(SampleFiles.class.getResource(name)).toURI());
  }
}
