package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.transform.ConstantEvaluator;

/** Evaluates any call that libtorch can run, as a program of that call alone. */
public final class LibtorchEvaluator implements ConstantEvaluator {

  @Override
  public Optional<List<TensorData>> evaluate(
      Node.Call call, Function<String, TensorData> operands) {
    Map<String, Constant> constants = new LinkedHashMap<>();
    List<Node> nodes = new ArrayList<>();
    for (String name : new LinkedHashSet<>(call.references().toList())) {
      TensorData data = operands.apply(name);
      constants.put(name, Constant.buffer(data));
      nodes.add(new Node.GetAttr(name, name, new Value.Tensor(data.spec()), Map.of()));
    }
    nodes.add(call);
    List<Argument> outputs = new ArrayList<>();
    if (call.value() instanceof Value.Several several) {
      for (int i = 0; i < several.elements().size(); i++) {
        String name = call.name() + "." + i;
        nodes.add(Node.Call.getitem(name, call.name(), i, several.elements().get(i)));
        outputs.add(Argument.ref(name));
      }
    } else if (call.value() instanceof Value.Tensor) {
      outputs.add(Argument.ref(call.name()));
    } else {
      return Optional.empty();
    }
    List<OutputKind> kinds = outputs.stream().map(o -> OutputKind.USER_OUTPUT).toList();
    Program program = new Program(new Graph(nodes, outputs, false), constants, kinds, Map.of());
    try (GraphRunner runner = GraphRunner.load(program)) {
      return Optional.of(runner.run(List.of()));
    }
  }
}
