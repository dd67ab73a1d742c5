package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;

/**
 * {@code clamp(x, -inf, 1.0)} → {@code clamp(x, -256.0, 1.0)}: infinities and the largest float32
 * among arguments given by position become -256 and 255; so do infinities in buffers, where NaN
 * becomes 0.
 *
 * <p>Parameters, numbers in lists and keywords stay, and a buffer with a user that may not be
 * decomposed does. Nothing else could represent such a value together with others in 8 bits.
 */
final class ReplaceInfAndLimitValues implements Rewrite {
  private static final double LOW = -256.0;
  private static final double HIGH = 255.0;

  @Override
  public Outcome apply(Rewriting rewriting) {
    Set<String> buffers = new LinkedHashSet<>();
    for (Node node : rewriting.before().nodes()) {
      if (node instanceof Node.GetAttr attr) {
        buffers.add(attr.constant());
      } else if (node instanceof Node.Call call) {
        replaceNumbers(call, rewriting);
      }
    }
    buffers.forEach(name -> replaceBuffer(name, rewriting));
    return Outcome.KEPT;
  }

  private static void replaceNumbers(Node.Call call, Rewriting rewriting) {
    List<NamedArgument> arguments = new ArrayList<>();
    for (NamedArgument argument : call.arguments()) {
      boolean eligible =
          argument.value() instanceof Argument.FloatValue
              && argument.kind() != NamedArgument.Kind.KEYWORD;
      arguments.add(
          eligible
              ? argument.withValue(
                  Argument.of(limited(((Argument.FloatValue) argument.value()).value())))
              : argument);
    }
    rewriting.editor().replace(call.withArguments(arguments));
  }

  private static double limited(double value) {
    if (value == Double.NEGATIVE_INFINITY || value == -(double) Float.MAX_VALUE) {
      return LOW;
    }
    return value == Double.POSITIVE_INFINITY || value == (double) Float.MAX_VALUE ? HIGH : value;
  }

  private static void replaceBuffer(String name, Rewriting rewriting) {
    Constant constant = Objects.requireNonNull(rewriting.constants().get(name));
    List<Node.GetAttr> uses =
        rewriting.before().nodes().stream()
            .filter(Node.GetAttr.class::isInstance)
            .map(Node.GetAttr.class::cast)
            .filter(attr -> attr.constant().equals(name))
            .toList();
    boolean eligible =
        constant.kind() != Constant.Kind.PARAMETER
            && constant.data().map(d -> d.dtype() == DType.FLOAT32).orElse(false)
            && uses.stream()
                .flatMap(attr -> rewriting.editor().users(attr.name()).stream())
                .allMatch(user -> rewriting.isAllowed(rewriting.editor().node(user)));
    if (!eligible) {
      return;
    }
    float[] values = constant.tensor().toFloats();
    boolean finite = true;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        finite = false;
        values[i] = Float.isNaN(values[i]) ? 0 : (float) (values[i] > 0 ? HIGH : LOW);
      }
    }
    if (!finite) {
      TensorData data = TensorData.ofFloats(values, constant.tensor().sizes());
      uses.forEach(attr -> rewriting.setValue(attr, data));
    }
  }
}
