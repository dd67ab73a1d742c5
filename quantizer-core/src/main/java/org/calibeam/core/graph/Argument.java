package org.calibeam.core.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Device;
import org.calibeam.core.tensor.Layout;

/** An argument of a call: a reference to a node of the same graph, a literal, or a graph. */
public sealed interface Argument {

  /** The absent optional argument. */
  record None() implements Argument {}

  /** The tensor that {@code node} computes. */
  record Ref(String node) implements Argument {}

  /** A list of tensors. */
  record Refs(List<Ref> refs) implements Argument {
    public Refs {
      refs = List.copyOf(refs);
    }
  }

  /** A list of tensors with gaps, as {@code aten.index.Tensor} takes. */
  record OptionalRefs(List<Optional<Ref>> refs) implements Argument {
    public OptionalRefs {
      refs = List.copyOf(refs);
    }
  }

  /** A list of lists of tensors. */
  record NestedRefs(List<Refs> lists) implements Argument {
    public NestedRefs {
      lists = List.copyOf(lists);
    }
  }

  /**
   * The custom object that {@code node} is.
   *
   * @param className its class as TorchScript names it
   */
  record ObjectRef(String node, String className) implements Argument {}

  /** Arguments by name, in order. */
  record Named(Map<String, Argument> entries) implements Argument {
    public Named {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }
  }

  record IntValue(long value) implements Argument {}

  record FloatValue(double value) implements Argument {}

  record BoolValue(boolean value) implements Argument {}

  record StringValue(String value) implements Argument {}

  record IntList(List<Long> values) implements Argument {
    public IntList {
      values = List.copyOf(values);
    }
  }

  record FloatList(List<Double> values) implements Argument {
    public FloatList {
      values = List.copyOf(values);
    }
  }

  record BoolList(List<Boolean> values) implements Argument {
    public BoolList {
      values = List.copyOf(values);
    }
  }

  record StringList(List<String> values) implements Argument {
    public StringList {
      values = List.copyOf(values);
    }
  }

  /** Which kind of number a symbolic value is. */
  enum SymKind {
    INT,
    FLOAT,
    BOOL
  }

  /** A number that {@code node} computes for each sample. */
  record SymRef(SymKind kind, String node) implements Argument {}

  /**
   * A number written where a symbolic one is allowed.
   *
   * @param value an {@link IntValue}, {@link FloatValue} or {@link BoolValue}
   */
  record SymLiteral(SymKind kind, Argument value) implements Argument {}

  /**
   * A list that mixes literal and symbolic numbers, as the shape of a view does.
   *
   * @param values each a {@link SymRef} or {@link SymLiteral} of {@code kind}
   */
  record SymList(SymKind kind, List<Argument> values) implements Argument {
    public SymList {
      values = List.copyOf(values);
    }
  }

  record ScalarTypeValue(DType value) implements Argument {}

  /** Memory format, named as PyTorch names it. */
  enum MemoryFormat implements Argument {
    CONTIGUOUS,
    CHANNELS_LAST,
    CHANNELS_LAST_3D,
    PRESERVE
  }

  record LayoutValue(Layout value) implements Argument {}

  record DeviceValue(Device value) implements Argument {}

  /** A graph that control flow runs, for example {@code true_graph_0}. */
  record Sub(String name, Graph graph) implements Argument {}

  /**
   * Anything this representation has no type for, kept as the archive has it.
   *
   * @param kind the archive's name of the variant, for example {@code as_complex}
   * @param json its payload
   */
  record Opaque(String kind, String json) implements Argument {}

  Argument NONE = new None();

  static Ref ref(String node) {
    return new Ref(node);
  }

  static Argument of(long value) {
    return new IntValue(value);
  }

  static Argument of(double value) {
    return new FloatValue(value);
  }

  static Argument of(boolean value) {
    return new BoolValue(value);
  }

  static Argument ints(long... values) {
    List<Long> list = new ArrayList<>();
    for (long value : values) {
      list.add(value);
    }
    return new IntList(list);
  }

  static Argument refs(List<String> nodes) {
    return new Refs(nodes.stream().map(Ref::new).toList());
  }

  /** Names of the nodes referred to, in order, with repeats; a graph's own nodes are not. */
  default Stream<String> references() {
    if (this instanceof Ref ref) {
      return Stream.of(ref.node());
    }
    if (this instanceof Refs refs) {
      return refs.refs().stream().map(Ref::node);
    }
    if (this instanceof OptionalRefs refs) {
      return refs.refs().stream().flatMap(Optional::stream).map(Ref::node);
    }
    if (this instanceof NestedRefs nested) {
      return nested.lists().stream().flatMap(Argument::references);
    }
    if (this instanceof ObjectRef ref) {
      return Stream.of(ref.node());
    }
    if (this instanceof Named named) {
      return named.entries().values().stream().flatMap(Argument::references);
    }
    if (this instanceof SymRef ref) {
      return Stream.of(ref.node());
    }
    if (this instanceof SymList list) {
      return list.values().stream().flatMap(Argument::references);
    }
    return Stream.empty();
  }

  /** This argument with every referred name replaced by {@code rename} of it. */
  default Argument renamed(UnaryOperator<String> rename) {
    if (this instanceof Ref ref) {
      return new Ref(rename.apply(ref.node()));
    }
    if (this instanceof Refs refs) {
      return new Refs(refs.refs().stream().map(r -> new Ref(rename.apply(r.node()))).toList());
    }
    if (this instanceof OptionalRefs refs) {
      return new OptionalRefs(
          refs.refs().stream().map(o -> o.map(r -> new Ref(rename.apply(r.node())))).toList());
    }
    if (this instanceof NestedRefs nested) {
      return new NestedRefs(nested.lists().stream().map(l -> (Refs) l.renamed(rename)).toList());
    }
    if (this instanceof ObjectRef ref) {
      return new ObjectRef(rename.apply(ref.node()), ref.className());
    }
    if (this instanceof Named named) {
      Map<String, Argument> renamed = new LinkedHashMap<>();
      named.entries().forEach((key, value) -> renamed.put(key, value.renamed(rename)));
      return new Named(renamed);
    }
    if (this instanceof SymRef ref) {
      return new SymRef(ref.kind(), rename.apply(ref.node()));
    }
    if (this instanceof SymList list) {
      return new SymList(list.kind(), list.values().stream().map(v -> v.renamed(rename)).toList());
    }
    return this;
  }
}
