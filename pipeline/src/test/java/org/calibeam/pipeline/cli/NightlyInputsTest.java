package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import javax.imageio.ImageIO;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.io.SampleFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nights over files that do not say themselves how they become samples. */
class NightlyInputsTest {
  private static final String COLUMNS = "image:float32:1x1x8x8";

  @TempDir private Path folder;

  @Test
  void requantize_parquetByDay_sameModelAsQuantize() throws Exception {
    NightlyStore store = new NightlyStore(folder);
    store.job(
        "{\"samples\": \"samples/{date}/*.parquet\", \"columns\": \"%s\", \"heldOut\": {\"share\": 0}}"
            .formatted(COLUMNS));
    Path day = Files.createDirectories(store.partition(NightlyStore.FIRST));
    Files.copy(digits(), day.resolve("a.parquet"));

    JsonNode decision = store.night(0);

    assertThat(decision.at("/samples/observed").asInt()).isEqualTo(60);
    assertSameAsQuantize(store, "*.parquet", "--columns", COLUMNS);
    store.job(
        "{\"samples\": \"samples/{date}/*.parquet\", \"columns\": \"image:float32:1x8x8\", \"heldOut\": {\"share\": 0}}");
    assertThat(store.requantize().status()).isEqualTo(Main.FAILED);
  }

  @Test
  void requantize_imagesByDay_runsOnlyNewOnesAndGivesTheSameModelAsQuantize() throws IOException {
    NightlyStore store = new NightlyStore(folder, 1, 3, 32, 32);
    Files.copy(Fixture.path("small_cnn/model.pt2"), folder.resolve("model.pt2"));
    String recipe = "{\"resize\": 36, \"crop\": 32, \"mean\": [0.5, 0.5, 0.5]}";
    store.job(
        "{\"samples\": \"samples/{date}/*.png\", \"images\": %s, \"heldOut\": {\"share\": 0}, \"tolerance\": 0, \"gates\": {\"drift\": {\"most\": 1}, \"scaleChange\": {\"most\": 100}}}"
            .formatted(recipe));
    writeImages(store.partition(NightlyStore.FIRST), 20);
    store.night(0);
    writeImages(store.partition(NightlyStore.FIRST.plusDays(1)), 12);

    JsonNode second = store.night(0);

    assertThat(second.at("/state/samplesRun").asInt()).isEqualTo(12);
    assertThat(second.at("/samples/observed").asInt()).isEqualTo(32);
    Path file = Files.writeString(folder.resolve("p.json"), recipe);
    assertSameAsQuantize(store, "*.png", "--images", file);
    // The recipe in a file of its own is the same recipe; another one makes other samples.
    store.job(
        "{\"samples\": \"samples/{date}/*.png\", \"images\": \"p.json\", \"heldOut\": {\"share\": 0}}");
    assertThat(store.night(RequantizeCommand.UNCHANGED).at("/state/run").asInt()).isZero();
    Files.writeString(file, recipe.replace("36", "40"));
    store.requantize();
    assertThat(store.lastDecision().at("/state/samplesRun").asInt()).isEqualTo(32);
  }

  private void assertSameAsQuantize(NightlyStore store, String files, Object... reading)
      throws IOException {
    Path output = folder.resolve("quantized");
    Outcome quantized =
        Outcome.of(
            "quantize",
            "--model",
            folder.resolve("model.pt2"),
            "--samples",
            folder.resolve("samples/*/" + files),
            "--output",
            output,
            reading[0],
            reading[1]);
    assertThat(quantized.status()).as(quantized.err()).isZero();
    assertThat(store.currentModel()).isEqualTo(Files.readAllBytes(output.resolve("model.pt2")));
  }

  /** Noise around a colour of its own. */
  private static void writeImages(Path folder, int images) throws IOException {
    Files.createDirectories(folder);
    Random random = new Random(images);
    for (int i = 0; i < images; i++) {
      BufferedImage image = new BufferedImage(48, 40, BufferedImage.TYPE_3BYTE_BGR);
      int colour = random.nextInt(1 << 24) & 0xc0c0c0;
      for (int y = 0; y < image.getHeight(); y++) {
        for (int x = 0; x < image.getWidth(); x++) {
          image.setRGB(x, y, colour + (random.nextInt(1 << 24) & 0x3f3f3f));
        }
      }
      assertThat(ImageIO.write(image, "png", folder.resolve(i + ".png").toFile())).isTrue();
    }
  }

  private static Path digits() throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(SampleFiles.class.getResource("parquet/digits.parquet")).toURI());
  }
}
