package org.calibeam.core.qspec;

import java.util.List;
import org.calibeam.core.tensor.DType;

/** How one tensor is to be quantized. The four kinds are those of torchao 0.18's PT2E quantizer. */
public sealed interface QuantizationSpec {

  /**
   * From what an observer sees.
   *
   * @param quantMin least integer used, inclusive
   * @param quantMax greatest integer used, inclusive
   * @param chAxis channel axis; 0 where the scheme is per tensor
   * @param dynamic whether qparams are chosen for each tensor at run time
   * @param eps lower bound of the scale
   * @param averagingConstant weight of the newest min and max; used by moving averages only
   */
  record Observed(
      DType dtype,
      int quantMin,
      int quantMax,
      QScheme qscheme,
      int chAxis,
      boolean dynamic,
      ObserverKind observer,
      double eps,
      double averagingConstant)
      implements QuantizationSpec {
    public Observed {
      if (quantMin > quantMax) {
        throw new IllegalArgumentException(
            "quant_min %d is above quant_max %d".formatted(quantMin, quantMax));
      }
      if (chAxis < 0) {
        throw new IllegalArgumentException(
            "ch_axis is %d, it must not be negative".formatted(chAxis));
      }
      if (!(eps > 0)) {
        throw new IllegalArgumentException("eps is %s, it must be positive".formatted(eps));
      }
    }

    public Observed withRange(int min, int max) {
      return new Observed(
          dtype, min, max, qscheme, chAxis, dynamic, observer, eps, averagingConstant);
    }

    public Observed withChAxis(int axis) {
      return new Observed(
          dtype, quantMin, quantMax, qscheme, axis, dynamic, observer, eps, averagingConstant);
    }

    /** The same with one scale for the whole tensor, watched as such. */
    public Observed perTensor() {
      return new Observed(
          dtype,
          quantMin,
          quantMax,
          qscheme.isSymmetric() ? QScheme.PER_TENSOR_SYMMETRIC : QScheme.PER_TENSOR_AFFINE,
          0,
          dynamic,
          observer.isFakeQuantize()
              ? ObserverKind.MOVING_AVERAGE_FAKE_QUANTIZE
              : ObserverKind.MIN_MAX,
          eps,
          averagingConstant);
    }

    public Observed withObserver(ObserverKind kind) {
      return new Observed(
          dtype, quantMin, quantMax, qscheme, chAxis, dynamic, kind, eps, averagingConstant);
    }
  }

  /** Given: no observer is asked. */
  record Fixed(
      DType dtype,
      double scale,
      int zeroPoint,
      int quantMin,
      int quantMax,
      QScheme qscheme,
      boolean dynamic)
      implements QuantizationSpec {}

  /** The same observer as {@code source} has. */
  record Shared(EdgeOrNode source) implements QuantizationSpec {}

  /**
   * The bias of a convolution or linear layer: its scale is the product of the scales of {@code
   * activation} and {@code weight}, rounded to float32, its zero point 0.
   *
   * @param chAxis channel axis of the bias; 0 unless the reference's weight axis is carried over
   */
  record DerivedBias(
      EdgeOrNode.Edge activation,
      EdgeOrNode.Edge weight,
      DType dtype,
      int quantMin,
      int quantMax,
      QScheme qscheme,
      int chAxis)
      implements QuantizationSpec {
    public List<EdgeOrNode.Edge> sources() {
      return List.of(activation, weight);
    }
  }
}
