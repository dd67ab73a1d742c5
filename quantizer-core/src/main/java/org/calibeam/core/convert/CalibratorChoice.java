package org.calibeam.core.convert;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.calibeam.core.annotate.GraphView;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.ConfigurationException;

/**
 * A calibrator for some of the tensors: those that the nodes found compute. A node name may also be
 * that of an observer, {@code x->conv2d}.
 *
 * <p>Tensors that share qparams share the choice. Weights with a min/max observer are not affected.
 */
public record CalibratorChoice(NodeFinder where, Calibrator calibrator) {
  private static final int SUGGESTIONS = 12;

  /**
   * The calibrator of every observer that one of {@code choices} is for; a later choice wins, one
   * for all nodes is asked last.
   */
  public static Map<ObserverId, Calibrator> resolve(
      List<CalibratorChoice> choices, PreparedProgram prepared) {
    return resolve(choices, prepared, SharedAcrossPaths.of(prepared));
  }

  /**
   * The same for {@code sources} that are known already.
   *
   * @param sources by observer, those whose statistics choose its qparams: the choice for any of
   *     the partners holds for all, that for a source before others
   */
  static Map<ObserverId, Calibrator> resolve(
      List<CalibratorChoice> choices,
      PreparedProgram prepared,
      Map<ObserverId, List<ObserverId>> sources) {
    Map<ObserverId, Calibrator> chosen = new TreeMap<>();
    for (CalibratorChoice choice : choices) {
      if (!choice.isGlobal()) {
        choice.observers(prepared).forEach(id -> chosen.put(id, choice.calibrator));
      }
    }
    Map<ObserverId, Calibrator> passedOn = new TreeMap<>();
    sources.forEach(
        (id, from) -> {
          Calibrator calibrator = chosen.get(id);
          if (calibrator != null && !from.isEmpty() && !chosen.containsKey(from.get(0))) {
            passedOn.putIfAbsent(from.get(0), calibrator);
          }
        });
    chosen.putAll(passedOn);
    global(choices)
        .ifPresent(all -> prepared.observers().keySet().forEach(id -> chosen.putIfAbsent(id, all)));
    return chosen;
  }

  /** The calibrator that {@code choices} give to whatever no narrower one is for. */
  public static Optional<Calibrator> global(List<CalibratorChoice> choices) {
    return choices.stream()
        .filter(CalibratorChoice::isGlobal)
        .map(CalibratorChoice::calibrator)
        .reduce((earlier, later) -> later);
  }

  /** Whether it is for all tensors. */
  public boolean isGlobal() {
    return where instanceof NodeFinder.Global;
  }

  /**
   * Refuses a choice that is for no observer of {@code prepared}: a typing error would go unseen.
   *
   * @throws ConfigurationException if so
   */
  public void requireFound(PreparedProgram prepared) {
    if (isGlobal() || !observers(prepared).isEmpty()) {
      return;
    }
    List<String> known =
        prepared.observers().entrySet().stream()
            .filter(e -> e.getValue() instanceof PreparedObserver.Activation)
            .map(e -> e.getKey().name())
            .distinct()
            .toList();
    throw new ConfigurationException(
        "Cannot use the configuration: the calibrator %s is for %s, where nothing is observed. Observed are %s%s."
            .formatted(
                calibrator.name(),
                where,
                String.join(", ", known.subList(0, Math.min(SUGGESTIONS, known.size()))),
                known.size() > SUGGESTIONS ? ", …" : ""));
  }

  /** The observers that see what the nodes found compute. */
  private Set<ObserverId> observers(PreparedProgram prepared) {
    Set<ObserverId> found = new TreeSet<>();
    for (Map.Entry<CodePath, Graph> entry : prepared.program().graphs().entrySet()) {
      Graph graph = entry.getValue();
      GraphView view = new GraphView(entry.getKey(), graph, prepared.program().constants());
      for (Node.Call call : graph.calls()) {
        if (call.isTarget(PreparedProgram.OBSERVE)) {
          String observer = PreparedProgram.observerOf(call);
          boolean named = where instanceof NodeFinder.NodeName n && n.names().contains(observer);
          if (named || where.finds(view, producer(graph, call))) {
            found.add(new ObserverId(entry.getKey(), observer));
          }
        }
      }
    }
    return found;
  }

  /** The node whose result an observation point sees, past other points. */
  private static String producer(Graph graph, Node.Call point) {
    String source = point.ref(0).orElseThrow();
    while (graph.node(source) instanceof Node.Call call && call.isTarget(PreparedProgram.OBSERVE)) {
      source = call.ref(0).orElseThrow();
    }
    return source;
  }
}
