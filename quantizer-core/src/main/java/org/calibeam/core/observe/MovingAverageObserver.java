package org.calibeam.core.observe;

import java.util.Arrays;
import org.calibeam.core.qspec.ObserverKind;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * torchao 0.18's {@code MovingAverageMinMaxObserver} and {@code
 * MovingAveragePerChannelMinMaxObserver}: each tensor moves min and max a part of the way to its
 * own. A spec whose observer is {@link ObserverKind#PER_CHANNEL_FAKE_QUANTIZE} asks for {@code
 * PerChannelMinMaxObserver}, which keeps the extremes.
 *
 * <p>Merge law: none; the result depends on the order of the tensors. NaN poisons min and max, as
 * it does there. Not safe for use by several threads.
 */
public final class MovingAverageObserver {
  private final QuantizationSpec.Observed spec;
  private final boolean extremes;
  private final float averaging;
  private float[] min = {};
  private float[] max = {};

  /** An observer that has seen nothing; the averaging constant is that of {@code spec}. */
  public MovingAverageObserver(QuantizationSpec.Observed spec) {
    this.spec = spec;
    this.extremes = spec.observer() == ObserverKind.PER_CHANNEL_FAKE_QUANTIZE;
    this.averaging = (float) spec.averagingConstant();
  }

  /**
   * Observes one tensor; an empty one is ignored.
   *
   * @param values in row-major order
   */
  public void observe(float[] values, long[] sizes) {
    if (values.length == 0) {
      return;
    }
    Channels channels = Channels.of(spec, sizes);
    float[] low = new float[channels.count()];
    float[] high = new float[channels.count()];
    Arrays.fill(low, Float.POSITIVE_INFINITY);
    Arrays.fill(high, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < values.length; i++) {
      int channel = channels.of(i);
      low[channel] = Math.min(low[channel], values[i]);
      high[channel] = Math.max(high[channel], values[i]);
    }
    if (min.length == 0) {
      min = low;
      max = high;
      return;
    }
    if (min.length != low.length) {
      throw new IllegalArgumentException(
          "A tensor of %d channels follows one of %d channels".formatted(low.length, min.length));
    }
    for (int i = 0; i < min.length; i++) {
      if (extremes) {
        min[i] = Math.min(min[i], low[i]);
        max[i] = Math.max(max[i], high[i]);
      } else {
        min[i] += averaging * (low[i] - min[i]);
        max[i] += averaging * (high[i] - max[i]);
      }
    }
  }

  /** Whether no tensor with an element was observed. */
  public boolean isEmpty() {
    return min.length == 0;
  }

  /** Least value per tensor or channel; none before the first tensor. */
  public float[] min() {
    return min.clone();
  }

  /** Greatest value per tensor or channel; none before the first tensor. */
  public float[] max() {
    return max.clone();
  }

  /**
   * Qparams that cover the averaged range.
   *
   * @throws SamplesException if nothing was observed
   */
  public QParams qparams() {
    if (isEmpty()) {
      throw new SamplesException(
          "No value was observed, so no scale can be chosen; train with samples that come here");
    }
    return QParams.covering(spec, min, max);
  }
}
