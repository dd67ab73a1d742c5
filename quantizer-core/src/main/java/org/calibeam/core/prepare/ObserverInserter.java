package org.calibeam.core.prepare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.calibeam.core.annotate.AnnotatedGraph;
import org.calibeam.core.annotate.GraphView;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.qspec.EdgeOrNode;
import org.calibeam.core.qspec.EdgeOrNode.Edge;
import org.calibeam.core.qspec.EdgeOrNode.Output;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.qspec.QuantizationSpec.Observed;

/**
 * Puts observation points into one annotated graph.
 *
 * <p>An output is observed right after its node, for all readers; an input where it is read, unless
 * its producer's output already has the same observer. A reader with an observer of its own comes
 * behind the producer's: the tensor is quantized twice. After torchao 0.18's {@code
 * quantization/pt2e/prepare.py}.
 */
final class ObserverInserter {

  /** A graph with observation points and its observers by name. */
  record Prepared(Graph graph, Map<String, PreparedObserver> observers) {}

  private static final class Slot {
    final QuantizationSpec spec;
    String name = "";
    final List<String> sources = new ArrayList<>();

    Slot(QuantizationSpec spec) {
      this.spec = spec;
    }
  }

  private final CodePath path;
  private final GraphView view;
  private final Map<String, Constant> constants;
  private final Map<EdgeOrNode, Slot> slots = new LinkedHashMap<>();
  private final GraphEditor editor;

  /** Source and observer of each observation point. */
  private final Map<String, Node.Call> points = new HashMap<>();

  /** Observation points right behind a node or another point, by its name. */
  private final Map<String, List<Node.Call>> pointsBehind = new HashMap<>();

  private ObserverInserter(
      CodePath path, AnnotatedGraph annotated, Map<String, Constant> constants) {
    this.path = path;
    this.view = new GraphView(path, annotated.graph(), constants);
    this.constants = constants;
    this.editor = new GraphEditor(annotated.graph());
    for (SharingGroups.Group group : SharingGroups.of(annotated, view)) {
      Slot slot = new Slot(group.spec());
      group.places().forEach(place -> slots.put(place, slot));
    }
  }

  static Prepared insert(CodePath path, AnnotatedGraph annotated, Map<String, Constant> constants) {
    return new ObserverInserter(path, annotated, constants).insert();
  }

  private Prepared insert() {
    for (String name : view.order()) {
      observeInputs(name);
      Slot output = slots.get(new Output(name));
      if (output != null) {
        Node.Call point = addPoint(name, output, name);
        redirect(name, point.name());
      }
    }
    Map<String, PreparedObserver> observers = new TreeMap<>();
    for (Slot slot : slots.values()) {
      if (!slot.name.isEmpty()) {
        observers.put(slot.name, observer(slot));
      }
    }
    return new Prepared(editor.build(), observers);
  }

  private void observeInputs(String consumer) {
    UnaryOperator<String> observed = source -> observedInput(consumer, source);
    if (view.isOutput(consumer)) {
      editor.setOutputs(editor.outputs().stream().map(o -> o.renamed(observed)).toList());
    } else if (editor.node(consumer) instanceof Node.Call call) {
      List<NamedArgument> arguments = new ArrayList<>();
      for (int i = 0; i < call.arguments().size(); i++) {
        NamedArgument argument = call.arguments().get(i);
        boolean mutated = i == 0 && isMutatedBuffer(call, argument.value());
        arguments.add(mutated ? argument : argument.withValue(argument.value().renamed(observed)));
      }
      editor.replace(call.withArguments(arguments));
    }
  }

  /** Name of what {@code consumer} is to read instead of {@code source}. */
  private String observedInput(String consumer, String source) {
    String producer = source;
    for (Node.Call point = points.get(producer); point != null; point = points.get(producer)) {
      producer = point.ref(0).orElseThrow();
    }
    Slot slot = slots.get(new Edge(producer, consumer));
    if (slot == null || slot == slots.get(new Output(producer))) {
      return source;
    }
    for (Node.Call point : pointsBehind.getOrDefault(source, List.of())) {
      if (PreparedProgram.observerOf(point).equals(slot.name)) {
        return point.name();
      }
    }
    return addPoint(source, slot, producer + "->" + consumer).name();
  }

  private Node.Call addPoint(String source, Slot slot, String place) {
    if (slot.name.isEmpty()) {
      slot.name = place;
    }
    slot.sources.add(source);
    Node.Call point =
        PreparedProgram.observe(editor.freshName("observe"), editor.node(source), slot.name);
    editor.insertAfter(source, point);
    points.put(point.name(), point);
    pointsBehind.computeIfAbsent(source, s -> new ArrayList<>()).add(point);
    return point;
  }

  /** Makes all readers of {@code name} but its observation point read {@code point}. */
  private void redirect(String name, String point) {
    editor.replaceUses(name, point, user -> !user.name().equals(point));
    UnaryOperator<String> rename = n -> n.equals(name) ? point : n;
    editor.setOutputs(editor.outputs().stream().map(o -> o.renamed(rename)).toList());
  }

  /** Whether {@code call} writes into its first argument, which is a buffer or a view of one. */
  private boolean isMutatedBuffer(Node.Call call, Argument destination) {
    String[] parts = call.target().split("\\.");
    if (parts.length < 2 || !parts[1].endsWith("_") || parts[1].startsWith("__")) {
      return false;
    }
    List<String> pending = new ArrayList<>(destination.references().toList());
    boolean buffer = false;
    Set<String> seen = new HashSet<>();
    while (!pending.isEmpty()) {
      String name = pending.remove(pending.size() - 1);
      if (!seen.add(name)) {
        continue;
      }
      Node node = editor.node(name);
      if (node instanceof Node.Placeholder) {
        return false;
      }
      if (node instanceof Node.GetAttr attr) {
        Constant constant = constants.get(attr.constant());
        buffer |=
            constant != null
                && (constant.kind() == Constant.Kind.BUFFER
                    || constant.kind() == Constant.Kind.NON_PERSISTENT_BUFFER);
      }
      node.references().forEach(pending::add);
    }
    return buffer;
  }

  private PreparedObserver observer(Slot slot) {
    if (slot.spec instanceof QuantizationSpec.Fixed fixed) {
      return new PreparedObserver.FixedQParams(fixed);
    }
    if (slot.spec instanceof QuantizationSpec.DerivedBias bias) {
      return new PreparedObserver.Bias(
          bias,
          idOf(bias.activation()),
          idOf(bias.weight()),
          onlyConstant(slot).map(Constant::tensor));
    }
    if (!(slot.spec instanceof Observed observed)) {
      throw new IllegalStateException("A shared spec was not resolved: " + slot.spec);
    }
    if (observed.dynamic()) {
      return new PreparedObserver.Dynamic(observed);
    }
    Optional<Constant> constant = onlyConstant(slot);
    return constant.isPresent()
        ? new PreparedObserver.Weight(observed, constant.get().tensor())
        : new PreparedObserver.Activation(observed);
  }

  /** The constant that is all an observer sees. */
  private Optional<Constant> onlyConstant(Slot slot) {
    if (slot.sources.size() != 1
        || !(editor.node(slot.sources.get(0)) instanceof Node.GetAttr attr)) {
      return Optional.empty();
    }
    return Optional.ofNullable(constants.get(attr.constant())).filter(c -> c.data().isPresent());
  }

  private ObserverId idOf(Edge edge) {
    Slot slot = slots.get(edge);
    if (slot == null || slot.name.isEmpty()) {
      throw new IllegalStateException(
          "The bias of %s derives from %s, which is not observed".formatted(edge.consumer(), edge));
    }
    return new ObserverId(path, slot.name);
  }
}
