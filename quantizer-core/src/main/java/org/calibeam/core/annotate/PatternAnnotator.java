package org.calibeam.core.annotate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * Annotates the nodes of one step: finds the longest accepted pattern at each place, in graph
 * order, among consecutive nodes of which each but the last has the next one as its only user.
 *
 * <p>The way of matching, which depends on the order of nodes, is that of {@code PatternMatcher} in
 * ExecuTorch 1.5.1's {@code backends/cortex_m/quantizer/pattern_matcher.py}.
 */
final class PatternAnnotator {

  /** Larger constants are not quantized: the reference's histogram cannot hold them. */
  static final double LARGEST_SCALAR = 3.4028235e15;

  private static final Set<String> FILLS = Set.of("aten.full.default", "aten.fill_.Scalar");
  private static final String BATCH_NORM = "aten.batch_norm.default";

  private final AnnotationState state;
  private final GraphView view;
  private final Optional<QuantizationConfig> config;

  private PatternAnnotator(AnnotationState state, Optional<QuantizationConfig> config) {
    this.state = state;
    this.view = state.view();
    this.config = config;
  }

  static void annotate(AnnotationState state, AnnotationStep step) {
    GraphView view = state.view();
    List<String> found = view.order().stream().filter(n -> step.finder().finds(view, n)).toList();
    new PatternAnnotator(state, step.config()).annotate(found);
  }

  private void annotate(List<String> found) {
    Deque<String> queue = new ArrayDeque<>();
    for (int i = 0; i < found.size(); i++) {
      queue.add(found.get(i));
      List<String> users = view.users(found.get(i));
      boolean chained =
          i + 1 < found.size() && users.size() == 1 && users.get(0).equals(found.get(i + 1));
      if (!chained) {
        while (!queue.isEmpty()) {
          takeFront(queue);
        }
      } else if (queue.size() >= PatternTable.MAX_LENGTH) {
        takeFront(queue);
      }
    }
    while (!queue.isEmpty()) {
      takeFront(queue);
    }
  }

  private void takeFront(Deque<String> queue) {
    List<String> names = new ArrayList<>(queue);
    int taken = config.isEmpty() ? leaveFloating(names.get(0)) : match(names, config.get());
    for (int i = 0; i < Math.max(1, taken); i++) {
      queue.remove();
    }
  }

  private int leaveFloating(String name) {
    if (state.isClaimed(name)) {
      return 1;
    }
    state.claim(List.of(name));
    annotateMatch(List.of(name), Optional.empty());
    return 1;
  }

  /** Number of nodes of the accepted match at the front of {@code names}; 0 if there is none. */
  private int match(List<String> names, QuantizationConfig accepting) {
    NodeSpecs specs = new NodeSpecs(accepting);
    for (int length = longestPattern(names, names.size());
        length > 0;
        length = longestPattern(names, length - 1)) {
      List<String> match = names.subList(0, length);
      Optional<String> rejection = rejection(match, specs);
      if (rejection.isEmpty()) {
        state.claim(match);
        annotateMatch(match, Optional.of(specs));
        return length;
      }
      if (!rejection.get().isEmpty()) {
        state.reject(match, rejection.get());
      }
    }
    return 0;
  }

  private int longestPattern(List<String> names, int limit) {
    if (limit > 0 && isInterface(names.get(0))) {
      return 1;
    }
    for (int length = limit; length > 0; length--) {
      if (PatternTable.check(targets(names.subList(0, length))).isPresent()) {
        return length;
      }
    }
    return 0;
  }

  /** Why a match is turned down; the empty string for a node that another step has claimed. */
  private Optional<String> rejection(List<String> match, NodeSpecs specs) {
    if (match.stream().anyMatch(state::isClaimed)) {
      return Optional.of("");
    }
    Optional<String> large = match.stream().filter(this::isLargeScalar).findFirst();
    if (large.isPresent()) {
      return Optional.of(
          "the constant %s is larger than %s".formatted(large.get(), LARGEST_SCALAR));
    }
    if (isInterface(match.get(0))) {
      return Optional.empty();
    }
    return PatternTable.check(targets(match)).orElse(PatternCheck.ANY).reject(view, match, specs);
  }

  private boolean isInterface(String name) {
    return view.isOutput(name) || view.isPlaceholder(name);
  }

  private boolean isLargeScalar(String name) {
    Optional<Double> value =
        FILLS.contains(view.target(name)) ? view.number(name, 1) : view.scalarConstant(name);
    return value.map(v -> Math.abs(v) > LARGEST_SCALAR).orElse(false);
  }

  private List<String> targets(List<String> names) {
    return names.stream().map(view::target).toList();
  }

  private void annotateMatch(List<String> match, Optional<NodeSpecs> specs) {
    Set<String> inside = new HashSet<>(match);
    for (String name : match) {
      Map<String, Optional<QuantizationSpec>> inputs = new LinkedHashMap<>();
      for (String input : view.floatInputs(name)) {
        if (isNormalizationState(name, input)) {
          continue;
        }
        if (isParameter(input, 1)) {
          inputs.put(input, specs.flatMap(s -> s.weight(view, name)));
        } else if (isParameter(input, 2)) {
          inputs.put(input, specs.flatMap(s -> s.bias(view, name)));
        } else if (!inside.contains(input)) {
          inputs.put(input, specs.flatMap(s -> s.input(view, name, input)));
        }
      }
      boolean last = view.users(name).stream().noneMatch(inside::contains);
      Optional<QuantizationSpec> output =
          last && view.isFloat(name) ? specs.flatMap(s -> s.output(view, name)) : Optional.empty();
      state.annotate(name, inputs, output, specs.isPresent());
    }
  }

  /** Whether {@code input} is a weight, bias or statistic of a batch norm, which stays as it is. */
  private boolean isNormalizationState(String name, String input) {
    if (!view.target(name).equals(BATCH_NORM)) {
      return false;
    }
    for (int index = 1; index <= 4; index++) {
      if (view.isArgument(name, index, input)) {
        return true;
      }
    }
    return false;
  }

  /** Whether {@code name} is a constant that all of its users take as argument {@code index}. */
  private boolean isParameter(String name, int index) {
    return view.isConstant(name)
        && view.users(name).stream()
            .allMatch(
                user ->
                    PatternTable.PARAMETER_TARGETS.contains(view.target(user))
                        && view.isArgument(user, index, name));
  }
}
