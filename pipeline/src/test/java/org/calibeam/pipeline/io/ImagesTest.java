package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that Pillow wrote, and what torchvision makes of them; {@code make.py} is how. */
class ImagesTest {
  private static final Map<String, String> RECIPES =
      Map.of(
          "plain",
          "{\"layout\": \"CHW\"}",
          "imagenet",
          "{\"resize\": 40, \"crop\": 33, \"mean\": [0.485, 0.456, 0.406], \"std\": [0.229, 0.224, 0.225], \"layout\": \"CHW\"}",
          "stretched",
          "{\"resize\": [20, 90], \"layout\": \"CHW\"}");

  private static final List<String> PNG =
      List.of(
          "alpha.png",
          "black.png",
          "grey.png",
          "greyalpha.png",
          "palette.png",
          "rgb.png",
          "tall.png");

  /** One of 255 steps, and what float32 rounds. */
  private static final double STEP = 1 / 255.0 + 1e-6;

  /** JPEG decoders differ in how they round and fill in colours. */
  private static final double JPEG = 3 * STEP;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"plain", "imagenet"})
  void read_png_isWhatTorchvisionMakesOfItToTheBit(String recipe) throws Exception {
    for (String name : PNG) {
      assertThat(tensor(name, recipe)).as(name).isEqualTo(expected(recipe).get(name));
    }
  }

  /** Pillow takes the columns before the rows here. */
  @Test
  void read_pngStretched_isWithinOneStepOfWhatTorchvisionMakesOfIt() throws Exception {
    for (String name : PNG) {
      assertThat(farthest(name, "stretched")).as(name).isLessThanOrEqualTo(STEP);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "stretched"})
  void read_jpeg_isNearWhatTorchvisionMakesOfIt(String recipe) throws Exception {
    for (String name : List.of("photo.jpg", "grey.jpg", "full.jpg")) {
      assertThat(farthest(name, recipe)).as(name).isLessThanOrEqualTo(JPEG);
    }
  }

  @Test
  void match_images_areGroupedByFolder() throws Exception {
    for (String path : List.of("b/2.png", "b/1.PNG", "a/1.jpeg")) {
      Files.createDirectories(folder.resolve(path).getParent());
      Files.copy(
          image(path.endsWith("g") && !path.endsWith("jpeg") ? "rgb.png" : "photo.jpg"),
          folder.resolve(path));
    }
    Files.copy(image("rgb.png"), folder.resolve("b/3.png"));
    Reading reading = Reading.PLAIN.withImages("{}", "p.json");

    List<Shard> shards = SampleFiles.match(folder + "/**", reading);

    assertThat(shards.stream().map(Shard::name)).containsExactly("1.jpeg..1.jpeg", "1.PNG..3.png");
    SampleCollector read = SampleCollector.read(shards.get(1));
    assertThat(read.samples()).hasSize(3);
    assertThat(read.samples().get(2).id()).isEqualTo(new SampleId("1.PNG..3.png", 2));
    assertThat(read.samples().get(0).inputs().get(0).sizes()).containsExactly(1, 3, 61, 97);
    assertThatThrownBy(() -> SampleFiles.match(folder + "/**"))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("--images");
  }

  @Test
  void match_moreImagesThanAGroup_areSeveralGroups() throws Exception {
    byte[] bytes = Files.readAllBytes(image("black.png"));
    for (int i = 0; i < 300; i++) {
      Files.write(folder.resolve("%03d.png".formatted(i)), bytes);
    }

    List<Shard> shards =
        SampleFiles.match(folder + "/*.png", Reading.PLAIN.withImages("{}", "p.json"));

    assertThat(shards.stream().map(s -> s.images().size())).containsExactly(256, 44);
    assertThat(shards.get(1).parts().get(0).shard().images()).isEmpty();
  }

  @Test
  void read_badImages_areSetAsideAndTheOthersRead() throws Exception {
    byte[] whole = Files.readAllBytes(image("rgb.png"));
    Files.write(folder.resolve("a.png"), whole);
    Files.write(folder.resolve("b.png"), java.util.Arrays.copyOf(whole, whole.length / 2));
    Files.writeString(folder.resolve("c.png"), "hello");
    Files.write(folder.resolve("d.png"), huge(whole));
    Files.write(folder.resolve("e.png"), whole);
    Files.copy(image("tall.png"), folder.resolve("f.png"));
    List<Shard> shards =
        SampleFiles.match(folder + "/*.png", Reading.PLAIN.withImages("{\"crop\": 40}", "p.json"));
    Files.delete(folder.resolve("e.png"));

    SampleCollector read = SampleCollector.read(shards.get(0));

    assertThat(read.samples()).hasSize(1);
    assertThat(read.unreadable()).hasSize(5);
    assertThat(read.unreadable().get(0)).startsWith("a.png..f.png#1: " + folder.resolve("b.png"));
    assertThat(read.unreadable().get(1)).contains("c.png: it is neither PNG nor JPEG");
    assertThat(read.unreadable().get(2)).contains("d.png: it declares 1879048192 x 61 pixels");
    assertThat(read.unreadable().get(3)).contains("e.png: it is gone");
    assertThat(read.unreadable().get(4)).contains("it has 30 x 75 pixels, 40 x 40 cannot be cut");
  }

  /** As Pillow does; the JDK alone would paint what is missing grey. */
  @ParameterizedTest
  @ValueSource(strings = {"photo.jpg", "grey.jpg", "full.jpg"})
  void read_jpegThatIsCutOff_isSetAside(String name) throws Exception {
    byte[] whole = Files.readAllBytes(image(name));
    for (int missing : List.of(1, 2, 3, 50, whole.length / 3)) {
      Path file = folder.resolve(name);
      Files.write(file, java.util.Arrays.copyOf(whole, whole.length - missing));

      SampleCollector read =
          SampleCollector.read(
              SampleFiles.match(file.toString(), Reading.PLAIN.withImages("{}", "p.json")).get(0));

      assertThat(read.samples()).as("%d bytes less", missing).isEmpty();
      assertThat(read.unreadable()).hasSize(1);
      assertThat(read.unreadable().get(0)).endsWith(file + ": it is cut off");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rgb.png", "palette.png", "photo.jpg"})
  void read_mutatedImage_givesATensorOrAComplaint(String name) throws Exception {
    byte[] whole = Files.readAllBytes(image(name));
    Path file = folder.resolve(name);
    Reading reading = Reading.PLAIN.withImages("{\"resize\": 8}", "p.json");
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      byte[] bytes = whole.clone();
      for (int i = 0; i < 1 + seed % 5; i++) {
        bytes[random.nextInt(seed % 2 == 0 ? bytes.length : 200)] ^=
            (byte) (1 << random.nextInt(8));
      }
      Files.write(file, bytes);
      SampleCollector read =
          SampleCollector.read(SampleFiles.match(file.toString(), reading).get(0));
      assertThat(read.samples().size() + read.unreadable().size()).as("seed %d", seed).isOne();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{\"resize\": 0}",
        "{\"resize\": []}",
        "{\"resize\": [1, 2, 3]}",
        "{\"crop\": \"middle\"}",
        "{\"mean\": [0.5]}",
        "{\"std\": [1, 0, 1]}",
        "{\"layout\": \"NCWH\"}",
        "{\"color\": \"BGR\"}",
        "{} {}",
        ""
      })
  void parse_recipeThatIsNone_isRefused(String json) {
    assertThatThrownBy(() -> ImageRecipe.parse(json, "p.json"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("Cannot read the preprocessing of images in p.json");
  }

  @Test
  void description_sameRecipeInOtherWords_isTheSame() {
    String one = Reading.PLAIN.withImages("{\"resize\": 8, \"crop\": [4, 4]}", "a").description();
    String same =
        Reading.PLAIN
            .withImages("{\"crop\": [4, 4], \"resize\": [8], \"layout\": \"NCHW\"}", "b")
            .description();
    String other = Reading.PLAIN.withImages("{\"resize\": 9, \"crop\": [4, 4]}", "a").description();

    assertThat(one).isEqualTo(same).isNotEqualTo(other);
    assertThat(Reading.PLAIN.description()).isEmpty();
  }

  @Test
  void layouts_holdTheSameNumbersInAnotherOrder() throws Exception {
    Pixels image = ImageDecoder.decode(Files.readAllBytes(image("rgb.png")));
    TensorData planes = ImageRecipe.parse("{\"layout\": \"CHW\"}", "p").apply(image);
    TensorData mixed = ImageRecipe.parse("{\"layout\": \"NHWC\"}", "p").apply(image);

    assertThat(mixed.sizes()).containsExactly(1, 61, 97, 3);
    int area = 61 * 97;
    for (int i = 0; i < area; i++) {
      for (int c = 0; c < 3; c++) {
        assertThat(mixed.toBytes().getFloat(4 * (3 * i + c)))
            .isEqualTo(planes.toBytes().getFloat(4 * (c * area + i)));
      }
      i += 97;
    }
  }

  private static double farthest(String name, String recipe) throws Exception {
    float[] expected = Objects.requireNonNull(expected(recipe).get(name)).toFloats();
    float[] read = tensor(name, recipe).toFloats();
    assertThat(read).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < read.length; i++) {
      worst = Math.max(worst, Math.abs(read[i] - expected[i]));
    }
    return worst;
  }

  private static byte[] huge(byte[] png) {
    byte[] bytes = png.clone();
    ByteBuffer.wrap(bytes).putInt(16, 0x7000_0000);
    java.util.zip.CRC32 sum = new java.util.zip.CRC32();
    sum.update(bytes, 12, 17);
    ByteBuffer.wrap(bytes).putInt(29, (int) sum.getValue());
    return bytes;
  }

  private static TensorData tensor(String name, String recipe) throws Exception {
    return ImageRecipe.parse(Objects.requireNonNull(RECIPES.get(recipe)), recipe)
        .apply(ImageDecoder.decode(Files.readAllBytes(image(name))));
  }

  private static Map<String, TensorData> expected(String recipe) throws Exception {
    Map<String, TensorData> tensors = new TreeMap<>();
    try (ZipFile zip = new ZipFile(image("expected.npz").toFile())) {
      for (ZipEntry entry : java.util.Collections.list(zip.entries())) {
        String[] name = entry.getName().split("/", -1);
        if (name[1].equals(recipe + ".npy")) {
          ByteBuffer bytes =
              ByteBuffer.wrap(zip.getInputStream(entry).readAllBytes())
                  .order(ByteOrder.LITTLE_ENDIAN);
          NpyHeader header = NpyHeader.parse(bytes);
          tensors.put(
              name[0], header.tensor(bytes.slice(header.dataOffset(), (int) header.dataBytes())));
        }
      }
    }
    return tensors;
  }

  private static Path image(String name) throws IOException {
    try {
      return Path.of(
          Objects.requireNonNull(ImagesTest.class.getResource("images/" + name)).toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
