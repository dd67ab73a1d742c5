package org.calibeam.core.annotate;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.qspec.EdgeOrNode;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;

/**
 * The specs that a configuration gives to one node: its inputs, weight, bias and output. The rules
 * are those of {@code TOSAQuantizationConfig} and {@code VGFQuantizationConfig} in ExecuTorch
 * 1.5.1's {@code backends/arm/quantizer/quantization_config.py}.
 */
record NodeSpecs(QuantizationConfig config) {
  private static final Set<String> COMPARISONS =
      Set.of(
          "aten.lt.Tensor",
          "aten.le.Tensor",
          "aten.gt.Tensor",
          "aten.ge.Tensor",
          "aten.eq.Tensor",
          "aten.ne.Tensor");

  /** Operators whose output is as its input, only at other places. */
  private static final Set<String> OUTPUT_LIKE_INPUT =
      Set.of(
          "aten.adaptive_avg_pool2d.default",
          "aten.avg_pool2d.default",
          "aten.max_pool2d.default",
          "aten.upsample_bilinear2d.vec",
          "aten.upsample_nearest2d.vec",
          "aten.mean.default",
          "aten.mean.dim");

  /** Width of the input range of functions that are only defined on [-1, 1]. */
  private static final Map<String, double[]> FIXED_INPUT_WIDTH =
      Map.of(
          "aten.acos.default", new double[] {2, 2},
          "aten.asin.default", new double[] {2, 2},
          "aten.atanh.default", new double[] {1.998, 1.99998});

  private static final String GRID_SAMPLER = "aten.grid_sampler.default";
  private static final String CONV_TRANSPOSE_2D = "aten.conv_transpose2d.input";
  private static final int INT32_LIMIT = Integer.MAX_VALUE;

  /** Spec of the tensor {@code producer} as {@code name} reads it; empty leaves it as it is. */
  Optional<QuantizationSpec> input(GraphView view, String name, String producer) {
    Optional<Observed> activation = config.inputActivation();
    String target = view.target(name);
    if (COMPARISONS.contains(target) && !view.isArgument(name, 0, producer)) {
      // Both sides of a comparison share one scale. A first operand that is not floating point has
      // no observer to share (the reference fails here): the second then has its own.
      Optional<String> first = view.call(name).flatMap(c -> c.ref(0)).filter(view::isFloat);
      if (first.isPresent()) {
        return Optional.of(new QuantizationSpec.Shared(new EdgeOrNode.Edge(first.get(), name)));
      }
    }
    if (target.equals(GRID_SAMPLER) && view.isArgument(name, 0, producer)) {
      return gridSamplerImage(view, name, activation);
    }
    double[] width = FIXED_INPUT_WIDTH.get(target);
    if (width != null && activation.isPresent()) {
      Observed spec = activation.get();
      boolean eightBits = spec.dtype().bytes() == 1;
      return Optional.of(
          fixed(
              spec,
              eightBits ? width[0] / 256 : width[1] / 65536,
              spec.quantMin(),
              spec.quantMax()));
    }
    return activation.map(a -> a);
  }

  /** Spec of what {@code name} computes; empty leaves it as it is. */
  Optional<QuantizationSpec> output(GraphView view, String name) {
    Optional<Observed> activation = config.outputActivation();
    String target = view.target(name);
    if (target.equals(GRID_SAMPLER)) {
      return gridSamplerImage(view, name, activation);
    }
    if (target.equals("aten.to.dtype")) {
      return cast(view, name);
    }
    if (OUTPUT_LIKE_INPUT.contains(target)) {
      Optional<String> source = view.call(name).flatMap(c -> c.ref(0));
      if (source.isPresent()) {
        return Optional.of(new QuantizationSpec.Shared(new EdgeOrNode.Edge(source.get(), name)));
      }
    }
    return activation.map(a -> a);
  }

  private Optional<QuantizationSpec> gridSamplerImage(
      GraphView view, String name, Optional<Observed> activation) {
    if (activation.isEmpty() || activation.get().dtype().bytes() != 1) {
      return Optional.empty();
    }
    Observed spec = activation.get();
    if (spec.dtype() == DType.INT8 && FlowOffsetGridSampler.matches(view, name)) {
      return Optional.of(spec.withRange(-127, 127));
    }
    return Optional.of(fixed(spec, 1.0 / 127, -127, 127));
  }

  private static QuantizationSpec.Fixed fixed(Observed like, double scale, int min, int max) {
    return new QuantizationSpec.Fixed(
        like.dtype(), scale, 0, min, max, like.qscheme(), like.dynamic());
  }

  private Optional<QuantizationSpec> cast(GraphView view, String name) {
    String source = view.inputs(name).get(0);
    Optional<DType> from = view.dtype(source);
    Optional<DType> to = view.dtype(name);
    if (from.isPresent() && to.isPresent()) {
      if (PatternCheck.isIntegerToInteger(from.get(), to.get())) {
        return Optional.empty();
      }
      if (PatternCheck.isIntegerToFloat(from.get(), to.get()) && to.get() == DType.FLOAT32) {
        int bits = 8 * from.get().bytes();
        return Optional.of(
            new QuantizationSpec.Fixed(
                from.get(),
                1.0,
                0,
                (int) -(1L << (bits - 1)),
                (int) ((1L << (bits - 1)) - 1),
                QScheme.PER_TENSOR_SYMMETRIC,
                false));
      }
      if (from.get().isFloatingPoint() && from.get() == to.get()) {
        return Optional.of(new QuantizationSpec.Shared(new EdgeOrNode.Edge(source, name)));
      }
    }
    return config.outputActivation().map(a -> a);
  }

  /** Spec of the weight of the convolution or linear layer {@code name}. */
  Optional<QuantizationSpec> weight(GraphView view, String name) {
    return config.weight().map(w -> adjusted(view, name, w));
  }

  private static Observed adjusted(GraphView view, String name, Observed weight) {
    if (!weight.qscheme().isPerChannel() || !view.target(name).equals(CONV_TRANSPOSE_2D)) {
      return weight;
    }
    if (groups(view, name) == 1) {
      return weight.withChAxis(1);
    }
    // In groups, no axis of [in, out / groups, …] is the output channels, which the scales of a
    // bias belong to; only where each channel is a group of its own does the first stand for them.
    boolean biased = view.call(name).flatMap(c -> c.ref(2)).isPresent();
    return biased && !isDepthwise(view, name) ? weight.perTensor() : weight.withChAxis(0);
  }

  private static boolean isDepthwise(GraphView view, String name) {
    return view.call(name)
        .flatMap(c -> c.ref(1))
        .flatMap(w -> view.graph().node(w).spec())
        .map(
            s ->
                s.sizes().get(1).equals(Dim.of(1))
                    && s.sizes().get(0).equals(Dim.of(groups(view, name))))
        .orElse(false);
  }

  private static long groups(GraphView view, String name) {
    Optional<Argument> groups = view.call(name).flatMap(c -> c.argument("groups"));
    return groups.orElse(Argument.of(1)) instanceof Argument.IntValue i ? i.value() : 1;
  }

  /** Spec of the bias of the convolution or linear layer {@code name}; empty leaves it floating. */
  Optional<QuantizationSpec> bias(GraphView view, String name) {
    Optional<Node.Call> call = view.call(name);
    Optional<String> activation = call.flatMap(c -> c.ref(0));
    Optional<String> weight = call.flatMap(c -> c.ref(1));
    if (!config.bias()
        || config.weight().isEmpty()
        || config.inputActivation().isEmpty()
        || activation.isEmpty()
        || weight.isEmpty()
        || !view.isFloat(weight.get())
        || !PatternTable.PARAMETER_TARGETS.contains(call.get().target())) {
      return Optional.empty();
    }
    if (config.inputActivation().get().dynamic()) {
      // A dynamic activation has no scale to derive the bias from (the reference fails here).
      return Optional.empty();
    }
    return Optional.of(
        new QuantizationSpec.DerivedBias(
            new EdgeOrNode.Edge(activation.get(), name),
            new EdgeOrNode.Edge(weight.get(), name),
            DType.INT32,
            -INT32_LIMIT,
            INT32_LIMIT,
            adjusted(view, name, config.weight().get()).qscheme(),
            0));
  }
}
