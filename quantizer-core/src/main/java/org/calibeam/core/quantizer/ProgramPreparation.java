package org.calibeam.core.quantizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.annotate.AnnotatedGraph;
import org.calibeam.core.annotate.Annotation;
import org.calibeam.core.annotate.Annotator;
import org.calibeam.core.annotate.BranchModules;
import org.calibeam.core.annotate.DecidingNodes;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.prepare.Preparer;
import org.calibeam.core.prepare.QuantizedMark;
import org.calibeam.core.report.UnquantizedReasons;
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
  private final Map<ObserverId, PreparedObserver> observers = new TreeMap<>();
  private final Map<CodePath, PreparedProgram.Decisions> decisions = new TreeMap<>();
  private final List<String> notes = new ArrayList<>();
  private Map<String, Constant> constants = Map.of();

  /**
   * @param qat whether batch norm behind a convolution stays, to be trained
   */
  ProgramPreparation(Annotator annotator, boolean qat) {
    this.annotator = annotator;
    this.qat = qat;
  }

  PreparedProgram prepared(Program program) {
    Program done =
        each(program, (whole, path, graph) -> prepare(path, transform(whole, path, graph)));
    return new PreparedProgram(done, observers, decisions, notes, qat);
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
    GraphEditor flagged = new GraphEditor(folded.graph());
    for (Node node : folded.graph().nodes()) {
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
                GraphAndConstants.within(program, path, flagged.build(), folded.constants())));
    constants = transformed.constants();
    return TransformForAnnotation.erase(transformed.graph());
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
