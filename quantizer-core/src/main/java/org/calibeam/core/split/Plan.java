package org.calibeam.core.split;

import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.Program;
import org.calibeam.core.tensor.TensorData;

/**
 * How the pieces of a program work together.
 *
 * <p>Values have names that are unique within their scope. A scope's steps run in order; each reads
 * values of its scope and gives new ones.
 *
 * @param pieces straight programs by name
 * @param constants results that no input decides, by name: computed once, here
 */
public record Plan(Scope main, Map<String, Program> pieces, Map<String, TensorData> constants) {

  /**
   * The steps of one graph.
   *
   * @param inputs names of the values that the caller gives, in order
   * @param outputs names of the values that it returns, in order
   */
  public record Scope(List<String> inputs, List<Step> steps, List<String> outputs) {
    public Scope {
      inputs = List.copyOf(inputs);
      steps = List.copyOf(steps);
      outputs = List.copyOf(outputs);
    }
  }

  /** One thing to do. */
  public sealed interface Step {

    /** Runs a piece: {@code outputs = piece(inputs)}. */
    record Run(String piece, List<String> inputs, List<String> outputs) implements Step {}

    /** Takes constants as they are: {@code outputs = constants}. */
    record Load(List<String> constants, List<String> outputs) implements Step {}

    /**
     * Rounds each input to the integers of a quantized type, in order, since one may read what
     * another gives; for the host to do: {@code (clamp(rint(x * float32(1 / scale)) + zeroPoint,
     * quantMin, quantMax) - zeroPoint) * scale}. A piece that does nothing else has nothing to
     * delegate.
     */
    record Round(List<Rounding> values) implements Step {
      public Round {
        values = List.copyOf(values);
      }
    }

    /** One rounding of a {@link Round}. */
    record Rounding(
        String input, String output, double scale, int zeroPoint, int quantMin, int quantMax) {}

    /** Runs one of two scopes: {@code outputs = (predicate ? whenTrue : whenFalse)(inputs)}. */
    record Branch(
        String predicate,
        Scope whenTrue,
        Scope whenFalse,
        List<String> inputs,
        List<String> outputs)
        implements Step {}

    /**
     * Runs {@code body} as long as {@code condition} gives true; both take {@code carried} followed
     * by {@code inputs}, and the body gives the next carried values. {@code outputs} are the last
     * ones.
     */
    record Loop(
        Scope condition,
        Scope body,
        List<String> carried,
        List<String> inputs,
        List<String> outputs)
        implements Step {}
  }
}
