package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Locale;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.FinalName;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.NpzWriter;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;
import org.calibeam.pipeline.observe.ModelFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    description = "Runs an archive, float or quantized, over samples and keeps its outputs.",
    mixinStandardHelpOptions = true)
final class RunCommand extends BeamVerb implements Runnable {
  @Mixin private SampleSource samples = new SampleSource();

  @Parameters(paramLabel = "M.pt2", description = "An archive that torch.export.save wrote.")
  private String model = "";

  @Option(
      names = "--output",
      required = true,
      paramLabel = "F.npz",
      description =
          "The file to write, or to replace: arrays named SSSSS.O, sample in the order read, output.")
  private String output = "";

  @Override
  public void run() {
    pipelineOptions();
    List<Shard> shards = samples.shards();
    ResourceId target = FileSystems.matchNewResource(output, false);
    ResourceId temporary = FileSystems.matchNewResource(output + ".part", false);
    long count;
    try (GraphRunner runner = GraphRunner.load(ModelFile.of(model).read())) {
      count = write(runner, shards, temporary);
      FinalName.give(temporary, target);
    } catch (IOException | UncheckedIOException e) {
      throw new ConfigurationException(
          "Cannot write %s: %s. Check that you may write there and that there is room."
              .formatted(output, e.getMessage()),
          e);
    }
    terminal().out().printf("Ran %d samples -> %s%n", count, output);
  }

  private static long write(GraphRunner runner, List<Shard> shards, ResourceId temporary)
      throws IOException {
    Keeping visitor;
    boolean done = false;
    try (NpzWriter writer =
        new NpzWriter(Channels.newOutputStream(FileSystems.create(temporary, "application/zip")))) {
      visitor = new Keeping(runner, writer);
      for (Shard shard : shards) {
        shard.parts().forEach(part -> part.read(visitor));
      }
      done = true;
    } finally {
      if (!done) {
        FileSystems.delete(List.of(temporary), StandardMoveOptions.IGNORE_MISSING_FILES);
      }
    }
    return visitor.count;
  }

  private static final class Keeping implements ShardPart.Visitor {
    private final GraphRunner runner;
    private final NpzWriter writer;
    private long count;

    private Keeping(GraphRunner runner, NpzWriter writer) {
      this.runner = runner;
      this.writer = writer;
    }

    @Override
    public void sample(InputSample sample) {
      List<TensorData> outputs;
      try {
        outputs = runner.run(sample.inputs());
      } catch (SamplesException e) {
        throw new SamplesException("Bad sample %s: %s".formatted(sample.id(), e.getMessage()), e);
      }
      try {
        for (int i = 0; i < outputs.size(); i++) {
          writer.write(String.format(Locale.ROOT, "%05d.%d", count, i), outputs.get(i));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      count++;
    }

    @Override
    public void unreadable(SampleId id, String reason) {
      throw new SamplesException(new BadSample(id, BadSample.READ, reason, id.file()).complaint());
    }
  }
}
