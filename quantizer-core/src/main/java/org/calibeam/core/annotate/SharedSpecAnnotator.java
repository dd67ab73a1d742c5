package org.calibeam.core.annotate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Node;
import org.calibeam.core.qspec.EdgeOrNode;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.tensor.DType;

/**
 * Annotates operators that only move or clamp values: connected ones form a clique in which all
 * inputs and outputs share one observer, whose spec comes from a neighbour that has one.
 *
 * <p>After {@code SharedQspecQuantizer} of ExecuTorch 1.5.1's {@code
 * backends/arm/quantizer/arm_quantizer_utils.py}; but there, operands and results of control flow
 * are one clique with whatever moves values around them, and one range for all of them costs
 * several dB. Here control flow ends a clique.
 */
final class SharedSpecAnnotator {

  private static final Set<String> TARGETS = targets();

  /** Cliques with one of these stay in floating point next to uint8 inputs or outputs. */
  private static final Set<String> UINT8_BRIDGES =
      Set.of(
          "aten.cat.default",
          "aten.concatenate.default",
          "aten.stack.default",
          "aten.pixel_shuffle.default",
          "aten.slice.Tensor");

  private final AnnotationState state;
  private final GraphView view;
  private final Optional<QuantizationConfig> global;

  private SharedSpecAnnotator(AnnotationState state, Optional<QuantizationConfig> global) {
    this.state = state;
    this.view = state.view();
    this.global = global;
  }

  private static Set<String> targets() {
    String plain =
        "clone, lift_fresh_copy, detach_, detach_copy, alias, alias_copy, copy_, contiguous,"
            + " unfold_copy, as_strided_copy, minimum, maximum, amin, amax, permute, permute_copy,"
            + " t, t_copy, repeat, expand, expand_copy, split_with_sizes, chunk, tile, flip,"
            + " index_select, gather, index_put, index_put_, index_copy, index_copy_,"
            + " pixel_shuffle, pixel_unshuffle, cat, concat, concatenate, stack, dropout,"
            + " dropout_, squeeze, squeeze_copy, unsqueeze, unsqueeze_copy, reshape, view,"
            + " view_as, view_copy, _unsafe_view, pad, constant_pad_nd, clamp, hardtanh,"
            + " hardtanh_, relu, relu_, where";
    String overloads =
        "unbind.int, min.dim, max.dim, transpose.int, transpose_copy.int,"
            + " repeat_interleave.self_int, select.int, select_copy.int, slice.Tensor,"
            + " slice_copy.Tensor, split.Tensor, split_copy.Tensor, index.Tensor, squeeze.dim,"
            + " squeeze.dims, squeeze_.dim, squeeze_copy.dim, unflatten.int, flatten.using_ints,"
            + " clamp.Tensor, eq.Tensor, eq.Scalar, ne.Tensor, ne.Scalar, ge.Tensor, ge.Scalar,"
            + " gt.Tensor, gt.Scalar, le.Tensor, le.Scalar, lt.Tensor, lt.Scalar, where.self";
    Set<String> all = new HashSet<>();
    for (String name : plain.split(",")) {
      all.add("aten." + name.strip() + ".default");
    }
    for (String name : overloads.split(",")) {
      all.add("aten." + name.strip());
    }
    all.add(Node.Call.GETITEM);
    return Set.copyOf(all);
  }

  /**
   * Annotates what no step has.
   *
   * @param global configuration that a clique between inputs and outputs falls back to
   */
  static void annotate(AnnotationState state, Optional<QuantizationConfig> global) {
    SharedSpecAnnotator annotator = new SharedSpecAnnotator(state, global);
    for (String name : state.view().order()) {
      if (annotator.isCandidate(name)) {
        annotator.annotateClique(name);
      }
    }
  }

  private boolean isCandidate(String name) {
    return TARGETS.contains(view.target(name))
        && !state.isAnnotated(name)
        && !isResultOfControlFlow(name);
  }

  private boolean isResultOfControlFlow(String name) {
    return view.target(name).equals(Node.Call.GETITEM)
        && view.call(name).flatMap(c -> c.ref(0)).filter(this::isControlFlow).isPresent();
  }

  private boolean isControlFlow(String name) {
    return view.call(name).filter(Node.Call::isControlFlow).isPresent();
  }

  /** What lies around a clique. */
  private static final class Surroundings {
    final Set<String> clique = new LinkedHashSet<>();
    final List<QuantizationSpec> adjacent = new ArrayList<>();
    boolean touchesInterface;
    boolean touchesControlFlow;
    boolean touchesUint8Interface;
  }

  private void annotateClique(String start) {
    if (view.floatInputs(start).isEmpty() && !isReadFloat(start)) {
      state.annotate(start, Map.of(), Optional.empty(), true);
      return;
    }
    Surroundings around = explore(start);
    List<String> ordered =
        around.clique.stream().sorted((a, b) -> view.position(a) - view.position(b)).toList();
    Optional<QuantizationSpec> spec =
        around.adjacent.isEmpty() && (around.touchesInterface || around.touchesControlFlow)
            ? global.flatMap(QuantizationConfig::inputActivation).map(a -> a)
            : around.adjacent.stream().findFirst();
    if (around.touchesUint8Interface
        && around.clique.stream().anyMatch(n -> UINT8_BRIDGES.contains(view.target(n)))) {
      state.reject(ordered, "it joins uint8 inputs or outputs with int8 tensors");
      return;
    }
    String root = ordered.get(0);
    List<String> rootInputs = view.floatInputs(root);
    if (spec.isEmpty() || rootInputs.isEmpty()) {
      state.reject(ordered, "none of its inputs and outputs is quantized");
      return;
    }
    EdgeOrNode.Edge source = new EdgeOrNode.Edge(rootInputs.get(0), root);
    Optional<QuantizationSpec> shared = Optional.of(new QuantizationSpec.Shared(source));
    for (String name : ordered) {
      Map<String, Optional<QuantizationSpec>> inputs = new LinkedHashMap<>();
      view.floatInputs(name).forEach(input -> inputs.put(input, shared));
      if (name.equals(root)) {
        inputs.put(rootInputs.get(0), spec);
      }
      state.annotate(name, inputs, isReadFloat(name) ? shared : Optional.empty(), true);
    }
  }

  private boolean isReadFloat(String name) {
    return view.isFloat(name) && !view.users(name).isEmpty();
  }

  private Surroundings explore(String start) {
    Surroundings around = new Surroundings();
    Deque<String> queue = new ArrayDeque<>(List.of(start));
    while (!queue.isEmpty()) {
      String name = queue.remove();
      if (!around.clique.add(name)) {
        continue;
      }
      for (String input : view.inputs(name)) {
        if (isCandidate(input) && !around.clique.contains(input)) {
          queue.add(input);
        }
        output(input).filter(s -> !isInterfaceUint8(input, s)).ifPresent(around.adjacent::add);
        around.touchesControlFlow |= isResultOfControlFlow(input);
        noteInterface(around, input);
      }
      for (String user : view.users(name)) {
        if (isCandidate(user) && !around.clique.contains(user)) {
          queue.add(user);
        }
        input(user, name).filter(s -> !isInterfaceUint8(user, s)).ifPresent(around.adjacent::add);
        around.touchesControlFlow |= isControlFlow(user);
        noteInterface(around, user);
      }
    }
    return around;
  }

  private Optional<QuantizationSpec> output(String name) {
    return Optional.ofNullable(state.annotations().get(name)).flatMap(Annotation::output);
  }

  private Optional<QuantizationSpec> input(String user, String producer) {
    Annotation annotation = state.annotations().get(user);
    return annotation == null
        ? Optional.empty()
        : annotation.inputs().getOrDefault(producer, Optional.empty());
  }

  private boolean isInterface(String name) {
    return view.isOutput(name) || view.isPlaceholder(name);
  }

  private boolean isInterfaceUint8(String name, QuantizationSpec spec) {
    return isInterface(name) && isUint8(spec);
  }

  private static boolean isUint8(QuantizationSpec spec) {
    return spec instanceof QuantizationSpec.Observed o && o.dtype() == DType.UINT8
        || spec instanceof QuantizationSpec.Fixed f && f.dtype() == DType.UINT8;
  }

  private void noteInterface(Surroundings around, String name) {
    Annotation annotation = state.annotations().get(name);
    if (!isInterface(name) || annotation == null) {
      return;
    }
    around.touchesInterface = true;
    around.touchesUint8Interface |=
        annotation.output().map(SharedSpecAnnotator::isUint8).orElse(false)
            || annotation.inputs().values().stream()
                .flatMap(Optional::stream)
                .anyMatch(SharedSpecAnnotator::isUint8);
  }
}
