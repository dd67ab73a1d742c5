package org.calibeam.core.inspect;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.jspecify.annotations.Nullable;

/** What in a program a person should look at. */
final class Problems {
  private static final List<String> PLAIN_OPERATORS =
      List.of("aten.", QuantizedDecomposed.NAMESPACE, "_operator.", "math.", "torch.sym_");

  private static final Pattern IN_PLACE = Pattern.compile("aten\\.\\w+[^_]_\\.\\w+");

  private final List<String> problems = new ArrayList<>();

  private Problems() {}

  static List<String> of(
      Program program, List<ConstantSummary> constants, List<QuantizedTensor> quantized) {
    Problems problems = new Problems();
    program.graphs().forEach(problems::operators);
    program.graphs().forEach(problems::mutations);
    for (OutputKind kind : program.outputKinds()) {
      if (kind.kind().endsWith("_mutation")) {
        problems.mutation(CodePath.MAIN, kind.target());
      }
    }
    constants.forEach(problems::constant);
    quantized.forEach(t -> problems.quantized(t, program.graphs().get(t.path())));
    return problems.problems;
  }

  private void operators(CodePath path, Graph graph) {
    Set<String> said = new LinkedHashSet<>();
    for (Node.Call call : graph.calls()) {
      String target = call.target();
      boolean known =
          PLAIN_OPERATORS.stream().anyMatch(target::startsWith)
              || call.isTarget(Node.Call.COND)
              || call.isTarget(Node.Call.WHILE_LOOP);
      if (!known && said.add(target)) {
        add("%s: %s (%s) is an operator that Calibeam cannot run", path, call.name(), target);
      }
    }
  }

  /** Operators that change a constant in place, as exported programs have them before lowering. */
  private void mutations(CodePath path, Graph graph) {
    for (Node.Call call : graph.calls()) {
      if (IN_PLACE.matcher(call.target()).matches()
          && call.ref(0).map(graph::node).orElse(null) instanceof Node.GetAttr attr) {
        mutation(path, attr.constant());
      }
    }
  }

  private void mutation(CodePath path, String what) {
    add("%s: a run changes %s; every sample starts from its exported value", path, what);
  }

  private void constant(ConstantSummary constant) {
    // Single numbers, such as a batch norm's count of batches, are left over by design.
    if (constant.usedIn().isEmpty() && !constant.type().endsWith("[]")) {
      add("the constant %s, %s, is used nowhere", constant.name(), constant.type());
    }
    if (constant.nonFinite() > 0) {
      add(
          "the constant %s has %d values that are NaN or infinite",
          constant.name(), constant.nonFinite());
    }
  }

  private void quantized(QuantizedTensor tensor, @Nullable Graph graph) {
    String where = tensor.path() + ": " + tensor.tensor();
    if (tensor.origin() == QuantizedTensor.Origin.FLOATING_CONSTANT) {
      add("%s is a constant that is quantized each time the program runs", where);
    }
    if (tensor.origin() == QuantizedTensor.Origin.ACTIVATION
        && tensor.quantizes() > 0
        && tensor.dequantizes() == 0
        && (graph == null || graph.users(tensor.tensor()).stream().noneMatch(graph::isOutput))) {
      add("%s is quantized, but not dequantized with the same qparams", where);
    }
    if (tensor.qparams().isEmpty()) {
      return;
    }
    QuantizedTensor.Scales scales = tensor.qparams().get();
    if (!(scales.smallestScale() > 0) || Double.isInfinite(scales.largestScale())) {
      add("%s has a scale of %s", where, scales.smallestScale());
    } else if (tensor.origin() != QuantizedTensor.Origin.CONSTANT
        && scales.smallestScale() == 1
        && scales.smallestZeroPoint() == 0) {
      add(
          "%s has scale 1 and zero point 0, which is what an observer gives that saw nothing",
          where);
    }
    if (scales.smallestZeroPoint() < tensor.quantMin()
        || scales.largestZeroPoint() > tensor.quantMax()) {
      add(
          "%s has zero points from %d to %d outside its integers, %d to %d",
          where,
          scales.smallestZeroPoint(),
          scales.largestZeroPoint(),
          tensor.quantMin(),
          tensor.quantMax());
    }
  }

  private void add(String format, Object... values) {
    problems.add(format.formatted(values));
  }
}
