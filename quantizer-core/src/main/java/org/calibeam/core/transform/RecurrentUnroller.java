package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Writes a recurrent layer as its cells, one per step and direction.
 *
 * <p>The order of nodes and their metadata are the reference's: what stands for a result of the
 * layer takes the metadata of the {@code getitem} that read it.
 */
final class RecurrentUnroller {

  /**
   * Weights of one layer in one direction.
   *
   * @param inputBias {@link Argument#NONE} in a layer without
   * @param hiddenBias likewise
   */
  record Weights(Argument input, Argument hidden, Argument inputBias, Argument hiddenBias) {

    /** The product with an input. */
    Argument.Ref ofInput(CallEmitter emit, Argument.Ref x) {
      return emit.call("aten.linear.default", x, input, inputBias);
    }

    /** The product with a hidden state. */
    Argument.Ref ofHidden(CallEmitter emit, Argument.Ref h) {
      return emit.call("aten.linear.default", h, hidden, hiddenBias);
    }
  }

  /** What one step does. */
  interface Cell {
    /** The next states after {@code states}, of which the first is the hidden one. */
    List<Argument.Ref> step(
        CallEmitter emit, Argument.Ref x, List<Argument.Ref> states, Weights weights);
  }

  /** How outputs of two directions are joined. */
  enum Join {
    /** Step by step, then along time. */
    STEPS_FIRST,
    /** Each direction along time, then both. */
    TIME_FIRST
  }

  private final Node.Call call;
  private final Arguments arguments;
  private final CallEmitter emit;
  private final Rewriting rewriting;
  private final Cell cell;
  private final Join join;
  private final List<Argument.Ref> parameters;
  private final boolean biased;
  private final long timeDim;
  private final long steps;

  RecurrentUnroller(Node.Call call, Rewriting rewriting, Cell cell, Join join) {
    this.call = call;
    this.rewriting = rewriting;
    this.cell = cell;
    this.join = join;
    arguments = Arguments.of(call);
    emit = rewriting.emitter(call.metadata());
    parameters = arguments.tensors("params");
    biased = arguments.flag("has_biases");
    TensorSpec input = rewriting.spec(arguments.tensor("input").orElseThrow());
    timeDim = arguments.flag("batch_first") ? 1 : 0;
    steps = Geometry.number(input.sizes().get((int) timeDim));
  }

  /** Replaces the layer, its initial states being {@code initial}. */
  void replace(List<Argument.Ref> initial) {
    boolean both = arguments.flag("bidirectional");
    int directions = both ? 2 : 1;
    List<List<Argument.Ref>> finals = new ArrayList<>();
    initial.forEach(s -> finals.add(new ArrayList<>()));
    Argument.Ref current = arguments.tensor("input").orElseThrow();
    long layers = arguments.integer("num_layers").orElseThrow();
    for (int layer = 0; layer < layers; layer++) {
      Direction forward = direction(current, initial, layer * directions, false);
      if (both) {
        Direction backward = direction(current, initial, layer * directions + 1, true);
        current = joined(forward.outputs, backward.outputs);
        for (int i = 0; i < finals.size(); i++) {
          finals.get(i).add(unsqueezed(forward.states.get(i), call.metadata()));
          finals.get(i).add(unsqueezed(backward.states.get(i), call.metadata()));
        }
      } else {
        current = cat(forward.outputs, timeDim, reader(0));
        for (int i = 0; i < finals.size(); i++) {
          finals.get(i).add(unsqueezed(forward.states.get(i), reader(i + 1)));
        }
      }
    }
    List<Argument.Ref> results = new ArrayList<>(List.of(current));
    for (int i = 0; i < finals.size(); i++) {
      List<Argument.Ref> parts = finals.get(i);
      results.add(parts.size() == 1 ? parts.get(0) : cat(parts, 0, reader(i + 1)));
    }
    emit.commit(call.name());
    replaceResults(call, results, rewriting);
  }

  /** Makes the readers of a call of several results read {@code results} and removes it. */
  static void replaceResults(Node.Call call, List<Argument.Ref> results, Rewriting rewriting) {
    GraphEditor editor = rewriting.editor();
    for (String user : editor.users(call.name())) {
      Argument index = ((Node.Call) editor.node(user)).argument(1).orElseThrow();
      int at = Math.toIntExact(((Argument.IntValue) index).value());
      Argument.Ref result = results.get(at < 0 ? at + results.size() : at);
      editor.replaceUses(user, result.node());
      editor.remove(user);
    }
    editor.remove(call.name());
  }

  private record Direction(List<Argument.Ref> outputs, List<Argument.Ref> states) {}

  private Direction direction(
      Argument.Ref input, List<Argument.Ref> initial, int index, boolean reverse) {
    List<Argument.Ref> states = new ArrayList<>();
    for (Argument.Ref state : initial) {
      states.add(emit.call("aten.select_copy.int", state, Argument.of(0), Argument.of(index)));
    }
    Weights weights = weights(index);
    List<Argument.Ref> outputs = new ArrayList<>();
    for (long t = 0; t < steps; t++) {
      long step = reverse ? steps - 1 - t : t;
      Argument.Ref x =
          emit.call("aten.select_copy.int", input, Argument.of(timeDim), Argument.of(step));
      states = cell.step(emit, x, states, weights);
      outputs.add(emit.call("aten.unsqueeze.default", states.get(0), Argument.of(timeDim)));
    }
    if (reverse) {
      Collections.reverse(outputs);
    }
    return new Direction(outputs, states);
  }

  private Weights weights(int index) {
    int at = index * (biased ? 4 : 2);
    return new Weights(
        parameters.get(at),
        parameters.get(at + 1),
        biased ? parameters.get(at + 2) : Argument.NONE,
        biased ? parameters.get(at + 3) : Argument.NONE);
  }

  private Argument.Ref joined(List<Argument.Ref> forward, List<Argument.Ref> backward) {
    if (join == Join.TIME_FIRST) {
      Argument.Ref f = cat(forward, timeDim, call.metadata());
      Argument.Ref b = cat(backward, timeDim, call.metadata());
      return cat(List.of(f, b), -1, reader(0));
    }
    List<Argument.Ref> merged =
        IntStream.range(0, forward.size())
            .mapToObj(i -> cat(List.of(forward.get(i), backward.get(i)), -1, call.metadata()))
            .toList();
    return cat(merged, timeDim, reader(0));
  }

  private Argument.Ref unsqueezed(Argument.Ref x, Map<String, String> metadata) {
    return emit.callWith(metadata, "aten.unsqueeze.default", x, Argument.of(0));
  }

  private Argument.Ref cat(List<Argument.Ref> parts, long dim, Map<String, String> metadata) {
    return emit.callWith(metadata, "aten.cat.default", new Argument.Refs(parts), Argument.of(dim));
  }

  /** Metadata of the node that reads result {@code index}; empty if none does. */
  private Map<String, String> reader(int index) {
    return rewriting.editor().users(call.name()).stream()
        .map(rewriting.editor()::node)
        .filter(n -> ((Node.Call) n).argument(1).equals(Optional.of(Argument.of(index))))
        .map(Node::metadata)
        .reduce(Map.of(), (first, last) -> last);
  }
}
