package org.calibeam.core.prepare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.annotate.AnnotatedGraph;
import org.calibeam.core.annotate.Annotation;
import org.calibeam.core.annotate.GraphView;
import org.calibeam.core.qspec.EdgeOrNode;
import org.calibeam.core.qspec.EdgeOrNode.Edge;
import org.calibeam.core.qspec.EdgeOrNode.Output;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * Which places of a graph have one observer together.
 *
 * <p>Places share because their specs say so, or implicitly because they are one tensor: the edges
 * from one producer, and its output, share if they agree in type, range, scheme and axis. This is
 * the union-find of torchao 0.18's {@code quantization/pt2e/prepare.py}, whose result depends on
 * the order of the entries: node by node, inputs before the output.
 */
final class SharingGroups {

  /** Places that have one observer, with its spec, which is never shared. */
  record Group(QuantizationSpec spec, List<EdgeOrNode> places) {}

  private final GraphView view;
  private final Map<EdgeOrNode, QuantizationSpec> specs = new LinkedHashMap<>();
  private final Map<EdgeOrNode, EdgeOrNode> parents = new LinkedHashMap<>();

  private SharingGroups(AnnotatedGraph annotated, GraphView view) {
    this.view = view;
    for (String name : view.order()) {
      Annotation annotation = annotated.annotations().get(name);
      if (annotation != null) {
        annotation
            .inputs()
            .forEach((producer, spec) -> spec.ifPresent(s -> add(new Edge(producer, name), s)));
        annotation.output().ifPresent(s -> add(new Output(name), s));
      }
    }
  }

  private void add(EdgeOrNode place, QuantizationSpec spec) {
    specs.put(place, spec);
    parents.put(place, place);
  }

  /** The groups, in the order in which their first place occurs. */
  static List<Group> of(AnnotatedGraph annotated, GraphView view) {
    return new SharingGroups(annotated, view).resolve();
  }

  private List<Group> resolve() {
    for (Map.Entry<EdgeOrNode, QuantizationSpec> entry : specs.entrySet()) {
      EdgeOrNode place = entry.getKey();
      if (place instanceof Edge edge) {
        shareImplicitly(edge, entry.getValue());
      }
      if (entry.getValue() instanceof QuantizationSpec.Shared shared) {
        requirePresent(shared, place);
        union(shared.source(), place);
      }
    }
    Map<EdgeOrNode, List<EdgeOrNode>> places = new LinkedHashMap<>();
    for (EdgeOrNode place : specs.keySet()) {
      places.computeIfAbsent(root(place), r -> new ArrayList<>()).add(place);
    }
    List<Group> groups = new ArrayList<>();
    for (List<EdgeOrNode> members : places.values()) {
      groups.add(new Group(unshared(spec(members.get(0)), members.get(0)), List.copyOf(members)));
    }
    return groups;
  }

  private void shareImplicitly(Edge edge, QuantizationSpec spec) {
    QuantizationSpec own = unshared(spec, edge);
    for (String user : view.users(edge.producer())) {
      if (!user.equals(edge.consumer())) {
        unionIfAlike(new Edge(edge.producer(), user), edge, own);
      }
    }
    unionIfAlike(new Output(edge.producer()), edge, own);
  }

  private void unionIfAlike(EdgeOrNode other, Edge edge, QuantizationSpec own) {
    if (specs.containsKey(other) && isAlike(unshared(spec(other), other), own)) {
      union(other, edge);
    }
  }

  /** Whether two specs can have one observer; which class observes and eps do not matter. */
  private static boolean isAlike(QuantizationSpec a, QuantizationSpec b) {
    if (a instanceof QuantizationSpec.Observed x && b instanceof QuantizationSpec.Observed y) {
      return x.dtype() == y.dtype()
          && x.dynamic() == y.dynamic()
          && x.quantMin() == y.quantMin()
          && x.quantMax() == y.quantMax()
          && x.qscheme() == y.qscheme()
          && x.chAxis() == y.chAxis();
    }
    if (a instanceof QuantizationSpec.DerivedBias x
        && b instanceof QuantizationSpec.DerivedBias y) {
      return x.dtype() == y.dtype()
          && x.quantMin() == y.quantMin()
          && x.quantMax() == y.quantMax()
          && x.qscheme() == y.qscheme()
          && x.chAxis() == y.chAxis();
    }
    return a instanceof QuantizationSpec.Fixed && a.equals(b);
  }

  private QuantizationSpec spec(EdgeOrNode place) {
    QuantizationSpec spec = specs.get(place);
    if (spec == null) {
      throw new IllegalStateException("Nothing is annotated at " + place);
    }
    return spec;
  }

  private void requirePresent(QuantizationSpec.Shared shared, EdgeOrNode place) {
    if (!specs.containsKey(shared.source())) {
      throw new IllegalStateException(
          "%s shares the observer of %s, which has none".formatted(place, shared.source()));
    }
  }

  private QuantizationSpec unshared(QuantizationSpec spec, EdgeOrNode place) {
    QuantizationSpec result = spec;
    for (int hops = 0; result instanceof QuantizationSpec.Shared shared; hops++) {
      requirePresent(shared, place);
      result = spec(root(shared.source()));
      if (hops > specs.size()) {
        throw new IllegalStateException(
            "The specs shared from %s go round in a circle".formatted(place));
      }
    }
    return result;
  }

  private EdgeOrNode root(EdgeOrNode place) {
    EdgeOrNode at = place;
    EdgeOrNode parent = parentOf(at);
    while (!parent.equals(at)) {
      at = parent;
      parent = parentOf(at);
    }
    parents.put(place, at);
    return at;
  }

  private EdgeOrNode parentOf(EdgeOrNode place) {
    return Optional.ofNullable(parents.get(place))
        .orElseThrow(() -> new IllegalStateException("Nothing is annotated at " + place));
  }

  private void union(EdgeOrNode parent, EdgeOrNode child) {
    EdgeOrNode rootParent = root(parent);
    EdgeOrNode rootChild = root(child);
    boolean refersBack =
        spec(rootParent) instanceof QuantizationSpec.Shared shared
            && shared.source().equals(rootChild);
    if (refersBack) {
      parents.put(rootParent, rootChild);
    } else {
      parents.put(rootChild, rootParent);
    }
  }
}
