package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Computes a number from numbers. */
record NumberStep(
    Function<List<Object>, Object> function,
    List<NumberOperand> arguments,
    Place result,
    Origin origin)
    implements Step {

  @Override
  public void run() {
    List<Object> values = new ArrayList<>(arguments.size());
    for (NumberOperand argument : arguments) {
      values.add(argument.value());
    }
    try {
      result.put(function.apply(values));
    } catch (ArithmeticException e) {
      throw origin.failed(e);
    }
  }
}
