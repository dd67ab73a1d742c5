package org.calibeam.pipeline.evaluate;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.List;
import java.util.function.Consumer;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.StoredFile;
import org.calibeam.pipeline.observe.ModelFile;

/**
 * Evaluates a quantized model as a pipeline of its own.
 *
 * @param shards samples to run, never those that calibrated the model
 * @param maxBadSamples with more the job fails, with 0 at the first
 */
public record EvaluationJob(
    ModelFile model, ModelFile quantized, List<Shard> shards, long maxBadSamples) {

  public EvaluationJob {
    shards = List.copyOf(shards);
  }

  /**
   * Runs it and returns its figures.
   *
   * @param scratch a file that workers can write and this process can read; removed afterwards
   * @param runner runs a pipeline to its end, and throws if it fails
   * @throws org.calibeam.core.observe.SamplesException as {@link Evaluation#of} does
   */
  public Evaluation run(PipelineOptions options, ResourceId scratch, Consumer<Pipeline> runner) {
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply("Evaluate", new CompareModels(model, quantized, shards, maxBadSamples))
        .apply("Keep", ParDo.of(new KeepFn(scratch.toString())));
    try {
      runner.accept(pipeline);
      return Evaluation.of(read(scratch), maxBadSamples);
    } finally {
      delete(scratch);
    }
  }

  private static Comparison read(ResourceId file) {
    try (InputStream in = Channels.newInputStream(StoredFile.open(file))) {
      return ComparisonCoder.of().decode(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read back what was compared from " + file, e);
    }
  }

  private static void delete(ResourceId file) {
    try {
      FileSystems.delete(List.of(file), StandardMoveOptions.IGNORE_MISSING_FILES);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot remove " + file, e);
    }
  }

  /** Writes the one comparison. Safe to repeat. */
  private static final class KeepFn extends DoFn<Comparison, Void> {
    private static final long serialVersionUID = 1;

    private final String file;

    private KeepFn(String file) {
      this.file = file;
    }

    @ProcessElement
    public void process(@Element Comparison comparison) throws IOException {
      try (OutputStream out =
          Channels.newOutputStream(
              FileSystems.create(
                  FileSystems.matchNewResource(file, false), "application/octet-stream"))) {
        ComparisonCoder.of().encode(comparison, out);
      }
    }
  }
}
