package org.calibeam.core.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TransformForAnnotationTest {
  private static final Map<String, Golden> GOLDENS = Golden.all("goldens.json.gz");

  /** Where the rewritten graph is another one on purpose. */
  private static final Set<String> BETTER =
      Set.of(
          // Two numbers are multiplied at once.
          "add_scalar_alpha",
          // The reference loses alpha.
          "rsub_alpha",
          // The reference makes a result of rank 0 one of shape [1].
          "scalar_rank0",
          "var_all",
          "cond_scale",
          // The reference overlooks dim and eps.
          "cosine_similarity_dim",
          // The reference hands index_copy an int32 index, which it does not take.
          "index_copy@none");

  private final TransformForAnnotation transform =
      new TransformForAnnotation(
          new ViewEvaluator().orElse(new LibtorchEvaluator()),
          TransformForAnnotation.Mode.POST_TRAINING);

  static Stream<String> cases() {
    return GOLDENS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void apply_goldenGraph_sameAsReference(String name) {
    Golden golden = Objects.requireNonNull(GOLDENS.get(name));
    GraphAndConstants result = transform.apply(golden.before()).result();
    GraphAndConstants erased =
        result.with(TransformForAnnotation.erase(result.graph()), result.constants());
    if (BETTER.contains(name)) {
      assertThat(GoldenText.of(erased)).isNotEqualTo(GoldenText.of(golden.after()));
    } else {
      assertThat(GoldenText.of(erased)).isEqualTo(GoldenText.of(golden.after()));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void apply_goldenGraph_computesTheSame(String name) {
    Golden golden = Objects.requireNonNull(GOLDENS.get(name));
    GraphAndConstants result = transform.apply(golden.before()).result();
    SameResults.assertSame(golden.before(), result);
  }
}
