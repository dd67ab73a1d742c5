package org.calibeam.core.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/** Runs a graph before and after a rewrite on random inputs. */
final class SameResults {

  /** Reciprocals and sums in another order move the last bits of a float32 chain. */
  private static final float TOLERANCE = 2e-5f;

  private static final int SAMPLES = 3;

  private SameResults() {}

  static void assertSame(GraphAndConstants before, GraphAndConstants after) {
    assertSame(before, after, Map.of());
  }

  /** The same, {@code symbols} telling the extents of the inputs that are symbolic. */
  static void assertSame(
      GraphAndConstants before, GraphAndConstants after, Map<Dim, Long> symbols) {
    try (GraphRunner first = GraphRunner.load(program(before));
        GraphRunner second = GraphRunner.load(program(after))) {
      for (int seed = 0; seed < SAMPLES; seed++) {
        List<TensorData> sample = sample(before, new Random(seed), symbols);
        List<TensorData> expected = first.run(sample);
        List<TensorData> actual = second.run(sample);
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
          assertClose(expected.get(i), actual.get(i), "seed %d, output %d".formatted(seed, i));
        }
      }
    }
  }

  private static Program program(GraphAndConstants graph) {
    List<OutputKind> kinds =
        graph.graph().outputs().stream().map(o -> OutputKind.USER_OUTPUT).toList();
    Map<String, Constant> constants = graph.constants();
    return new Program(graph.graph(), constants, kinds, Map.of());
  }

  private static List<TensorData> sample(
      GraphAndConstants graph, Random random, Map<Dim, Long> symbols) {
    List<TensorData> sample = new ArrayList<>();
    for (Node.Placeholder input : graph.graph().placeholders()) {
      TensorSpec symbolic = input.spec().orElseThrow();
      TensorSpec spec =
          TensorSpec.contiguous(
              symbolic.dtype(),
              symbolic.sizes().stream()
                  .map(d -> symbols.containsKey(d) ? Dim.of(symbols.get(d)) : d)
                  .toList());
      int elements = Math.toIntExact(spec.elements());
      if (spec.dtype() == DType.FLOAT32) {
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
          values[i] = 0.05f + 0.9f * random.nextFloat() - (random.nextInt(4) == 0 ? 1 : 0);
        }
        sample.add(TensorData.ofFloats(values, spec.fixedSizes()));
      } else {
        long[] values = random.longs(1, 3).limit(elements).toArray();
        if (elements == 2) {
          values = new long[] {random.nextInt(2), 2};
        }
        sample.add(TensorData.ofLongs(spec.dtype(), values, spec.fixedSizes()));
      }
    }
    return sample;
  }

  private static void assertClose(TensorData expected, TensorData actual, String where) {
    assertThat(actual.sizes()).as(where).isEqualTo(expected.sizes());
    if (!expected.dtype().isFloatingPoint()) {
      assertThat(actual.toLongs()).as(where).isEqualTo(expected.toLongs());
      return;
    }
    float[] a = expected.toFloats();
    float[] b = actual.toFloats();
    float largest = 0;
    for (float value : a) {
      largest = Math.max(largest, Float.isFinite(value) ? Math.abs(value) : 0);
    }
    for (int i = 0; i < a.length; i++) {
      if (Float.isFinite(a[i])) {
        assertThat(b[i]).as(where).isCloseTo(a[i], within(TOLERANCE * Math.max(1, largest)));
      }
    }
  }

  private static Offset<Float> within(float tolerance) {
    return Offset.offset(tolerance);
  }
}
