package org.calibeam.pipeline.combine;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.ChannelRanges;
import org.calibeam.core.observe.ChannelSums;
import org.calibeam.core.observe.Counts;
import org.calibeam.core.observe.DistinctValues;
import org.calibeam.core.observe.Histogram;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.schemas.CodePathSamples;
import org.calibeam.schemas.InputShard;
import org.calibeam.schemas.ObserverStatistic;
import org.calibeam.schemas.StatisticsHeader;
import org.jspecify.annotations.Nullable;

/**
 * {@code statistics.avro}: an Avro container with one {@link ObserverStatistic} per (code path,
 * observer), in that order, and a {@link StatisticsHeader} as JSON in its metadata. Its format and
 * its versions are described beside the schemas, in {@code schemas/statistics.md}.
 *
 * <p>Equal statistics give equal bytes: records are ordered, nothing is compressed (deflate differs
 * between zlib versions), and the container's sync marker, which Avro would choose at random, is
 * taken from the header.
 */
public final class StatisticsFile {
  /** Version of this format; part of the fingerprint. */
  public static final int FORMAT_VERSION = 4;

  /** The oldest version that is still read; it has no checksum. */
  private static final int OLDEST_VERSION = 1;

  private static final String VERSION_KEY = "calibeam.format";
  private static final String HEADER_KEY = "calibeam.header";
  private static final String CHECKSUM_KEY = "calibeam.checksum";
  private static final String EXTRA_KEY = "calibeam.extra";
  private static final int SYNC_BYTES = 16;

  private StatisticsFile() {}

  /**
   * What a file holds.
   *
   * @param extra what its writer added; empty for a plain one
   */
  record Content(RunStatistics run, byte[] extra) {}

  /** The whole file. */
  public static byte[] toBytes(RunStatistics run) {
    return toBytes(new Content(run, new byte[0]));
  }

  static byte[] toBytes(Content content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      write(content, out);
    } catch (IOException e) {
      throw new UncheckedIOException("Memory cannot fail to be written", e);
    }
    return out.toByteArray();
  }

  private static void write(Content content, OutputStream out) throws IOException {
    RunStatistics run = content.run();
    byte[] header = encode(header(run));
    try (DataFileWriter<ObserverStatistic> writer =
        new DataFileWriter<>(new SpecificDatumWriter<>(ObserverStatistic.class))) {
      writer.setMeta(VERSION_KEY, FORMAT_VERSION);
      writer.setMeta(HEADER_KEY, header);
      writer.setMeta(CHECKSUM_KEY, checksum(header, content.extra(), run.statistics()));
      if (content.extra().length > 0) {
        writer.setMeta(EXTRA_KEY, content.extra());
      }
      writer.create(ObserverStatistic.getClassSchema(), out, sync(header));
      for (Map.Entry<ObserverId, Statistic> entry : run.statistics().entrySet()) {
        writer.append(toRecord(entry.getKey(), entry.getValue()));
      }
    }
  }

  /**
   * Reads a whole file.
   *
   * @param name where it comes from, for messages
   * @throws SamplesException if it is no statistics file, of a newer version or damaged
   */
  public static RunStatistics read(InputStream in, String name) throws IOException {
    return readAll(in, name).run();
  }

  static Content readAll(InputStream in, String name) throws IOException {
    try (DataFileStream<ObserverStatistic> reader =
        new DataFileStream<>(in, new SpecificDatumReader<>(ObserverStatistic.class))) {
      byte[] header = reader.getMeta(HEADER_KEY);
      if (header == null || reader.getMetaString(VERSION_KEY) == null) {
        throw damaged(name, "it is an Avro file without Calibeam's header", null);
      }
      long version = reader.getMetaLong(VERSION_KEY);
      if (version < OLDEST_VERSION || version > FORMAT_VERSION) {
        throw damaged(
            name,
            "it has format version %d, this program reads versions %d to %d"
                .formatted(version, OLDEST_VERSION, FORMAT_VERSION),
            null);
      }
      TreeMap<ObserverId, Statistic> statistics = new TreeMap<>();
      for (ObserverStatistic statistic : reader) {
        ObserverId id =
            new ObserverId(new CodePath(statistic.getCodePath()), statistic.getObserver());
        statistics.put(id, toStatistic(statistic));
      }
      StatisticsHeader decoded = decode(header);
      if (decoded.getObservers() != statistics.size()) {
        throw damaged(
            name,
            "it is cut off, %d of %d observers are there"
                .formatted(statistics.size(), decoded.getObservers()),
            null);
      }
      byte[] extra = reader.getMeta(EXTRA_KEY) == null ? new byte[0] : reader.getMeta(EXTRA_KEY);
      if (version > 1
          && !Arrays.equals(reader.getMeta(CHECKSUM_KEY), checksum(header, extra, statistics))) {
        throw damaged(name, "its checksum does not match, it is damaged", null);
      }
      return new Content(run(decoded, statistics), extra);
    } catch (AvroRuntimeException | IllegalArgumentException e) {
      throw damaged(name, String.valueOf(e.getMessage()), e);
    } catch (EOFException e) {
      throw damaged(name, "it is cut off", e);
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).startsWith("Not a")) {
        throw damaged(name, "it is no Avro container", e);
      }
      throw e;
    }
  }

  private static SamplesException damaged(String name, String why, @Nullable Throwable cause) {
    String message =
        "Cannot read the statistics in %s: %s. Calibrate again, or give another file."
            .formatted(name, why);
    return cause == null ? new SamplesException(message) : new SamplesException(message, cause);
  }

  private static StatisticsHeader header(RunStatistics run) {
    Fingerprint made = run.fingerprint();
    List<CodePathSamples> paths = new ArrayList<>();
    run.samplesPerPath().forEach((path, n) -> paths.add(new CodePathSamples(path.text(), n)));
    List<InputShard> shards = new ArrayList<>();
    run.shards().forEach(s -> shards.add(new InputShard(s.hash().hex(), s.samples())));
    return new StatisticsHeader(
        new org.calibeam.schemas.Fingerprint(
            made.formatVersion(),
            made.graph(),
            made.weights(),
            made.configuration(),
            made.preprocessing(),
            made.kernelLevel()),
        paths,
        shards,
        run.statistics().size());
  }

  private static RunStatistics run(
      StatisticsHeader header, TreeMap<ObserverId, Statistic> statistics) {
    org.calibeam.schemas.Fingerprint made = header.getFingerprint();
    if (made.getFormatVersion() < OLDEST_VERSION || made.getFormatVersion() > FORMAT_VERSION) {
      throw new IllegalArgumentException(
          "its fingerprint has format version " + made.getFormatVersion());
    }
    TreeMap<CodePath, Long> paths = new TreeMap<>();
    header.getCodePaths().forEach(p -> paths.put(new CodePath(p.getCodePath()), p.getSamples()));
    return new RunStatistics(
        // Earlier versions keep less, which a merge finds out, so what is read is of today's
        // version.
        new Fingerprint(
            FORMAT_VERSION,
            made.getGraph(),
            made.getWeights(),
            made.getConfiguration(),
            made.getPreprocessing(),
            made.getKernelLevel()),
        paths,
        header.getShards().stream()
            .map(s -> new ShardContent(ContentHash.ofHex(s.getContentHash()), s.getSamples()))
            .toList(),
        statistics);
  }

  private static byte[] encode(StatisticsHeader header) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonEncoder encoder =
        EncoderFactory.get().jsonEncoder(StatisticsHeader.getClassSchema(), out, false);
    new SpecificDatumWriter<>(StatisticsHeader.class).write(header, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private static StatisticsHeader decode(byte[] json) {
    try {
      return new SpecificDatumReader<>(StatisticsHeader.class)
          .read(
              null,
              DecoderFactory.get()
                  .jsonDecoder(
                      StatisticsHeader.getClassSchema(), new String(json, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new IllegalArgumentException("its header is damaged: " + e.getMessage(), e);
    }
  }

  private static byte[] sync(byte[] header) {
    return Arrays.copyOf(sha256().digest(header), SYNC_BYTES);
  }

  /** Over header and records: Avro itself would take a changed count for another count. */
  private static byte[] checksum(
      byte[] header, byte[] extra, Map<ObserverId, Statistic> statistics) {
    MessageDigest digest = sha256();
    digest.update(ByteBuffer.allocate(8).putInt(header.length).putInt(extra.length).flip());
    digest.update(header);
    digest.update(extra);
    statistics.forEach(
        (id, statistic) -> {
          byte[] name = (id.codePath().text() + "\n" + id.name()).getBytes(StandardCharsets.UTF_8);
          byte[] bytes = statistic.toBytes();
          digest.update(ByteBuffer.allocate(8).putInt(name.length).putInt(bytes.length).flip());
          digest.update(name);
          digest.update(bytes);
        });
    return digest.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  private static ObserverStatistic toRecord(ObserverId id, Statistic statistic) {
    Counts counts = statistic.counts();
    Histogram histogram = statistic.histogram();
    List<Long> occupied = new ArrayList<>(histogram.occupied());
    for (int i = 0; i < histogram.occupied(); i++) {
      occupied.add(histogram.count(i));
    }
    return new ObserverStatistic(
        id.codePath().text(),
        id.name(),
        statistic.samples(),
        counts.elements(),
        counts.zeros(),
        counts.nans(),
        counts.positiveInfinities(),
        counts.negativeInfinities(),
        statistic.min(),
        statistic.max(),
        histogram.bins(),
        histogram.exponent(),
        histogram.first(),
        occupied,
        list(statistic.channels().min()),
        list(statistic.channels().max()),
        statistic.channelSums().units().stream()
            .map(sum -> ByteBuffer.wrap(sum.toByteArray()))
            .toList(),
        statistic.distinct().map(kept -> list(kept.values())).orElse(List.of()),
        statistic
            .distinct()
            .map(kept -> Arrays.stream(kept.counts()).boxed().toList())
            .orElse(List.of()));
  }

  private static Statistic toStatistic(ObserverStatistic r) {
    long[] counts = r.getCounts().stream().mapToLong(Long::longValue).toArray();
    Histogram histogram = new Histogram(r.getBins(), r.getExponent(), r.getFirstBin(), counts);
    Counts kinds =
        new Counts(
            r.getZeros(),
            histogram.total(),
            r.getNans(),
            r.getPositiveInfinities(),
            r.getNegativeInfinities());
    if (kinds.elements() != r.getElements()) {
      throw new IllegalArgumentException(
          "%s/%s has %d elements, but %d were counted"
              .formatted(r.getCodePath(), r.getObserver(), r.getElements(), kinds.elements()));
    }
    return new Statistic(
        r.getSamples(),
        kinds,
        r.getMin(),
        r.getMax(),
        histogram,
        new ChannelRanges(array(r.getChannelMin()), array(r.getChannelMax())),
        new ChannelSums(r.getChannelSums().stream().map(StatisticsFile::integer).toList()),
        distinct(r));
  }

  /** An observer that saw finite values keeps at least one of them, or does not keep them. */
  private static Optional<DistinctValues> distinct(ObserverStatistic r) {
    return r.getValues().isEmpty() && r.getValueCounts().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new DistinctValues(
                array(r.getValues()),
                r.getValueCounts().stream().mapToLong(Long::longValue).toArray()));
  }

  private static BigInteger integer(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return new BigInteger(copy);
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  private static float[] array(List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }
}
