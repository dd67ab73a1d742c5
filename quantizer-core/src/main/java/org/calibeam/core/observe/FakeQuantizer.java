package org.calibeam.core.observe;

import org.calibeam.core.qspec.ObserverKind;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * Observes a tensor and returns it as quantization would leave it, for quantization-aware training:
 * torchao 0.18's {@code FakeQuantize} and {@code FusedMovingAvgObsFakeQuantize}, bit for bit.
 *
 * <p>The fused kind chooses other qparams in training than {@link #qparams} does for conversion;
 * see {@link FusedQParams}. Not safe for use by several threads.
 */
public final class FakeQuantizer {
  private final QuantizationSpec.Observed spec;
  private final boolean fused;
  private final MovingAverageObserver observer;
  private float[] scales = {1};
  private int[] zeroPoints = {0};

  /**
   * A fake quantizer that has seen nothing.
   *
   * @throws IllegalArgumentException if the observer of {@code spec} is no fake quantizer
   */
  public FakeQuantizer(QuantizationSpec.Observed spec) {
    if (!spec.observer().isFakeQuantize()) {
      throw new IllegalArgumentException(spec.observer() + " does not change values");
    }
    this.spec = spec;
    this.fused = spec.observer() == ObserverKind.FUSED_MOVING_AVERAGE_FAKE_QUANTIZE;
    this.observer = new MovingAverageObserver(spec);
  }

  /**
   * Observes a tensor, then quantizes and dequantizes it.
   *
   * @param values in row-major order; not changed
   * @return as many values
   */
  public float[] apply(float[] values, long[] sizes) {
    observer.observe(values, sizes);
    if (!observer.isEmpty()) {
      chooseTrainingQParams();
    }
    Channels channels = Channels.of(spec, sizes);
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      int channel = scales.length == 1 ? 0 : channels.of(i);
      float scale = scales[channel];
      float inverse = 1f / scale;
      float rounded = (float) Math.rint(values[i] * inverse);
      float level =
          Math.max(spec.quantMin(), Math.min(spec.quantMax(), zeroPoints[channel] + rounded));
      out[i] = (level - zeroPoints[channel]) * scale;
    }
    return out;
  }

  private void chooseTrainingQParams() {
    if (!fused) {
      QParams qparams = observer.qparams();
      scales = qparams.scales();
      zeroPoints = qparams.zeroPoints();
      return;
    }
    float[] min = observer.min();
    float[] max = observer.max();
    scales = new float[min.length];
    zeroPoints = new int[min.length];
    for (int i = 0; i < min.length; i++) {
      FusedQParams chosen = FusedQParams.of(min[i], max[i], spec);
      scales[i] = chosen.scale();
      zeroPoints[i] = chosen.zeroPoint();
    }
  }

  /** Averaged least value per tensor or channel; none before the first tensor. */
  public float[] min() {
    return observer.min();
  }

  /** Averaged greatest value per tensor or channel; none before the first tensor. */
  public float[] max() {
    return observer.max();
  }

  /** Scales that the last tensor was quantized with; 1 before the first. */
  public float[] trainingScales() {
    return scales.clone();
  }

  /** Zero points that the last tensor was quantized with; 0 before the first. */
  public int[] trainingZeroPoints() {
    return zeroPoints.clone();
  }

  /**
   * The qparams for conversion.
   *
   * @throws SamplesException if nothing was observed
   */
  public QParams qparams() {
    return observer.qparams();
  }
}
