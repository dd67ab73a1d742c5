package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.LongList;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.jspecify.annotations.Nullable;

/** Builds the arguments of one operator call: the template, and what is filled in per sample. */
final class CallBuilder {
  private final Operator operator;
  private final Origin origin;
  private final Reader reader;
  private final NativeMemory memory;
  private final IValueVector template;
  private final List<OperatorStep.TensorArgument> tensors = new ArrayList<>();
  private final List<OperatorStep.ListElement> elements = new ArrayList<>();
  private final List<OperatorStep.NumberArgument> numbers = new ArrayList<>();
  private final List<OperatorStep.NumberElement> numberElements = new ArrayList<>();

  CallBuilder(Operator operator, Origin origin, Reader reader, NativeMemory memory) {
    this.operator = operator;
    this.origin = origin;
    this.reader = reader;
    this.memory = memory;
    this.template = memory.keep(new IValueVector(operator.parameters().size()));
  }

  OperatorStep.Arguments build() {
    List<Optional<Argument>> given = match();
    try {
      // Single tensors are put on the stack before lists are filled, and a reader marks the last
      // reading of a tensor: ask in that order.
      for (boolean lists : new boolean[] {false, true}) {
        for (int i = 0; i < given.size(); i++) {
          Argument argument = given.get(i).map(reader::resolve).orElse(null);
          if (lists == isList(argument)) {
            place(i, argument);
          }
        }
      }
    } catch (Literals.MismatchException e) {
      throw origin.impossible(
          String.valueOf(e.getMessage()), "Export the model again with a matching torch.");
    }
    return new OperatorStep.Arguments(template, tensors, elements, numbers, numberElements);
  }

  /** The given argument for each parameter. */
  private List<Optional<Argument>> match() {
    List<Optional<Argument>> given = new ArrayList<>();
    operator.parameters().forEach(p -> given.add(Optional.empty()));
    List<NamedArgument> arguments = origin.call().arguments();
    for (int i = 0; i < arguments.size(); i++) {
      int index = parameterIndex(operator, arguments.get(i), i);
      if (index < 0 || index >= given.size()) {
        throw origin.impossible(
            "libtorch's %s has no argument %s"
                .formatted(operator.target(), arguments.get(i).name()),
            "Export the model again with a matching torch.");
      }
      given.set(index, Optional.of(arguments.get(i).value()));
    }
    return given;
  }

  /** The parameter that an argument at {@code position} is for; null if there is none. */
  static Operator.@Nullable Parameter parameter(
      Operator operator, NamedArgument argument, int position) {
    int index = parameterIndex(operator, argument, position);
    return index < 0 || index >= operator.parameters().size()
        ? null
        : operator.parameters().get(index);
  }

  /** By name, or by position if the name is unknown and the argument was not given by name. */
  private static int parameterIndex(Operator operator, NamedArgument argument, int position) {
    for (int i = 0; i < operator.parameters().size(); i++) {
      if (operator.parameters().get(i).name().equals(argument.name())) {
        return i;
      }
    }
    return argument.kind() == NamedArgument.Kind.KEYWORD ? -1 : position;
  }

  private static boolean isList(@Nullable Argument argument) {
    return argument instanceof Argument.Refs || argument instanceof Argument.OptionalRefs;
  }

  private void place(int index, @Nullable Argument argument) throws Literals.MismatchException {
    Operator.Parameter parameter = operator.parameters().get(index);
    if (argument == null) {
      placeDefault(index, parameter);
    } else if (argument instanceof Argument.Ref ref) {
      placeReference(index, parameter, ref.node());
    } else if (argument instanceof Argument.SymRef ref) {
      placeReference(index, parameter, ref.node());
    } else if (argument instanceof Argument.SymList list) {
      placeNumberList(index, parameter, list);
    } else if (argument instanceof Argument.Refs refs) {
      placeTensorList(index, parameter, refs.refs().stream().map(Optional::of).toList());
    } else if (argument instanceof Argument.OptionalRefs refs) {
      placeTensorList(index, parameter, refs.refs());
    } else {
      try (IValue value = Literals.value(argument, parameter)) {
        template.put((long) index, value);
      }
    }
  }

  private void placeDefault(int index, Operator.Parameter parameter) {
    IValue value = parameter.defaultValue();
    if (value != null) {
      template.put((long) index, value);
    } else if (!parameter.optional()) {
      throw origin.impossible(
          "its argument %s is missing".formatted(parameter.name()),
          "Export the model again with a matching torch.");
    }
  }

  private void placeReference(int index, Operator.Parameter parameter, String node) {
    if (reader.isNumber(node)) {
      numbers.add(new OperatorStep.NumberArgument(index, reader.number(node), parameter));
      return;
    }
    IValue constant = reader.constant(node);
    if (constant != null) {
      template.put((long) index, constant);
    } else {
      tensors.add(new OperatorStep.TensorArgument(index, reader.operand(node)));
    }
  }

  private void placeTensorList(
      int index, Operator.Parameter parameter, List<Optional<Argument.Ref>> refs)
      throws Literals.MismatchException {
    if (parameter.kind() != Operator.Kind.TENSOR_LIST
        && parameter.kind() != Operator.Kind.OPTIONAL_TENSOR_LIST) {
      if (!refs.isEmpty()) {
        throw new Literals.MismatchException(
            "its argument %s is a list of tensors, libtorch takes %s there"
                .formatted(parameter.name(), parameter.kind()));
      }
      try (IValue value = Literals.value(Argument.refs(List.of()), parameter)) {
        template.put((long) index, value);
        return;
      }
    }
    GenericList list = memory.keep(new GenericList(Literals.elementType(parameter)));
    try (IValue none = new IValue()) {
      for (int i = 0; i < refs.size(); i++) {
        list.push_back(none);
        if (refs.get(i).isPresent()) {
          String node = refs.get(i).get().node();
          IValue constant = reader.constant(node);
          if (constant != null) {
            list.set(i, constant);
          } else {
            elements.add(new OperatorStep.ListElement(list, i, reader.operand(node)));
          }
        }
      }
    }
    try (IValue value = new IValue(list)) {
      template.put((long) index, value);
    }
  }

  private void placeNumberList(int index, Operator.Parameter parameter, Argument.SymList symbols)
      throws Literals.MismatchException {
    boolean dynamic = symbols.values().stream().anyMatch(Argument.SymRef.class::isInstance);
    if (dynamic && parameter.kind() != Operator.Kind.INT_LIST) {
      throw Literals.mismatch(symbols, parameter);
    }
    List<Argument> initial = new ArrayList<>();
    for (Argument value : symbols.values()) {
      initial.add(value instanceof Argument.SymRef ? Argument.of(0) : value);
    }
    try (IValue value = Literals.value(new Argument.SymList(symbols.kind(), initial), parameter)) {
      template.put((long) index, value);
      if (dynamic) {
        LongList list = memory.keep(value.toIntList());
        for (int i = 0; i < initial.size(); i++) {
          if (symbols.values().get(i) instanceof Argument.SymRef ref) {
            numberElements.add(new OperatorStep.NumberElement(list, i, reader.number(ref.node())));
          }
        }
      }
    }
  }

  /** How the call's references are read. */
  interface Reader {
    boolean isNumber(String node);

    NumberOperand number(String node);

    /** The constant that {@code node} always is; null if it differs between samples. */
    @Nullable IValue constant(String node);

    /** Reads a tensor; to be asked once for each reading, in the order of reading. */
    Operand operand(String node);

    /** A literal instead of a reference to one. */
    Argument resolve(Argument argument);
  }
}
