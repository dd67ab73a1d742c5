package org.calibeam.pipeline.io;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.schemas.Sample;
import org.calibeam.schemas.SampleTensor;
import org.jspecify.annotations.Nullable;

/**
 * Writes samples as Avro files {@code samples-00000.avro}, {@code samples-00001.avro}, … Each is
 * written under another name and gets its own when it is complete. The same samples give the same
 * bytes.
 */
public final class AvroShards implements ShardPart.Visitor, Closeable {
  /** Blocks are what a file is cut at: a few samples each, whatever their size. */
  private static final int BLOCK_BYTES = 1 << 20;

  private final ResourceId folder;
  private final long samplesPerFile;
  private @Nullable DataFileWriter<Sample> writer;
  private final List<ResourceId> files = new ArrayList<>();
  private long samples;

  /**
   * @param folder made if it is not there
   * @param samplesPerFile of all files but the last
   */
  public AvroShards(String folder, long samplesPerFile) {
    this.folder = FileSystems.matchNewResource(folder.endsWith("/") ? folder : folder + "/", true);
    this.samplesPerFile = samplesPerFile;
  }

  public long samples() {
    return samples;
  }

  /** How many files there are. */
  public int files() {
    return files.size();
  }

  @Override
  public void sample(InputSample sample) {
    try {
      if (writer == null || samples % samplesPerFile == 0) {
        finish();
        writer = begin();
      }
      writer.append(
          Sample.newBuilder()
              .setId(sample.id().toString())
              .setTensors(sample.inputs().stream().map(AvroShards::tensor).toList())
              .setLabel(sample.label().isPresent() ? (Long) sample.label().getAsLong() : null)
              .build());
      samples++;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void unreadable(SampleId id, String reason) {
    throw new SamplesException(new BadSample(id, BadSample.READ, reason, id.file()).complaint());
  }

  private static SampleTensor tensor(TensorData tensor) {
    return new SampleTensor(
        tensor.dtype().torchName(),
        LongStream.of(tensor.sizes()).boxed().toList(),
        tensor.toBytes());
  }

  private DataFileWriter<Sample> begin() throws IOException {
    ResourceId file =
        folder.resolve(
            String.format(Locale.ROOT, "samples-%05d.avro", files.size()),
            StandardResolveOptions.RESOLVE_FILE);
    files.add(file);
    DataFileWriter<Sample> begun = new DataFileWriter<>(new SpecificDatumWriter<>(Sample.class));
    begun.setCodec(CodecFactory.deflateCodec(1)).setSyncInterval(BLOCK_BYTES);
    begun.create(
        Sample.getClassSchema(),
        Channels.newOutputStream(FileSystems.create(part(file), "avro/binary")),
        sync(files.size()));
    return begun;
  }

  /** Avro's default is random, which would make every run differ. */
  private static byte[] sync(int file) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(("samples " + file).getBytes(UTF_8));
      return Arrays.copyOf(digest, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  private static ResourceId part(ResourceId file) {
    return FileSystems.matchNewResource(file + ".part", false);
  }

  /** Completes the last file. */
  public void finish() throws IOException {
    if (writer != null) {
      writer.close();
      writer = null;
      ResourceId file = files.get(files.size() - 1);
      FinalName.give(part(file), file);
    }
  }

  /** Removes what is not {@link #finish finished}. */
  @Override
  public void close() throws IOException {
    if (writer != null) {
      writer.close();
      writer = null;
      FileSystems.delete(
          List.of(part(files.get(files.size() - 1))), StandardMoveOptions.IGNORE_MISSING_FILES);
    }
  }
}
