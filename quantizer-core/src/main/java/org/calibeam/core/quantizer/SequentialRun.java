package org.calibeam.core.quantizer;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.tensor.TensorData;

/**
 * Runs samples one after the other, where what comes out depends on their order: no two of these
 * can be merged, and no {@link Statistic} holds what they know. For one thread.
 */
public sealed interface SequentialRun extends AutoCloseable permits TrainingRun, ReferenceRun {

  /**
   * The run that the program or the calibrator asks for, empty if the order of samples does not
   * matter: training for fake quantization, whatever the calibrator, else the reference's observers
   * for {@code reference}.
   *
   * @throws org.calibeam.core.graph.ModelException if libtorch cannot run an operator of it
   * @throws ConfigurationException if a repair needs what such a run does not keep
   */
  static Optional<SequentialRun> of(PreparedProgram prepared, Calibrator calibrator) {
    if (prepared.isSequential()) {
      return Optional.of(new TrainingRun(prepared));
    }
    if (!calibrator.isSequential()) {
      return Optional.empty();
    }
    if (prepared.sumsChannels()) {
      throw new ConfigurationException(
          "Cannot correct biases with the calibrator reference: its observers keep no means of channels. Use another calibrator, or leave out the repair.");
    }
    return Optional.of(new ReferenceRun(prepared));
  }

  /**
   * Runs one sample after those before.
   *
   * @return the code paths that it took
   * @throws SamplesException if it does not fit the program; see {@link #isBroken}
   */
  Set<CodePath> run(List<TensorData> sample);

  /** Whether a sample that failed half-way has left its traces, so that the run cannot go on. */
  boolean isBroken();

  /** What the observers of activations saw, in the form that can be merged; for reading. */
  Map<ObserverId, Statistic> statistics();

  /** The quantized program after the samples so far. */
  ConvertedProgram convert(ConvertOptions options);

  @Override
  void close();
}
