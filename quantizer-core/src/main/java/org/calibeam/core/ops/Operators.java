package org.calibeam.core.ops;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The operators that annotation and rewrites know, read from {@code schemas.txt}: the functional
 * and in-place operators of ATen as PyTorch 2.15 declares them, and those that quantization adds. A
 * graph may hold others; they are run and left as they are.
 */
public final class Operators {
  private static final Map<String, Schema> SCHEMAS = load();

  /** Draw random numbers, or may: each run counts, even if nobody reads the result. */
  private static final Set<String> RANDOM =
      Set.of(
          "bernoulli",
          "dropout",
          "gru",
          "lstm",
          "multinomial",
          "normal",
          "rand",
          "rand_like",
          "randint",
          "randint_like",
          "randn",
          "randn_like",
          "randperm",
          "rnn_relu",
          "rnn_tanh",
          "rrelu",
          "scaled_dot_product_attention");

  private Operators() {}

  /** The schema of {@code target}, empty for an operator that is not in the table. */
  public static Optional<Schema> find(String target) {
    return Optional.ofNullable(SCHEMAS.get(target));
  }

  /**
   * The schema of {@code target}.
   *
   * @throws IllegalStateException if the table lacks it
   */
  public static Schema schema(String target) {
    return find(target)
        .orElseThrow(() -> new IllegalStateException("The operator table lacks " + target));
  }

  /** Whether {@code target} draws random numbers, or may. */
  public static boolean isRandom(String target) {
    return RANDOM.contains(CallEmitter.baseName(target));
  }

  /** Whether a call of {@code target} may be dropped if nobody reads its result. */
  public static boolean isPure(String target) {
    boolean inPlace =
        find(target).map(Schema::isInPlace).orElse(CallEmitter.baseName(target).endsWith("_"));
    return !inPlace && !isRandom(target);
  }

  /** All schemas, by name. */
  public static Collection<Schema> all() {
    return Collections.unmodifiableCollection(SCHEMAS.values());
  }

  private static Map<String, Schema> load() {
    Map<String, Schema> schemas = new LinkedHashMap<>();
    try (InputStream in = Operators.class.getResourceAsStream("schemas.txt")) {
      if (in == null) {
        throw new IllegalStateException("schemas.txt is missing from the jar");
      }
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        Schema schema = SchemaParser.parse(line);
        schemas.put(schema.target(), schema);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return schemas;
  }
}
