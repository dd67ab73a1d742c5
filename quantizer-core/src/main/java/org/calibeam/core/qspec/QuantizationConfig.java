package org.calibeam.core.qspec;

import java.util.Optional;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.DType;

/**
 * What the operators under one filter get: specs of activations in and out, of weights and whether
 * biases are quantized. The factories and their values are those of ExecuTorch 1.5.1's {@code
 * backends/arm/quantizer/arm_quantizer.py}.
 *
 * @param bias whether the bias of a convolution or linear layer becomes int32; its spec is derived
 *     for each node
 * @param label for reports, for example {@code int8 per channel}
 */
public record QuantizationConfig(
    Optional<Observed> inputActivation,
    Optional<Observed> outputActivation,
    Optional<Observed> weight,
    boolean bias,
    String label) {

  /** Lower bound of int8 scales: 2^-16. */
  public static final double EPS = 0x1p-16;

  /** Lower bound of int16 activation scales: 2^-12. */
  public static final double EPS_INT16 = 0x1p-12;

  private static final double AVERAGING_CONSTANT = 0.01;

  /** The parameters of {@link #symmetric(Symmetric)}, with the reference's defaults. */
  public record Symmetric(
      boolean perChannel,
      boolean qat,
      boolean dynamic,
      int actQuantMin,
      int actQuantMax,
      int weightQuantMin,
      int weightQuantMax,
      double eps) {
    public static final Symmetric DEFAULT =
        new Symmetric(true, false, false, -128, 127, -127, 127, EPS);

    public Symmetric withPerChannel(boolean value) {
      return new Symmetric(
          value, qat, dynamic, actQuantMin, actQuantMax, weightQuantMin, weightQuantMax, eps);
    }

    public Symmetric withQat(boolean value) {
      return new Symmetric(
          perChannel,
          value,
          dynamic,
          actQuantMin,
          actQuantMax,
          weightQuantMin,
          weightQuantMax,
          eps);
    }

    public Symmetric withDynamic(boolean value) {
      return new Symmetric(
          perChannel, qat, value, actQuantMin, actQuantMax, weightQuantMin, weightQuantMax, eps);
    }

    public Symmetric withActRange(int min, int max) {
      return new Symmetric(perChannel, qat, dynamic, min, max, weightQuantMin, weightQuantMax, eps);
    }

    public Symmetric withWeightRange(int min, int max) {
      return new Symmetric(perChannel, qat, dynamic, actQuantMin, actQuantMax, min, max, eps);
    }

    public Symmetric withEps(double value) {
      return new Symmetric(
          perChannel,
          qat,
          dynamic,
          actQuantMin,
          actQuantMax,
          weightQuantMin,
          weightQuantMax,
          value);
    }
  }

  /** int8 weights per channel, static int8 activations. */
  public static QuantizationConfig symmetric() {
    return symmetric(Symmetric.DEFAULT);
  }

  /**
   * int8 symmetric weights with int8 affine activations: {@code get_symmetric_quantization_config}.
   */
  public static QuantizationConfig symmetric(Symmetric p) {
    Observed activation =
        new Observed(
            DType.INT8,
            p.actQuantMin(),
            p.actQuantMax(),
            QScheme.PER_TENSOR_AFFINE,
            0,
            p.dynamic(),
            activationObserver(p.qat(), p.dynamic()),
            p.eps(),
            p.dynamic() ? 1.0 : AVERAGING_CONSTANT);
    return new QuantizationConfig(
        Optional.of(activation),
        p.dynamic() ? Optional.empty() : Optional.of(activation),
        Optional.of(weight(p)),
        true,
        "%s int8 weights %s, %s int8 activations"
            .formatted(
                p.qat() ? "QAT" : "PTQ",
                p.perChannel() ? "per channel" : "per tensor",
                p.dynamic() ? "dynamic" : "static"));
  }

  private static ObserverKind activationObserver(boolean qat, boolean dynamic) {
    if (qat) {
      return dynamic
          ? ObserverKind.MOVING_AVERAGE_FAKE_QUANTIZE
          : ObserverKind.FUSED_MOVING_AVERAGE_FAKE_QUANTIZE;
    }
    return dynamic ? ObserverKind.PLACEHOLDER : ObserverKind.HISTOGRAM;
  }

  private static Observed weight(Symmetric p) {
    ObserverKind kind;
    if (p.perChannel()) {
      kind = p.qat() ? ObserverKind.PER_CHANNEL_FAKE_QUANTIZE : ObserverKind.PER_CHANNEL_MIN_MAX;
    } else {
      kind = p.qat() ? ObserverKind.MOVING_AVERAGE_FAKE_QUANTIZE : ObserverKind.MIN_MAX;
    }
    return new Observed(
        DType.INT8,
        p.weightQuantMin(),
        p.weightQuantMax(),
        p.perChannel() ? QScheme.PER_CHANNEL_SYMMETRIC : QScheme.PER_TENSOR_SYMMETRIC,
        0,
        false,
        kind,
        p.eps(),
        p.dynamic() ? 1.0 : AVERAGING_CONSTANT);
  }

  /** 4-bit weights in [-7, 7], stored as int8: {@code get_symmetric_a8w4_quantization_config}. */
  public static QuantizationConfig symmetricA8W4(Symmetric p) {
    return symmetric(p.withWeightRange(-7, 7));
  }

  /**
   * int16 symmetric activations with int8 weights: {@code get_symmetric_a16w8_quantization_config}.
   * Weight range and weight eps are the ones asked for; the reference ignores them.
   *
   * @param p {@code eps} is the lower bound of the activations' scale; the activation range is
   *     always [-32767, 32767]
   */
  public static QuantizationConfig symmetricA16W8(Symmetric p) {
    QuantizationConfig base = symmetric(p.withEps(EPS));
    Observed activation =
        new Observed(
            DType.INT16,
            -32767,
            32767,
            QScheme.PER_TENSOR_SYMMETRIC,
            0,
            p.dynamic(),
            activationObserver(p.qat(), p.dynamic()),
            p.eps(),
            p.dynamic() ? 1.0 : AVERAGING_CONSTANT);
    return new QuantizationConfig(
        Optional.of(activation),
        p.dynamic() ? Optional.empty() : Optional.of(activation),
        base.weight(),
        true,
        base.label().replace("int8 activations", "int16 activations"));
  }

  /**
   * Activations in [-127, 127], for VGF's snorm formats: {@code get_vgf_snorm_quantization_config}.
   */
  public static QuantizationConfig vgfSnorm(Symmetric p) {
    QuantizationConfig base = symmetric(p.withDynamic(false).withActRange(-127, 127));
    return new QuantizationConfig(
        base.inputActivation(),
        base.outputActivation(),
        base.weight(),
        base.bias(),
        base.label() + ", snorm");
  }

  /**
   * uint8 activations in [0, 255], meant for inputs and outputs: {@code
   * get_uint8_io_quantization_config}.
   */
  public static QuantizationConfig uint8Io(boolean qat, boolean dynamic, double eps) {
    Observed activation =
        new Observed(
            DType.UINT8,
            0,
            255,
            QScheme.PER_TENSOR_AFFINE,
            0,
            dynamic,
            activationObserver(qat, dynamic),
            eps,
            dynamic ? 1.0 : AVERAGING_CONSTANT);
    return new QuantizationConfig(
        Optional.of(activation), Optional.of(activation), Optional.empty(), false, "uint8 io");
  }
}
