package org.calibeam.core.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.calibeam.core.tensor.TensorSpec;

/**
 * A step of a graph. Its {@link #name} is unique within the graph and stands for what it computes.
 *
 * <p>Metadata is the archive's string map ({@code nn_module_stack}, {@code torch_fn}, {@code
 * custom}, …) and travels with the node.
 */
public sealed interface Node {

  String name();

  /** What the node computes. */
  Value value();

  Map<String, String> metadata();

  /** The same node with other metadata. */
  Node withMetadata(Map<String, String> others);

  /** Names of the nodes this one reads, in argument order, with repeats. */
  default Stream<String> references() {
    return Stream.empty();
  }

  /** Type and shape if the node computes one tensor. */
  default Optional<TensorSpec> spec() {
    return value().tensor();
  }

  /** Whether the node computes one tensor of a floating-point type. */
  default boolean isFloatTensor() {
    return spec().map(s -> s.dtype().isFloatingPoint()).orElse(false);
  }

  /**
   * An input of the graph, in order of appearance: a sample's tensor, or an operand of a branch.
   */
  record Placeholder(String name, Value value, Map<String, String> metadata) implements Node {
    public Placeholder {
      metadata = Map.copyOf(metadata);
    }

    @Override
    public Placeholder withMetadata(Map<String, String> others) {
      return new Placeholder(name, value, others);
    }
  }

  /**
   * A use of a constant of the program.
   *
   * @param constant key in {@link Program#constants()}
   */
  record GetAttr(String name, String constant, Value value, Map<String, String> metadata)
      implements Node {
    public GetAttr {
      metadata = Map.copyOf(metadata);
    }

    @Override
    public GetAttr withMetadata(Map<String, String> others) {
      return new GetAttr(name, constant, value, others);
    }
  }

  /**
   * A call of an operator.
   *
   * @param target the overload name, for example {@code aten.conv2d.default}, {@code
   *     higher_order.cond} or {@code _operator.getitem}
   */
  record Call(
      String name,
      String target,
      List<NamedArgument> arguments,
      Value value,
      Map<String, String> metadata)
      implements Node {

    public static final String GETITEM = "_operator.getitem";
    public static final String COND = "higher_order.cond";
    public static final String WHILE_LOOP = "higher_order.while_loop";

    public Call {
      arguments = List.copyOf(arguments);
      metadata = Map.copyOf(metadata);
    }

    /** Element {@code index} of the tuple or list that {@code source} computes. */
    public static Call getitem(String name, String source, int index, Value value) {
      return new Call(
          name,
          GETITEM,
          List.of(
              NamedArgument.positional("a", Argument.ref(source)),
              NamedArgument.positional("b", Argument.of(index))),
          value,
          Map.of());
    }

    public boolean isTarget(String name) {
      return target.equals(name);
    }

    /** The argument at {@code index}, empty if left at its default. */
    public Optional<Argument> argument(int index) {
      return index < arguments.size()
          ? Optional.of(arguments.get(index).value())
          : Optional.empty();
    }

    /** The argument called {@code name}, empty if left at its default. */
    public Optional<Argument> argument(String name) {
      return arguments.stream()
          .filter(a -> a.name().equals(name))
          .map(NamedArgument::value)
          .findFirst();
    }

    /** The node referred to by the argument at {@code index}, if it is one tensor reference. */
    public Optional<String> ref(int index) {
      return argument(index)
          .filter(Argument.Ref.class::isInstance)
          .map(a -> ((Argument.Ref) a).node());
    }

    public Call withArguments(List<NamedArgument> others) {
      return new Call(name, target, others, value, metadata);
    }

    /** The same call running, for each graph that it runs, what {@code change} makes of it. */
    public Call withGraphs(Function<Argument.Sub, Graph> change) {
      return withArguments(
          arguments.stream()
              .map(
                  a ->
                      a.value() instanceof Argument.Sub sub
                          ? a.withValue(new Argument.Sub(sub.name(), change.apply(sub)))
                          : a)
              .toList());
    }

    public Call withValue(Value other) {
      return new Call(name, target, arguments, other, metadata);
    }

    @Override
    public Call withMetadata(Map<String, String> others) {
      return new Call(name, target, arguments, value, others);
    }

    /** Whether this runs graphs as a cond or a while_loop does. */
    public boolean isControlFlow() {
      return isTarget(COND) || isTarget(WHILE_LOOP);
    }

    /**
     * What the placeholders of the graphs stand for, in their order: all that follows the graphs.
     */
    public List<String> operands() {
      List<String> operands = new ArrayList<>();
      boolean after = false;
      for (NamedArgument argument : arguments) {
        if (argument.value() instanceof Argument.Sub) {
          after = true;
        } else if (after) {
          argument.value().references().forEach(operands::add);
        }
      }
      return operands;
    }

    /** The graphs among the arguments, in order. */
    public Stream<Argument.Sub> subgraphs() {
      return arguments.stream()
          .map(NamedArgument::value)
          .filter(Argument.Sub.class::isInstance)
          .map(Argument.Sub.class::cast);
    }

    @Override
    public Stream<String> references() {
      return arguments.stream().flatMap(a -> a.value().references());
    }
  }
}
