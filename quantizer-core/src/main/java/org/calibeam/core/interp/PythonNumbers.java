package org.calibeam.core.interp;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;

/**
 * Arithmetic on the numbers of an exported graph (sizes and what is computed of them), as Python
 * does it: a number is a Long, a Double or a Boolean, division rounds down, a bool counts as an
 * int.
 */
final class PythonNumbers {
  private static final Map<String, Function<List<Object>, Object>> FUNCTIONS = new HashMap<>();

  static {
    arithmetic("add", Math::addExact, Double::sum);
    arithmetic("sub", Math::subtractExact, (a, b) -> a - b);
    arithmetic("mul", Math::multiplyExact, (a, b) -> a * b);
    arithmetic("floordiv", Math::floorDiv, (a, b) -> Math.floor(a / b));
    arithmetic("mod", Math::floorMod, (a, b) -> a - b * Math.floor(a / b));
    put("_operator.truediv", a -> toDouble(a.get(0)) / toDouble(a.get(1)));
    put("_operator.pow", a -> pow(a.get(0), a.get(1)));
    put("_operator.neg", a -> a.get(0) instanceof Double d ? -d : (Object) (-toLong(a.get(0))));
    put("_operator.pos", a -> a.get(0));
    put("_operator.lt", a -> compare(a) < 0);
    put("_operator.le", a -> compare(a) <= 0);
    put("_operator.gt", a -> compare(a) > 0);
    put("_operator.ge", a -> compare(a) >= 0);
    put("_operator.eq", a -> compare(a) == 0);
    put("_operator.ne", a -> compare(a) != 0);
    bitwise("and_", (a, b) -> a & b);
    bitwise("or_", (a, b) -> a | b);
    bitwise("xor", (a, b) -> a ^ b);
    put("_operator.lshift", a -> toLong(a.get(0)) << toLong(a.get(1)));
    put("_operator.rshift", a -> toLong(a.get(0)) >> toLong(a.get(1)));
    put("_operator.not_", a -> !toBoolean(a.get(0)));
    put("torch.sym_not", a -> !toBoolean(a.get(0)));
    put("torch.sym_int", a -> a.get(0) instanceof Double d ? (long) d.doubleValue() : a.get(0));
    put("torch.sym_float", a -> toDouble(a.get(0)));
    put("torch.sym_ite", a -> toBoolean(a.get(0)) ? a.get(1) : a.get(2));
    put("torch.sym_max", a -> compare(a) >= 0 ? a.get(0) : a.get(1));
    put("torch.sym_min", a -> compare(a) <= 0 ? a.get(0) : a.get(1));
    for (String name : List.of("_operator.abs", "math.fabs", "torch._sym_abs")) {
      put(name, a -> a.get(0) instanceof Double d ? Math.abs(d) : (Object) abs(a.get(0)));
    }
    put("math.floor", a -> rounded(a.get(0), Math::floor));
    put("math.ceil", a -> rounded(a.get(0), Math::ceil));
    put("math.trunc", a -> rounded(a.get(0), d -> d < 0 ? Math.ceil(d) : Math.floor(d)));
    put("builtins.round", a -> rounded(a.get(0), Math::rint));
    for (String prefix : List.of("math.", "torch._sym_", "torch.sym_")) {
      real(prefix + "sqrt", Math::sqrt);
      real(prefix + "exp", Math::exp);
      real(prefix + "log", Math::log);
      real(prefix + "log2", x -> Math.log(x) / Math.log(2));
      real(prefix + "sin", Math::sin);
      real(prefix + "cos", Math::cos);
      real(prefix + "tanh", Math::tanh);
    }
    put("math.pow", a -> Math.pow(toDouble(a.get(0)), toDouble(a.get(1))));
    put("math.inf", a -> Double.POSITIVE_INFINITY);
    put(DecomposedOperators.CHOOSE_SCALE, QParamsArithmetic::scale);
    put(DecomposedOperators.CHOOSE_ZERO_POINT, QParamsArithmetic::zeroPoint);
  }

  private PythonNumbers() {}

  /** The function called {@code target}, for example {@code _operator.mul}; empty if unknown. */
  static Optional<Function<List<Object>, Object>> function(String target) {
    return Optional.ofNullable(FUNCTIONS.get(target));
  }

  static boolean toBoolean(Object number) {
    return number instanceof Boolean value ? value : toDouble(number) != 0;
  }

  static long toLong(Object number) {
    if (number instanceof Long value) {
      return value;
    }
    return number instanceof Boolean value ? (value ? 1 : 0) : (long) toDouble(number);
  }

  static double toDouble(Object number) {
    if (number instanceof Double value) {
      return value;
    }
    return number instanceof Boolean value ? (value ? 1 : 0) : ((Long) number).doubleValue();
  }

  private static void put(String name, Function<List<Object>, Object> function) {
    FUNCTIONS.put(name, function);
  }

  private static void real(String name, DoubleUnaryOperator function) {
    put(name, a -> function.applyAsDouble(toDouble(a.get(0))));
  }

  private static void arithmetic(String name, LongBinaryOperator ints, DoubleBinaryOperator reals) {
    put(
        "_operator." + name,
        a ->
            a.get(0) instanceof Double || a.get(1) instanceof Double
                ? (Object) reals.applyAsDouble(toDouble(a.get(0)), toDouble(a.get(1)))
                : (Object) ints.applyAsLong(toLong(a.get(0)), toLong(a.get(1))));
  }

  private static void bitwise(String name, LongBinaryOperator function) {
    put(
        "_operator." + name,
        a -> {
          long result = function.applyAsLong(toLong(a.get(0)), toLong(a.get(1)));
          return a.get(0) instanceof Boolean && a.get(1) instanceof Boolean
              ? (Object) (result != 0)
              : (Object) result;
        });
  }

  private static int compare(List<Object> a) {
    return a.get(0) instanceof Double || a.get(1) instanceof Double
        ? Double.compare(toDouble(a.get(0)), toDouble(a.get(1)))
        : Long.compare(toLong(a.get(0)), toLong(a.get(1)));
  }

  private static long abs(Object number) {
    return Math.abs(toLong(number));
  }

  private static Object rounded(Object number, DoubleUnaryOperator rounding) {
    return number instanceof Double d ? (long) rounding.applyAsDouble(d) : toLong(number);
  }

  private static Object pow(Object base, Object exponent) {
    if (base instanceof Double || exponent instanceof Double || toLong(exponent) < 0) {
      return Math.pow(toDouble(base), toDouble(exponent));
    }
    long result = 1;
    for (long i = 0; i < toLong(exponent); i++) {
      result = Math.multiplyExact(result, toLong(base));
    }
    return result;
  }
}
