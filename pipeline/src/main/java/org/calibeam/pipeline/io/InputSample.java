package org.calibeam.pipeline.io;

import java.util.List;
import java.util.OptionalLong;
import org.calibeam.core.tensor.TensorData;

/**
 * One sample as it was read.
 *
 * @param inputs one tensor per argument of the model, each contiguous
 * @param label class of the sample where the file tells it
 */
public record InputSample(SampleId id, List<TensorData> inputs, OptionalLong label) {
  public InputSample {
    inputs = List.copyOf(inputs);
  }

  /** A sample without a label. */
  public InputSample(SampleId id, List<TensorData> inputs) {
    this(id, inputs, OptionalLong.empty());
  }
}
