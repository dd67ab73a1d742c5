package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedProgram;
import org.jspecify.annotations.Nullable;

/** Turns one graph, and the graphs it runs, into frames. */
final class FrameBuilder implements CallBuilder.Reader {
  private final Workshop workshop;
  private final CodePath path;
  private final Graph graph;
  private final Homes homes;
  private final Liveness liveness;
  private final List<Slot> slots = new ArrayList<>();
  private final Object[] numbers;
  private final List<Step> steps = new ArrayList<>();

  /** The node whose step is being built, and how often it still reads each slot. */
  private int current;

  private Map<Integer, Integer> readsLeft = new HashMap<>();

  private FrameBuilder(Workshop workshop, CodePath path, Graph whole, Map<String, Home> bound) {
    this.workshop = workshop;
    this.path = path;
    this.graph = DecomposedOperators.rewrite(whole, path);
    this.homes = new Homes(graph, workshop, bound);
    this.liveness = new Liveness(graph, homes, workshop.operators(), this::isShown);
    this.numbers = new Object[homes.numbers()];
    IValueVector vector = workshop.memory().keep(new IValueVector(homes.slots()));
    for (int i = 0; i < homes.slots(); i++) {
      slots.add(new Slot(vector, i));
    }
  }

  /**
   * The frame of {@code graph}.
   *
   * @param bound placeholders whose value is a constant of the caller
   */
  static Frame build(Workshop workshop, CodePath path, Graph graph, Map<String, Home> bound) {
    Graph folded = workshop.folded().fold(workshop, path, graph, bound);
    Frame frame = buildAsIs(workshop, path, folded, bound);
    workshop.frames().add(frame);
    return frame;
  }

  /** The same without computing anything beforehand. */
  static Frame buildAsIs(Workshop workshop, CodePath path, Graph graph, Map<String, Home> bound) {
    return new FrameBuilder(workshop, path, graph, bound).build();
  }

  private Frame build() {
    List<Node> nodes = graph.nodes();
    List<Place> inputs = new ArrayList<>();
    for (current = 0; current < nodes.size(); current++) {
      Node node = nodes.get(current);
      if (node instanceof Node.Placeholder) {
        inputs.add(place(homes.of(node.name())));
      } else if (node instanceof Node.Call call && liveness.isLive(current)) {
        readsLeft = Liveness.occurrences(call.references().toList(), homes);
        step(call).ifPresent(steps::add);
      }
    }
    readsLeft = Liveness.occurrences(graph.outputNames(), homes);
    List<Feed> outputs = feeds(graph.outputs());
    return new Frame(path, workshop.scratch(), steps, slots, inputs, outputs);
  }

  private Optional<Step> step(Node.Call call) {
    Origin origin = new Origin(call, path);
    switch (call.target()) {
      case Node.Call.GETITEM, DecomposedOperators.TUPLE -> {
        return Optional.empty();
      }
      case PreparedProgram.OBSERVE -> {
        return isShown(call) ? Optional.of(observation(call)) : Optional.empty();
      }
      case Node.Call.COND -> {
        return Optional.of(cond(call, origin));
      }
      case Node.Call.WHILE_LOOP -> {
        return Optional.of(loop(call, origin));
      }
      default -> {
        return Optional.of(
            ControlFlow.isTransparent(call) ? inPlace(call) : computation(call, origin));
      }
    }
  }

  /** Whether this is an observation point that the listener hears of. */
  private boolean isShown(Node.Call call) {
    return call.isTarget(PreparedProgram.OBSERVE) && workshop.observed().test(observerId(call));
  }

  private ObserverId observerId(Node.Call call) {
    return new ObserverId(path, PreparedProgram.observerOf(call));
  }

  private Step observation(Node.Call call) {
    String node = call.ref(0).orElseThrow();
    Operand value = tensor(node);
    Scratch scratch = workshop.scratch();
    return workshop.replacing()
        ? new ReplaceStep(observerId(call), value, place(homes.of(call.name())), scratch)
        : new ObserveStep(observerId(call), value, constant(node) != null, scratch);
  }

  private Step computation(Node.Call call, Origin origin) {
    Optional<Function<List<Object>, Object>> function = PythonNumbers.function(call.target());
    if (function.isPresent()) {
      return new NumberStep(
          function.get(),
          call.arguments().stream().map(a -> number(a.value(), origin)).toList(),
          place(homes.of(call.name())),
          origin);
    }
    Operator operator =
        workshop
            .operators()
            .find(call.target())
            .orElseThrow(
                () ->
                    origin.impossible(
                        "libtorch %s does not know this operator".formatted(Libtorch.version()),
                        "Export the model without it, for example with"
                            + " exported_program.run_decompositions()."));
    OperatorStep.Arguments arguments =
        new CallBuilder(operator, origin, this, workshop.memory()).build();
    List<OperatorStep.Result> results = new ArrayList<>();
    homes
        .results(call)
        .forEach(
            (index, home) -> {
              Place place = place(home);
              if (place != Place.NOWHERE) {
                results.add(new OperatorStep.Result(index, place));
              }
            });
    return new OperatorStep(operator, arguments, results, workshop.scratch(), origin);
  }

  private Step cond(Node.Call call, Origin origin) {
    List<Argument.Sub> branches = call.subgraphs().toList();
    if (branches.size() != 2) {
      throw origin.impossible(
          "it has %d graphs, a cond has two".formatted(branches.size()), "Export the model again.");
    }
    Feed predicate = feed(call.argument(0).orElse(Argument.NONE));
    List<Argument> operands = ControlFlow.operands(call);
    List<Feed> feeds = feeds(operands);
    return new CondStep(
        predicate,
        sub(branches.get(0), operands, 0, origin),
        sub(branches.get(1), operands, 0, origin),
        feeds,
        results(call),
        workshop.scratch(),
        origin);
  }

  private Step inPlace(Node.Call call) {
    Origin origin = new Origin(call, path);
    List<Argument> operands = ControlFlow.operands(call);
    Argument.Sub graph =
        call.subgraphs()
            .findFirst()
            .orElseThrow(() -> origin.impossible("it has no graph", "Export the model again."));
    return new GraphStep(
        sub(graph, operands, 0, origin), feeds(operands), results(call), workshop.scratch());
  }

  private Step loop(Node.Call call, Origin origin) {
    List<Argument.Sub> graphs = call.subgraphs().toList();
    if (graphs.size() != 2) {
      throw origin.impossible(
          "it has %d graphs, a while_loop has two".formatted(graphs.size()),
          "Export the model again.");
    }
    List<Argument> operands = ControlFlow.operands(call);
    int carried = ControlFlow.carried(call);
    List<Home> state = homes.state(call);
    List<Place> places = new ArrayList<>();
    List<Feed> condition = new ArrayList<>();
    List<Feed> iteration = new ArrayList<>();
    List<Feed> finals = new ArrayList<>();
    for (int i = 0; i < state.size(); i++) {
      if (state.get(i) instanceof Home.InNumber number) {
        places.add(Place.of(numbers, number.index()));
        Feed feed = Feed.of(new NumberOperand(numbers, number.index()));
        condition.add(feed);
        iteration.add(feed);
        finals.add(feed);
      } else {
        Slot slot = slots.get(((Home.InSlot) state.get(i)).index());
        places.add(Place.of(slot));
        condition.add(Feed.of(new Operand(slot.pointer(), false)));
        iteration.add(Feed.of(new Operand(slot.pointer(), i < carried)));
        finals.add(Feed.of(new Operand(slot.pointer(), true)));
      }
    }
    return new WhileStep(
        sub(graphs.get(0), operands, carried, origin),
        sub(graphs.get(1), operands, carried, origin),
        feeds(operands),
        places,
        condition,
        iteration,
        finals,
        results(call),
        workshop.scratch(),
        origin);
  }

  /**
   * The frame of a graph that a call runs.
   *
   * @param changing number of operands that are not the same each time, before the others
   */
  private Frame sub(Argument.Sub sub, List<Argument> operands, int changing, Origin origin) {
    List<Node.Placeholder> placeholders = sub.graph().placeholders();
    if (placeholders.size() != operands.size()) {
      throw origin.impossible(
          "its graph %s takes %d values and is given %d"
              .formatted(sub.name(), placeholders.size(), operands.size()),
          "Export the model again.");
    }
    Map<String, Home> bound = new HashMap<>();
    for (int i = changing; i < operands.size(); i++) {
      if (operands.get(i) instanceof Argument.Ref ref) {
        Home home = homes.of(ref.node());
        if (home instanceof Home.Shared || home instanceof Home.Fresh) {
          bound.put(placeholders.get(i).name(), home);
        }
      }
    }
    return build(workshop, path.child(sub.name()), sub.graph(), bound);
  }

  private List<Place> results(Node.Call call) {
    List<Place> places = new ArrayList<>();
    homes
        .results(call)
        .forEach(
            (index, home) -> {
              while (places.size() <= index) {
                places.add(Place.NOWHERE);
              }
              places.set(index, place(home));
            });
    return places;
  }

  private Place place(Home home) {
    if (home instanceof Home.InNumber number) {
      return Place.of(numbers, number.index());
    }
    return home instanceof Home.InSlot slot && liveness.isRead(slot.index())
        ? Place.of(slots.get(slot.index()))
        : Place.NOWHERE;
  }

  private List<Feed> feeds(List<Argument> arguments) {
    return arguments.stream().map(this::feed).toList();
  }

  private Feed feed(Argument argument) {
    Argument resolved = resolve(argument);
    if (resolved instanceof Argument.Ref ref && !isNumber(ref.node())) {
      return Feed.of(tensor(ref.node()));
    }
    return Feed.of(number(resolved, null));
  }

  private NumberOperand number(Argument argument, @Nullable Origin origin) {
    Argument resolved = resolve(argument);
    if (resolved instanceof Argument.SymLiteral literal) {
      resolved = literal.value();
    }
    if (resolved instanceof Argument.SymRef ref) {
      return number(ref.node());
    }
    if (resolved instanceof Argument.Ref ref && isNumber(ref.node())) {
      return number(ref.node());
    }
    if (resolved instanceof Argument.IntValue value) {
      return NumberOperand.literal(value.value());
    }
    if (resolved instanceof Argument.FloatValue value) {
      return NumberOperand.literal(value.value());
    }
    if (resolved instanceof Argument.BoolValue value) {
      return NumberOperand.literal(value.value());
    }
    if (origin != null) {
      throw origin.impossible(
          "its argument %s is no number".formatted(argument), "Export the model again.");
    }
    return NumberOperand.literal(NumberOperand.ABSENT);
  }

  @Override
  public boolean isNumber(String node) {
    return homes.of(node) instanceof Home.InNumber;
  }

  @Override
  public NumberOperand number(String node) {
    return new NumberOperand(numbers, ((Home.InNumber) homes.of(node)).index());
  }

  @Override
  public @Nullable IValue constant(String node) {
    return homes.of(node) instanceof Home.Shared shared ? shared.pointer() : null;
  }

  @Override
  public Operand operand(String node) {
    return tensor(node);
  }

  private Operand tensor(String node) {
    Home home = homes.of(node);
    if (home instanceof Home.Shared shared) {
      return new Operand(shared.pointer(), false);
    }
    if (home instanceof Home.Fresh fresh) {
      return new Operand(fresh.pointer(), false);
    }
    if (home instanceof Home.InSlot slot) {
      int left = readsLeft.merge(slot.index(), -1, Integer::sum);
      boolean last = left == 0 && liveness.lastRead(slot.index()) == current;
      return new Operand(slots.get(slot.index()).pointer(), last);
    }
    throw new IllegalStateException(node + " is no tensor but " + home);
  }

  @Override
  public Argument resolve(Argument argument) {
    if (argument instanceof Argument.Ref ref && homes.of(ref.node()) instanceof Home.Fixed fixed) {
      return fixed.argument();
    }
    return argument instanceof Argument.SymRef ref
            && homes.of(ref.node()) instanceof Home.Fixed fixed
        ? fixed.argument()
        : argument;
  }
}
