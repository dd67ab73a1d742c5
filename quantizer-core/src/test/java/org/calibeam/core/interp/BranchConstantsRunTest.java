package org.calibeam.core.interp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.calibeam.core.transform.LiftBranchConstants;
import org.calibeam.core.transform.ResolveBranchConstants;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Moving constants into branches and out again changes no result, on any code path. */
class BranchConstantsRunTest {
  private static final int SAMPLES = 24;

  static Stream<Path> conditionalModels() {
    return Stream.of(
        Fixtures.file("early_exit_digits/model.pt2"),
        Fixtures.file("early_exit_digits_norm/model.pt2"),
        Fixtures.file("nested_control_flow/model.pt2"),
        Fixtures.archive("branches_without_operands"),
        Fixtures.archive("cond_in_cond"),
        Fixtures.archive("cond_with_dynamic_batch"),
        Fixtures.archive("while_loop"));
  }

  @ParameterizedTest
  @MethodSource("conditionalModels")
  void run_resolvedAndLifted_sameBits(Path archive) {
    Program program = Pt2Reader.read(archive);
    Program resolved = ResolveBranchConstants.apply(program);
    Program lifted = LiftBranchConstants.apply(resolved);
    Random random = new Random(7);
    Set<List<TensorData>> seen = new HashSet<>();
    try (GraphRunner original = GraphRunner.load(program);
        GraphRunner inside = GraphRunner.load(resolved);
        GraphRunner outside = GraphRunner.load(lifted)) {
      for (int i = 0; i < SAMPLES; i++) {
        List<TensorData> sample = sample(program, random);
        List<TensorData> expected = original.run(sample);
        assertThat(inside.run(sample)).isEqualTo(expected);
        assertThat(outside.run(sample)).isEqualTo(expected);
        seen.add(expected);
      }
    }
    assertThat(seen).hasSizeGreaterThan(1);
  }

  private static List<TensorData> sample(Program program, Random random) {
    List<TensorData> sample = new ArrayList<>();
    for (Node.Placeholder input : program.main().placeholders()) {
      TensorSpec spec = input.spec().orElseThrow();
      long[] sizes = spec.sizes().stream().mapToLong(BranchConstantsRunTest::size).toArray();
      int n = 1;
      for (long size : sizes) {
        n = Math.toIntExact(n * size);
      }
      if (spec.dtype() == DType.FLOAT32) {
        // Wide enough to reach both sides of every condition.
        float shift = (float) random.nextGaussian() * 2;
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
          values[i] = (float) random.nextGaussian() + shift;
        }
        sample.add(TensorData.ofFloats(values, sizes));
      } else {
        long limit = spec.dtype() == DType.BOOL ? 2 : 5;
        long[] values = new long[n];
        for (int i = 0; i < n; i++) {
          values[i] = random.nextLong(limit);
        }
        sample.add(TensorData.ofLongs(spec.dtype(), values, sizes));
      }
    }
    return sample;
  }

  private static long size(Dim dim) {
    return dim instanceof Dim.Symbolic s ? s.hint().orElse(2L) : dim.fixed().orElse(1);
  }
}
