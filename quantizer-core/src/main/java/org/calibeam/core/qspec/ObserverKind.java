package org.calibeam.core.qspec;

/** What watches a tensor and later chooses its qparams, named after torchao 0.18's classes. */
public enum ObserverKind {
  HISTOGRAM,
  MIN_MAX,
  PER_CHANNEL_MIN_MAX,
  /** Watches nothing: qparams are chosen for each tensor at run time. */
  PLACEHOLDER,
  /** QAT: fused moving average of min and max with fake quantization. */
  FUSED_MOVING_AVERAGE_FAKE_QUANTIZE,
  /** QAT: fake quantization over a moving average of min and max. */
  MOVING_AVERAGE_FAKE_QUANTIZE,
  /** QAT: fake quantization over per-channel min and max. */
  PER_CHANNEL_FAKE_QUANTIZE,
  /** QAT: fake quantization over a moving average of per-channel min and max. */
  MOVING_AVERAGE_PER_CHANNEL_FAKE_QUANTIZE;

  /** Whether this changes the values that flow through, as quantization-aware training does. */
  public boolean isFakeQuantize() {
    return name().endsWith("FAKE_QUANTIZE");
  }
}
