package org.calibeam.core.prepare;

import java.util.Optional;
import org.calibeam.core.observe.Histogram;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;

/** One observer of a prepared program: where its qparams will come from. */
public sealed interface PreparedObserver {

  QuantizationSpec spec();

  /**
   * Sees activations while samples are run.
   *
   * @param sumAxis the dimension that counts the channels to be summed up; -1 if none are
   */
  record Activation(QuantizationSpec.Observed spec, int sumAxis) implements PreparedObserver {

    /** One that sums nothing up. */
    public Activation(QuantizationSpec.Observed spec) {
      this(spec, -1);
    }

    /** An accumulator of what this observer sees. */
    public StatisticAccumulator newAccumulator() {
      return sumAxis < 0
          ? new StatisticAccumulator(bins())
          : StatisticAccumulator.summing(bins(), sumAxis);
    }

    /** Number of histogram bins that its integers call for. */
    public int bins() {
      return spec.dtype() == DType.INT16 ? Histogram.INT16_BINS : Histogram.DEFAULT_BINS;
    }
  }

  /** Sees one constant, whatever the samples are; it needs no run. */
  record Weight(QuantizationSpec.Observed spec, TensorData value) implements PreparedObserver {}

  /** Chooses qparams for each tensor when the quantized program runs. */
  record Dynamic(QuantizationSpec.Observed spec) implements PreparedObserver {}

  record FixedQParams(QuantizationSpec.Fixed spec) implements PreparedObserver {}

  /**
   * The bias of a convolution or linear layer.
   *
   * @param value the bias, empty if it is computed from a sample
   */
  record Bias(
      QuantizationSpec.DerivedBias spec,
      ObserverId activation,
      ObserverId weight,
      Optional<TensorData> value)
      implements PreparedObserver {}
}
