package org.calibeam.pipeline.observe;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.pipeline.io.StoredFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far each worker is, as small files in a folder that all of them reach. Beam's counters would
 * do, but Flink shows those of a task once it has ended, and a task lasts as long as the job.
 *
 * @param prefix of the files: a folder and the beginning of a name
 */
public record ProgressNotes(String prefix) implements Serializable {
  private static final Logger LOG = LoggerFactory.getLogger(ProgressNotes.class);
  private static final long INTERVAL_NANOS = 500_000_000L;
  private static final String END = "end";

  /** The notes of one worker. For one thread. */
  final class Writer {
    private final String path = prefix + UUID.randomUUID();
    private ProgressCounts counts = ProgressCounts.NONE;
    private long writtenAt = System.nanoTime() - INTERVAL_NANOS;

    /** Counts, and now and then notes it down. Never fails: no job shall end for its notes. */
    void add(ProgressCounts more) {
      counts = counts.plus(more);
      if (System.nanoTime() - writtenAt >= INTERVAL_NANOS) {
        write();
      }
    }

    void write() {
      writtenAt = System.nanoTime();
      StringBuilder text = new StringBuilder();
      text.append("expected ").append(counts.expected()).append('\n');
      text.append("done ").append(counts.done()).append("\nbad ").append(counts.bad()).append('\n');
      counts.paths().forEach((p, n) -> text.append(p).append(' ').append(n).append('\n'));
      try (OutputStream out =
          Channels.newOutputStream(
              FileSystems.create(FileSystems.matchNewResource(path, false), "text/plain"))) {
        out.write(text.append(END).toString().getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        LOG.debug("Cannot note the progress in {}", path, e);
      }
    }
  }

  Writer newWriter() {
    return new Writer();
  }

  /** What all workers have noted. */
  public ProgressCounts read() {
    ProgressCounts sum = ProgressCounts.NONE;
    try {
      MatchResult found = FileSystems.match(prefix + "*", EmptyMatchTreatment.ALLOW);
      if (found.status() == MatchResult.Status.OK) {
        for (MatchResult.Metadata note : found.metadata()) {
          sum = sum.plus(read(note));
        }
      }
    } catch (IOException e) {
      LOG.debug("Cannot look for notes of the progress at {}", prefix, e);
    }
    return sum;
  }

  private static ProgressCounts read(MatchResult.Metadata note) {
    try (InputStream in = Channels.newInputStream(StoredFile.open(note.resourceId()))) {
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException | NumberFormatException e) {
      return ProgressCounts.NONE; // It is being written again.
    }
  }

  private static ProgressCounts parse(String text) {
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.get(lines.size() - 1).equals(END)) {
      return ProgressCounts.NONE;
    }
    long expected = 0;
    long done = 0;
    long bad = 0;
    TreeMap<String, Long> paths = new TreeMap<>();
    for (String line : lines.subList(0, lines.size() - 1)) {
      int space = line.lastIndexOf(' ');
      long n = Long.parseLong(line.substring(space + 1));
      switch (line.substring(0, space)) {
        case "expected" -> expected = n;
        case "done" -> done = n;
        case "bad" -> bad = n;
        default -> paths.put(line.substring(0, space), n);
      }
    }
    return new ProgressCounts(expected, done, bad, paths);
  }
}
