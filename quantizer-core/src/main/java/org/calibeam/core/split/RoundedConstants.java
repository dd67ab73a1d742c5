package org.calibeam.core.split;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.transform.ConstantEvaluator;

/**
 * Rounds ahead what no operand of a branch decides: {@code quantize(f(c))} → {@code c'}. A branch
 * that does nothing else has nothing that Arm's backend would delegate.
 */
final class RoundedConstants {
  private final Program program;
  private final ConstantEvaluator evaluator;
  private final Map<String, Constant> constants;

  private RoundedConstants(Program program, ConstantEvaluator evaluator) {
    this.program = program;
    this.evaluator = evaluator;
    this.constants = new LinkedHashMap<>(program.constants());
  }

  static Program apply(Program program, ConstantEvaluator evaluator) {
    RoundedConstants rule = new RoundedConstants(program, evaluator);
    Graph main = rule.descend(program.main(), false);
    return program.withConstants(rule.constants).withMain(main);
  }

  private Graph descend(Graph graph, boolean inside) {
    GraphEditor editor = new GraphEditor(graph);
    FixedValues values = new FixedValues(program, graph, evaluator);
    Set<String> fixed = PathSplitter.constantNodes(graph);
    for (Node.Call call : graph.calls()) {
      if (call.isControlFlow()) {
        editor.replace(call.withGraphs(sub -> descend(sub.graph(), true)));
      } else if (inside && isRounding(fixed, call)) {
        TensorData value = values.of(call.name());
        String name = freshConstant();
        constants.put(name, Constant.buffer(value));
        editor.replace(
            new Node.GetAttr(call.name(), name, new Value.Tensor(value.spec()), Map.of()));
      }
    }
    return editor.build();
  }

  private static boolean isRounding(Set<String> fixed, Node.Call call) {
    return call.isTarget(QuantizedDecomposed.QUANTIZE)
        && call.ref(0).filter(fixed::contains).isPresent();
  }

  private String freshConstant() {
    int number = 0;
    while (constants.containsKey("_rounded" + number)) {
      number++;
    }
    return "_rounded" + number;
  }
}
