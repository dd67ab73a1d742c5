package org.calibeam.core.interp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.calibeam.core.graph.Program;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every archive among the test resources, and those below the folder named by the system
 * property {@code calibeam.fixtures}, and compares with what torch computed.
 */
class FixtureForwardTest {
  /** Kernels of two torch versions sum in different orders; float32 keeps 6 to 7 digits. */
  private static final double FLOAT_TOLERANCE = 1e-5;

  static Stream<Path> floatModels() throws IOException, URISyntaxException {
    return archives("model.pt2");
  }

  static Stream<Path> quantizedModels() throws IOException, URISyntaxException {
    return archives("reference.pt2");
  }

  @ParameterizedTest
  @MethodSource("floatModels")
  void run_floatModel_equalsTorch(Path archive) {
    Program program = Pt2Reader.read(archive);
    compare(program, archive, "float", FLOAT_TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("quantizedModels")
  void run_quantizedModel_equalsTorch(Path archive) {
    Program program = Pt2Reader.read(archive);
    compare(program, archive, "quantized", FLOAT_TOLERANCE);
  }

  private static void compare(Program program, Path archive, String kind, double tolerance) {
    List<List<TensorData>> samples = Npz.samples(archive.resolveSibling("evaluation.npz"));
    List<List<TensorData>> expected = Npz.outputs(archive.resolveSibling("outputs.npz"), kind);
    assertThat(expected).hasSameSizeAs(samples);
    try (GraphRunner runner = GraphRunner.load(program)) {
      for (int s = 0; s < samples.size(); s++) {
        List<TensorData> actual = runner.run(samples.get(s));
        assertThat(actual).as("outputs of sample %d", s).hasSameSizeAs(expected.get(s));
        for (int o = 0; o < actual.size(); o++) {
          assertClose(
              actual.get(o), expected.get(s).get(o), tolerance, "output " + o + " of sample " + s);
        }
      }
    }
  }

  private static void assertClose(
      TensorData actual, TensorData expected, double tolerance, String what) {
    assertThat(actual.dtype()).isEqualTo(expected.dtype());
    assertThat(actual.sizes()).isEqualTo(expected.sizes());
    if (!expected.dtype().isFloatingPoint()) {
      assertThat(actual).isEqualTo(expected);
      return;
    }
    float[] a = actual.toFloats();
    float[] e = expected.toFloats();
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < e.length; i++) {
      largest = Math.max(largest, Math.abs(e[i]));
      difference = Math.max(difference, Math.abs((double) a[i] - e[i]));
    }
    assertThat(difference)
        .as("%s, largest value %s", what, largest)
        .isLessThanOrEqualTo(tolerance * largest);
  }

  private static Stream<Path> archives(String name) throws IOException, URISyntaxException {
    List<Path> folders = new ArrayList<>();
    for (String resource : List.of("/fixtures", "/forwards")) {
      folders.add(
          Path.of(Objects.requireNonNull(FixtureForwardTest.class.getResource(resource)).toURI()));
    }
    String more = System.getProperty("calibeam.fixtures");
    if (more != null) {
      folders.add(Path.of(more));
    }
    List<Path> archives = new ArrayList<>();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.walk(folder)) {
        files.filter(f -> f.getFileName().toString().equals(name)).sorted().forEach(archives::add);
      }
    }
    return archives.stream();
  }
}
