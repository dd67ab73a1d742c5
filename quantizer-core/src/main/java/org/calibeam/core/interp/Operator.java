package org.calibeam.core.interp;

import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Type;
import org.jspecify.annotations.Nullable;

/**
 * An operator that libtorch knows, with its schema. Safe to share between threads.
 *
 * @param returns number of results
 * @param returnsList whether the one result is a list of tensors
 */
record Operator(
    String target,
    OperatorHandle handle,
    List<Parameter> parameters,
    int returns,
    boolean returnsList,
    boolean mutable) {

  Operator {
    parameters = List.copyOf(parameters);
  }

  /**
   * @param elementType of the list, if the type is one
   * @param defaultValue null if the argument must be given
   * @param aliases whether a result may share memory with it
   * @param written whether the operator changes it in place
   */
  record Parameter(
      String name,
      Kind kind,
      boolean optional,
      boolean keywordOnly,
      Type.@Nullable TypePtr elementType,
      @Nullable IValue defaultValue,
      boolean aliases,
      boolean written) {}

  /** What a parameter takes, as far as it matters for building the argument. */
  enum Kind {
    TENSOR("Tensor"),
    TENSOR_LIST("Tensor[]"),
    OPTIONAL_TENSOR_LIST("Tensor?[]"),
    INT("int", "SymInt"),
    INT_LIST("int[]", "SymInt[]"),
    FLOAT("float"),
    FLOAT_LIST("float[]"),
    BOOL("bool", "SymBool"),
    BOOL_LIST("bool[]"),
    SCALAR("Scalar"),
    SCALAR_TYPE("ScalarType"),
    LAYOUT("Layout"),
    MEMORY_FORMAT("MemoryFormat"),
    DEVICE("Device"),
    STRING("str"),
    OTHER();

    private final List<String> names;

    Kind(String... names) {
      this.names = List.of(names);
    }

    /** The kind that libtorch calls {@code name}, without the mark of an optional type. */
    static Kind named(String name) {
      for (Kind kind : values()) {
        if (kind.names.contains(name)) {
          return kind;
        }
      }
      return OTHER;
    }
  }
}
