package org.calibeam.core.quantizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.annotate.AnnotatedGraph;
import org.calibeam.core.annotate.Annotation;
import org.calibeam.core.annotate.Annotator;
import org.calibeam.core.annotate.BranchModules;
import org.calibeam.core.annotate.DecidingNodes;
import org.calibeam.core.annotate.DecisionInputs;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.calibeam.core.prepare.BiasedLayer;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.prepare.Preparer;
import org.calibeam.core.prepare.QuantizedMark;
import org.calibeam.core.report.UnquantizedReasons;
import org.calibeam.core.transform.EqualizeChannels;
import org.calibeam.core.transform.EqualizedPair;
import org.calibeam.core.transform.FoldBatchNorm;
import org.calibeam.core.transform.GraphAndConstants;
import org.calibeam.core.transform.ResolveBranchConstants;
import org.calibeam.core.transform.TransformForAnnotation;
import org.calibeam.core.transform.Transformed;
import org.calibeam.core.transform.ViewEvaluator;

/** Takes a program through rewriting, annotation and preparation, graph by graph. */
final class ProgramPreparation {
  private final Annotator annotator;
  private final boolean qat;
  private final Set<Repair> repairs;
  private final List<PreparedProgram.Equalized> equalized = new ArrayList<>();
  private final Map<ObserverId, PreparedObserver> observers = new TreeMap<>();
  private final Map<CodePath, PreparedProgram.Decisions> decisions = new TreeMap<>();
  private final List<String> notes = new ArrayList<>();
  private Map<String, Constant> constants = Map.of();
  private Map<CodePath, Set<String>> deciding = Map.of();

  /**
   * @param qat whether batch norm behind a convolution stays, to be trained
   */
  ProgramPreparation(Annotator annotator, boolean qat, Set<Repair> repairs) {
    this.annotator = annotator;
    this.qat = qat;
    this.repairs = repairs;
  }

  PreparedProgram prepared(Program program) {
    Program done =
        each(program, (whole, path, graph) -> prepare(path, transform(whole, path, graph)));
    if (repairs.contains(Repair.BIAS)) {
      done = sumChannels(done);
    }
    return new PreparedProgram(done, observers, decisions, notes, qat, equalized);
  }

  Program transformed(Program program) {
    return each(program, this::transform);
  }

  private interface Step {
    Graph apply(Program program, CodePath path, Graph graph);
  }

  private Program each(Program program, Step step) {
    Program resolved = DecidingNodes.mark(ResolveBranchConstants.apply(program));
    constants = resolved.constants();
    deciding = repairs.contains(Repair.EQUALIZE) ? DecisionInputs.of(resolved) : Map.of();
    Graph main = each(resolved, CodePath.MAIN, resolved.main(), step);
    return resolved.withConstants(constants).withMain(main);
  }

  private Graph each(Program program, CodePath path, Graph graph, Step step) {
    Graph done = step.apply(program, path, path.isMain() ? graph : BranchModules.derive(graph));
    GraphEditor editor = new GraphEditor(done);
    for (Node.Call call : done.calls()) {
      if (call.subgraphs().findAny().isPresent()) {
        editor.replace(
            call.withGraphs(sub -> each(program, path.child(sub.name()), sub.graph(), step)));
      }
    }
    return editor.build();
  }

  private Graph transform(Program program, CodePath path, Graph graph) {
    GraphAndConstants given = GraphAndConstants.within(program, path, graph, constants);
    GraphAndConstants folded = qat ? given : noted(path, FoldBatchNorm.apply(given));
    AnnotatedGraph trial = annotator.annotate(path, folded.graph(), folded.constants());
    GraphAndConstants equal =
        repairs.contains(Repair.EQUALIZE) ? equalize(path, folded, trial) : folded;
    GraphEditor flagged = new GraphEditor(equal.graph());
    for (Node node : equal.graph().nodes()) {
      Annotation annotation = trial.annotations().get(node.name());
      boolean disallow = annotation == null || !annotation.quantized();
      Map<String, String> metadata = new HashMap<>(node.metadata());
      metadata.put(TransformForAnnotation.DISALLOW, Boolean.toString(disallow));
      flagged.replace(node.withMetadata(metadata));
    }
    TransformForAnnotation transform =
        new TransformForAnnotation(
            new ViewEvaluator().orElse(new LibtorchEvaluator()),
            qat ? TransformForAnnotation.Mode.TRAINING : TransformForAnnotation.Mode.POST_TRAINING);
    GraphAndConstants transformed =
        noted(
            path,
            transform.apply(
                GraphAndConstants.within(program, path, flagged.build(), equal.constants())));
    constants = transformed.constants();
    return TransformForAnnotation.erase(transformed.graph());
  }

  private GraphAndConstants equalize(
      CodePath path, GraphAndConstants graph, AnnotatedGraph annotated) {
    EqualizeChannels.Outcome outcome =
        EqualizeChannels.apply(
            graph,
            name -> {
              Annotation annotation = annotated.annotations().get(name);
              return annotation != null
                  && annotation.quantized()
                  && !deciding.getOrDefault(path, Set.of()).contains(name);
            });
    for (EqualizedPair pair : outcome.pairs()) {
      equalized.add(
          new PreparedProgram.Equalized(
              path, pair.first(), pair.second(), pair.channels(), pair.least(), pair.greatest()));
    }
    return outcome.result();
  }

  /**
   * Has the channels of the inputs of layers summed up, and marks these layers, whose biases are to
   * be corrected. Those that decide about control flow are left: near a threshold any shift, even
   * one for the better, sends samples another way.
   */
  private Program sumChannels(Program program) {
    Map<CodePath, Set<String>> decide = DecisionInputs.of(program);
    return program.withMain(sumChannels(CodePath.MAIN, program.main(), decide));
  }

  private Graph sumChannels(CodePath path, Graph graph, Map<CodePath, Set<String>> decide) {
    GraphEditor editor = new GraphEditor(graph);
    for (BiasedLayer layer : BiasedLayer.of(path, graph, observers)) {
      if (decide.getOrDefault(path, Set.of()).contains(layer.call().name())) {
        continue;
      }
      PreparedObserver.Activation input =
          (PreparedObserver.Activation) Objects.requireNonNull(observers.get(layer.activation()));
      int rank = graph.node(layer.call().ref(0).orElseThrow()).spec().orElseThrow().rank();
      observers.put(
          layer.activation(),
          new PreparedObserver.Activation(input.spec(), layer.channelAxis(rank)));
      editor.replace(layer.marked());
    }
    for (Node.Call call : graph.calls()) {
      if (call.subgraphs().findAny().isPresent()) {
        editor.replace(
            call.withGraphs(sub -> sumChannels(path.child(sub.name()), sub.graph(), decide)));
      }
    }
    return editor.build();
  }

  private GraphAndConstants noted(CodePath path, Transformed transformed) {
    transformed.notes().forEach(note -> notes.add(path + ":" + note));
    return transformed.result();
  }

  private Graph prepare(CodePath path, Graph graph) {
    AnnotatedGraph annotated = annotator.annotate(path, graph, constants);
    Preparer.PreparedGraph prepared = Preparer.prepare(path, annotated, constants);
    prepared.observers().forEach((name, o) -> observers.put(new ObserverId(path, name), o));
    decisions.put(
        path,
        new PreparedProgram.Decisions(
            prepared.annotated(), prepared.quantized(), UnquantizedReasons.of(annotated)));
    GraphEditor marked = new GraphEditor(prepared.graph());
    for (Node.Call call : prepared.graph().calls()) {
      if (prepared.quantized().contains(call.name())) {
        marked.replace(QuantizedMark.set(call, true));
      } else if (prepared.floating().contains(call.name())) {
        marked.replace(QuantizedMark.set(call, false));
      }
    }
    return marked.build();
  }
}
