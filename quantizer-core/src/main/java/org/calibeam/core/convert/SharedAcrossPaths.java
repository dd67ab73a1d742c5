package org.calibeam.core.convert;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.jspecify.annotations.Nullable;

/**
 * Which observers see one tensor from the two sides of a call that runs graphs.
 *
 * <p>An operand is quantized by the caller and again by the branch that reads it, a result by the
 * branch and again by the caller. With qparams of their own each of the two rounds, and the errors
 * add up; with the same ones the second changes nothing. The caller sees the tensor for every
 * sample, so its statistics count. What a loop carries is one tensor in every round: there, the
 * statistics of all are merged.
 */
final class SharedAcrossPaths {
  private final PreparedProgram prepared;

  /** Union-find: each observer's parent; roots are their own. */
  private final Map<ObserverId, ObserverId> parents = new TreeMap<>();

  /** Observers that see only what some samples bring, and their caller all of it. */
  private final Set<ObserverId> partial = new HashSet<>();

  private final Set<ObserverId> carried = new HashSet<>();

  /** A graph with the call that runs it; the main graph has none. */
  private record Frame(
      CodePath path, Graph graph, Node.@Nullable Call call, @Nullable Frame caller) {
    Optional<String> observer(String name) {
      return graph
          .call(name)
          .filter(c -> c.isTarget(PreparedProgram.OBSERVE))
          .map(PreparedProgram::observerOf);
    }

    /** Observers right behind the node called {@code name}. */
    List<ObserverId> behind(String name) {
      return graph.users(name).stream()
          .flatMap(user -> observer(user).stream())
          .distinct()
          .map(observer -> new ObserverId(path, observer))
          .toList();
    }
  }

  private SharedAcrossPaths(PreparedProgram prepared) {
    this.prepared = prepared;
  }

  /**
   * For each observer with partners, the observers whose statistics choose its qparams, ordered;
   * partners have the same. Others are missing.
   */
  static Map<ObserverId, List<ObserverId>> of(PreparedProgram prepared) {
    SharedAcrossPaths shared = new SharedAcrossPaths(prepared);
    shared.visit(new Frame(CodePath.MAIN, prepared.program().main(), null, null));
    return shared.sources();
  }

  private void visit(Frame frame) {
    for (Node.Call call : frame.graph().calls()) {
      boolean loop = call.isTarget(Node.Call.WHILE_LOOP);
      if (!loop && !call.isTarget(Node.Call.COND)) {
        continue;
      }
      List<String> operands = call.operands();
      List<Argument.Sub> subs = call.subgraphs().toList();
      for (int s = 0; s < subs.size(); s++) {
        Graph graph = subs.get(s).graph();
        Frame inner = new Frame(frame.path().child(subs.get(s).name()), graph, call, frame);
        for (int i = 0; i < operands.size(); i++) {
          operand(frame, operands.get(i), inner, graph.placeholders().get(i).name(), loop);
        }
        if (!loop || s > 0) {
          results(frame, call, inner, loop);
        }
        visit(inner);
      }
    }
  }

  private void operand(Frame caller, String operand, Frame inner, String inside, boolean loop) {
    Optional<ObserverId> outside = source(caller, operand);
    for (ObserverId id : inner.behind(inside)) {
      outside.ifPresent(o -> link(o, id, loop));
    }
  }

  /** The observer whose values {@code name} has, followed outwards through operands. */
  private static Optional<ObserverId> source(@Nullable Frame frame, String name) {
    if (frame == null) {
      return Optional.empty();
    }
    Optional<ObserverId> here =
        frame.observer(name).map(observer -> new ObserverId(frame.path(), observer));
    int index = frame.graph().placeholders().stream().map(Node::name).toList().indexOf(name);
    return here.isPresent() || frame.call() == null || index < 0
        ? here
        : source(frame.caller(), frame.call().operands().get(index));
  }

  private void results(Frame caller, Node.Call call, Frame inner, boolean loop) {
    List<String> outputs = inner.graph().outputNames();
    for (int k = 0; k < outputs.size(); k++) {
      Optional<ObserverId> inside =
          inner.observer(outputs.get(k)).map(observer -> new ObserverId(inner.path(), observer));
      if (inside.isPresent()) {
        for (ObserverId outside : readers(caller, call, k)) {
          link(outside, inside.get(), loop);
        }
        if (loop && k < inner.graph().placeholders().size()) {
          for (ObserverId next : inner.behind(inner.graph().placeholders().get(k).name())) {
            link(next, inside.get(), true);
          }
        }
      }
    }
  }

  /** The observers that read result {@code k} of {@code call}, followed outwards. */
  private static List<ObserverId> readers(Frame frame, Node.Call call, int k) {
    List<ObserverId> readers = new ArrayList<>();
    for (String user : frame.graph().users(call.name())) {
      Argument which = frame.graph().call(user).flatMap(c -> c.argument(1)).orElse(Argument.NONE);
      if (which.equals(Argument.of(k))) {
        readers.addAll(frame.behind(user));
        int output = frame.graph().outputNames().indexOf(user);
        if (output >= 0 && frame.call() != null && frame.caller() != null) {
          readers.addAll(readers(frame.caller(), frame.call(), output));
        }
      }
    }
    return readers;
  }

  private void link(ObserverId outside, ObserverId inside, boolean loop) {
    if (prepared.observers().get(outside) instanceof PreparedObserver.Activation a
        && prepared.observers().get(inside) instanceof PreparedObserver.Activation b
        && a.spec().equals(b.spec())) {
      ObserverId one = root(outside);
      ObserverId other = root(inside);
      parents.put(one, one);
      parents.put(other, one);
      parents.putIfAbsent(outside, one);
      parents.putIfAbsent(inside, one);
      if (loop) {
        carried.add(outside);
      } else {
        partial.add(inside);
      }
    }
  }

  private ObserverId root(ObserverId id) {
    ObserverId at = id;
    for (ObserverId next = parents.get(at);
        next != null && !next.equals(at);
        next = parents.get(at)) {
      at = next;
    }
    return at;
  }

  private Map<ObserverId, List<ObserverId>> sources() {
    Map<ObserverId, Set<ObserverId>> groups = new TreeMap<>();
    parents.keySet().forEach(id -> groups.computeIfAbsent(root(id), r -> new TreeSet<>()).add(id));
    Map<ObserverId, List<ObserverId>> sources = new TreeMap<>();
    for (Set<ObserverId> group : groups.values()) {
      boolean all = group.stream().anyMatch(carried::contains) || partial.containsAll(group);
      List<ObserverId> counted =
          group.stream().filter(id -> all || !partial.contains(id)).sorted().toList();
      group.forEach(id -> sources.put(id, counted));
    }
    return sources;
  }
}
