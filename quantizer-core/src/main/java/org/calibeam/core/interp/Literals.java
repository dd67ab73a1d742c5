package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorImpl;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Layout;

/** Turns numbers, enums and lists of an archive into native values. */
final class Literals {

  /** What no native value can be made of, with the reason in words. */
  static final class MismatchException extends Exception {
    private static final long serialVersionUID = 1;

    MismatchException(String message) {
      super(message);
    }
  }

  private Literals() {}

  /** A new native value of {@code argument} for {@code parameter}; the caller closes it. */
  static IValue value(Argument argument, Operator.Parameter parameter) throws MismatchException {
    if (argument instanceof Argument.None) {
      return new IValue();
    }
    if (argument instanceof Argument.SymLiteral symbolic) {
      return value(symbolic.value(), parameter);
    }
    return switch (parameter.kind()) {
      case INT_LIST, FLOAT_LIST, BOOL_LIST -> list(argument, parameter);
      case SCALAR_TYPE -> {
        if (argument instanceof Argument.ScalarTypeValue type) {
          yield new IValue((long) ScalarTypes.of(type.value()).value);
        }
        throw mismatch(argument, parameter);
      }
      case MEMORY_FORMAT -> {
        if (argument instanceof Argument.MemoryFormat format) {
          yield new IValue((long) memoryFormat(format));
        }
        throw mismatch(argument, parameter);
      }
      case LAYOUT -> {
        if (argument instanceof Argument.LayoutValue layout && layout.value() == Layout.STRIDED) {
          yield new IValue((long) torch.Layout.Strided.value);
        }
        throw mismatch(argument, parameter);
      }
      case DEVICE -> {
        // Everything runs on the CPU, wherever the model was exported.
        try (Device device = new Device(torch.DeviceType.CPU)) {
          yield new IValue(device);
        }
      }
      case STRING -> {
        if (argument instanceof Argument.StringValue text) {
          yield new IValue(text.value());
        }
        throw mismatch(argument, parameter);
      }
      default -> number(javaNumber(argument, parameter), parameter);
    };
  }

  /** A native value of a number that {@code parameter} takes; the caller closes it. */
  static IValue number(Object number, Operator.Parameter parameter) {
    return switch (parameter.kind()) {
      case INT -> new IValue(PythonNumbers.toLong(number));
      case FLOAT -> new IValue(PythonNumbers.toDouble(number));
      case BOOL -> new IValue(PythonNumbers.toBoolean(number));
      case TENSOR -> wrapped(number);
      default -> number(number);
    };
  }

  /** A native number of the type that {@code number} has. */
  static IValue number(Object number) {
    if (number instanceof Long value) {
      return new IValue(value.longValue());
    }
    if (number instanceof Double value) {
      return new IValue(value.doubleValue());
    }
    return new IValue(((Boolean) number).booleanValue());
  }

  /**
   * A number where a tensor is expected, as Python passes it: a tensor without dimensions whose
   * type does not widen the others'.
   */
  private static IValue wrapped(Object number) {
    try (IValue value = number(number);
        Scalar scalar = value.toScalar();
        TensorOptions options = NativeTensors.options(dtypeOf(number));
        Tensor tensor = torch.scalar_tensor(scalar, options);
        TensorImpl impl = tensor.unsafeGetTensorImpl()) {
      impl.set_wrapped_number(true);
      return new IValue(tensor);
    }
  }

  private static DType dtypeOf(Object number) {
    return number instanceof Long
        ? DType.INT64
        : number instanceof Double ? DType.FLOAT64 : DType.BOOL;
  }

  private static IValue list(Argument argument, Operator.Parameter parameter)
      throws MismatchException {
    Type.TypePtr elementType = elementType(parameter);
    try (GenericList list = new GenericList(elementType)) {
      for (Object number : numbers(argument, parameter)) {
        try (IValue element = element(number, parameter)) {
          list.push_back(element);
        }
      }
      return new IValue(list);
    }
  }

  /** A list element of a number. */
  static IValue element(Object number, Operator.Parameter parameter) {
    return switch (parameter.kind()) {
      case FLOAT_LIST -> new IValue(PythonNumbers.toDouble(number));
      case BOOL_LIST -> new IValue(PythonNumbers.toBoolean(number));
      default -> new IValue(PythonNumbers.toLong(number));
    };
  }

  static Type.TypePtr elementType(Operator.Parameter parameter) {
    Type.TypePtr type = parameter.elementType();
    if (type == null) {
      throw new IllegalStateException("The parameter " + parameter.name() + " takes no list");
    }
    return type;
  }

  private static List<?> numbers(Argument argument, Operator.Parameter parameter)
      throws MismatchException {
    if (argument instanceof Argument.IntList ints) {
      return ints.values();
    }
    if (argument instanceof Argument.FloatList floats) {
      return floats.values();
    }
    if (argument instanceof Argument.BoolList bools) {
      return bools.values();
    }
    if (argument instanceof Argument.SymList symbols) {
      List<Object> numbers = new ArrayList<>();
      for (Argument value : symbols.values()) {
        numbers.add(javaNumber(value, parameter));
      }
      return numbers;
    }
    if (argument instanceof Argument.Refs refs && refs.refs().isEmpty()) {
      return List.of();
    }
    return List.of(javaNumber(argument, parameter));
  }

  /** A literal as a Long, Double or Boolean. */
  static Object javaNumber(Argument argument, Operator.Parameter parameter)
      throws MismatchException {
    if (argument instanceof Argument.SymLiteral symbolic) {
      return javaNumber(symbolic.value(), parameter);
    }
    if (argument instanceof Argument.IntValue value) {
      return value.value();
    }
    if (argument instanceof Argument.FloatValue value) {
      return value.value();
    }
    if (argument instanceof Argument.BoolValue value) {
      return value.value();
    }
    throw mismatch(argument, parameter);
  }

  static MismatchException mismatch(Argument argument, Operator.Parameter parameter) {
    return new MismatchException(
        "its argument %s is %s, libtorch takes %s there"
            .formatted(parameter.name(), argument, parameter.kind()));
  }

  private static byte memoryFormat(Argument.MemoryFormat format) {
    return switch (format) {
      case CONTIGUOUS -> torch.MemoryFormat.Contiguous.value;
      case CHANNELS_LAST -> torch.MemoryFormat.ChannelsLast.value;
      case CHANNELS_LAST_3D -> torch.MemoryFormat.ChannelsLast3d.value;
      case PRESERVE -> torch.MemoryFormat.Preserve.value;
    };
  }
}
