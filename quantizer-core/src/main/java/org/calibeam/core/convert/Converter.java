package org.calibeam.core.convert;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.ops.Operators;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.prepare.QuantizedMark;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.transform.LiftBranchConstants;

/** Makes the quantized program from a prepared one and its statistics. */
public final class Converter {

  /** Metadata keys with this prefix are this project's own and end here. */
  private static final String OWN_METADATA = "calibeam.";

  private final PreparedProgram prepared;
  private final Map<ObserverId, QParams> qparams;
  private final Set<CodePath> floating;
  private final Map<String, Constant> constants;
  private final CorrectBiases biases;

  private Converter(
      PreparedProgram prepared,
      Map<ObserverId, Statistic> statistics,
      Map<ObserverId, QParams> qparams,
      Set<CodePath> floating) {
    this.prepared = prepared;
    this.qparams = qparams;
    this.floating = floating;
    this.constants = new LinkedHashMap<>(prepared.program().constants());
    this.biases = new CorrectBiases(prepared.observers(), statistics, qparams, constants);
  }

  /**
   * Chooses qparams and converts.
   *
   * @param statistics what each observer of an activation saw
   * @param samplesPerPath how many samples reached each code path; a path that is missing was
   *     reached by none
   * @throws SamplesException if too few samples reached a code path and the options do not say what
   *     to do then, or if an observer saw no number
   */
  public static ConvertedProgram convert(
      PreparedProgram prepared,
      Map<ObserverId, Statistic> statistics,
      Map<CodePath, Long> samplesPerPath,
      ConvertOptions options) {
    return convert(prepared, statistics, Map.of(), samplesPerPath, options);
  }

  /**
   * Converts with some qparams chosen elsewhere.
   *
   * @param given qparams by observer; {@code options.calibrator()} chooses the others
   */
  public static ConvertedProgram convert(
      PreparedProgram prepared,
      Map<ObserverId, Statistic> statistics,
      Map<ObserverId, QParams> given,
      Map<CodePath, Long> samplesPerPath,
      ConvertOptions options) {
    if (options.controlFlow() == ControlFlowForm.TOSA) {
      return convert(
          oneScalePerBranchWeight(prepared),
          statistics,
          given,
          samplesPerPath,
          options.withControlFlow(ControlFlowForm.TORCH));
    }
    Set<CodePath> unreached = unreached(prepared, samplesPerPath, options);
    boolean borrow = options.unreached() == UnreachedPathPolicy.BORROW;
    Map<ObserverId, List<ObserverId>> sources = SharedAcrossPaths.of(prepared);
    QParamsResolver resolver =
        new QParamsResolver(
            prepared.observers(),
            statistics,
            given,
            options.calibrator(),
            CalibratorChoice.resolve(options.choices(), prepared, sources),
            sources);
    resolver.resolve(id -> !isWithin(id.codePath(), unreached));
    if (borrow) {
      for (CodePath path : unreached) {
        resolver.borrow(path, BorrowedRanges.of(prepared, path, resolver::coveredRange));
      }
    }
    Set<CodePath> floating = borrow ? Set.of() : unreached;
    Converter converter = new Converter(prepared, statistics, resolver.qparams(), floating);
    Program program = converter.convert();
    return new ConvertedProgram(
        program,
        resolver.qparams(),
        resolver.notes(),
        floating,
        borrow ? unreached : Set.of(),
        converter.biases.corrected());
  }

  private static PreparedProgram oneScalePerBranchWeight(PreparedProgram prepared) {
    Map<ObserverId, PreparedObserver> observers = new TreeMap<>(prepared.observers());
    observers.replaceAll(
        (id, observer) ->
            observer instanceof PreparedObserver.Weight weight
                    && weight.spec().qscheme().isPerChannel()
                    && !id.codePath().equals(CodePath.MAIN)
                ? new PreparedObserver.Weight(weight.spec().perTensor(), weight.value())
                : observer);
    return prepared.withObservers(observers);
  }

  /**
   * Converts what has been trained: batch norms are folded with their trained statistics first.
   *
   * @param trained what training left behind
   * @param statistics of the observers of activations that training chose no qparams for
   */
  public static ConvertedProgram convertTrained(
      PreparedProgram prepared,
      Training trained,
      Map<ObserverId, Statistic> statistics,
      Map<CodePath, Long> samplesPerPath,
      ConvertOptions options) {
    PreparedProgram folded = FoldTrainedNorms.apply(prepared, trained.constants());
    return convert(folded, statistics, trained.qparams(), samplesPerPath, options);
  }

  /**
   * What training leaves behind.
   *
   * @param qparams of the observers that fake-quantized something
   * @param constants changed by the program itself, by name: running means and variances
   */
  public record Training(Map<ObserverId, QParams> qparams, Map<String, TensorData> constants) {
    public Training {
      qparams = Map.copyOf(qparams);
      constants = Map.copyOf(constants);
    }
  }

  /** Converts with qparams that were chosen elsewhere. */
  public static Program convert(PreparedProgram prepared, Map<ObserverId, QParams> qparams) {
    return new Converter(prepared, Map.of(), qparams, Set.of()).convert();
  }

  private static boolean isWithin(CodePath path, Set<CodePath> paths) {
    return paths.stream().anyMatch(path::isWithin);
  }

  private static Set<CodePath> unreached(
      PreparedProgram prepared, Map<CodePath, Long> samplesPerPath, ConvertOptions options) {
    Set<CodePath> observed = new TreeSet<>();
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (observer instanceof PreparedObserver.Activation) {
                observed.add(id.codePath());
              }
            });
    Set<CodePath> unreached = new TreeSet<>();
    for (CodePath path : observed) {
      if (samplesPerPath.getOrDefault(path, 0L) < options.minSamplesPerPath()
          && !isWithin(path, unreached)) {
        unreached.add(path);
      }
    }
    if (!unreached.isEmpty()
        && (options.unreached() == UnreachedPathPolicy.FAIL || unreached.contains(CodePath.MAIN))) {
      Map<CodePath, Long> counts = new TreeMap<>();
      prepared
          .program()
          .graphs()
          .keySet()
          .forEach(path -> counts.put(path, samplesPerPath.getOrDefault(path, 0L)));
      throw new SamplesException(
          "Cannot quantize code path %s: it was reached by fewer than %d sample(s). Samples per path: %s."
                  .formatted(
                      unreached.stream().map(CodePath::text).collect(Collectors.joining(", ")),
                      options.minSamplesPerPath(),
                      counts.entrySet().stream()
                          .map(e -> e.getKey() + " " + e.getValue())
                          .collect(Collectors.joining(", ")))
              + " Add samples that take it, or leave it in floating point.");
    }
    return unreached;
  }

  private Program convert() {
    Program source = prepared.program();
    Graph main = convert(CodePath.MAIN, source.main());
    Program converted = source.withConstants(constants).withMain(main);
    Program used =
        converted.withConstants(GraphConverter.used(constants, converted.usedConstants()));
    return LiftBranchConstants.apply(used);
  }

  private Graph convert(CodePath path, Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.subgraphs().findAny().isPresent()) {
        editor.replace(call.withGraphs(sub -> convert(path.child(sub.name()), sub.graph())));
      }
    }
    Graph inner = editor.build();
    boolean stays = isWithin(path, floating);
    Graph converted =
        stays
            ? FloatingBranch.withoutObservers(inner)
            : GraphConverter.convert(
                path, biases.apply(path, inner), prepared.observers(), qparams::get, constants);
    PreparedProgram.Decisions decisions = prepared.decisions().get(path);
    if (!stays && decisions != null && path.isMain()) {
      converted = DecideByInputs.apply(converted, decisions.quantized());
    }
    if (!stays && decisions != null) {
      converted = DuplicateDequantize.apply(converted, decisions.annotated());
    }
    return withoutOwnMetadata(RoundBeforeActivation.apply(withoutDeadCode(converted)), stays);
  }

  private static Graph withoutDeadCode(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    editor.removeDead(Converter::hasEffect);
    return editor.build();
  }

  private static boolean hasEffect(Node node) {
    if (!(node instanceof Node.Call call)) {
      return false;
    }
    String[] parts = call.target().split("\\.");
    return parts.length > 1 && parts[0].equals("aten") && parts[1].endsWith("_");
  }

  private static Node.Call asExported(Node.Call call) {
    return Operators.find(call.target())
        .map(schema -> call.withArguments(schema.asExported(call.arguments())))
        .orElse(call);
  }

  private static Graph withoutOwnMetadata(Graph graph, boolean unmark) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Call call) {
        Map<String, String> metadata = new LinkedHashMap<>(call.metadata());
        metadata.keySet().removeIf(key -> key.startsWith(OWN_METADATA));
        Node.Call clean = asExported(call.withMetadata(metadata));
        editor.replace(
            unmark && QuantizedMark.isQuantized(clean) ? QuantizedMark.set(clean, false) : clean);
      } else if (node instanceof Node.GetAttr attr) {
        Map<String, String> metadata = new LinkedHashMap<>(attr.metadata());
        metadata.keySet().removeIf(key -> key.startsWith(OWN_METADATA));
        editor.replace(new Node.GetAttr(attr.name(), attr.constant(), attr.value(), metadata));
      }
    }
    return editor.build();
  }
}
