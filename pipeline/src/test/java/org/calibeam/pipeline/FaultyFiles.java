package org.calibeam.pipeline;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.beam.sdk.io.FileSystem;
import org.apache.beam.sdk.io.FileSystemRegistrar;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.CreateOptions;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * Files at {@code faulty:/path}, which lie at {@code /path}: a file system that is not a local disk
 * as far as Calibeam can tell, whose process can be killed at any of its writes.
 */
public final class FaultyFiles extends FileSystem<FaultyFiles.Id> {
  private static final String SCHEME = "faulty";
  private static final AtomicInteger CHANGES = new AtomicInteger();
  private static volatile int diesAt = Integer.MAX_VALUE;

  /** Registers the file system with Beam. */
  public static final class Registrar implements FileSystemRegistrar {
    @Override
    public Iterable<FileSystem<?>> fromOptions(PipelineOptions options) {
      return List.of(new FaultyFiles());
    }
  }

  /** From the {@code n}-th change on, counted from 1 and now, nothing changes any more. */
  public static void dieAt(int n) {
    CHANGES.set(0);
    diesAt = n;
  }

  /** Nothing fails; returns how many changes there were since {@link #dieAt}. */
  public static int live() {
    diesAt = Integer.MAX_VALUE;
    return CHANGES.get();
  }

  /** Counts a change; whether it is the one that is interrupted. */
  private static boolean isLast(String what) throws IOException {
    int n = CHANGES.incrementAndGet();
    if (n > diesAt) {
      throw new IOException("dead, cannot " + what);
    }
    return n == diesAt;
  }

  /** A path, with a slash at its end if it is a folder. */
  public record Id(String path) implements ResourceId {
    private static final long serialVersionUID = 1;

    @Override
    public ResourceId resolve(String other, ResolveOptions options) {
      String name = getCurrentDirectory() + other;
      boolean folder = options.equals(StandardResolveOptions.RESOLVE_DIRECTORY);
      String resolved = name.substring((SCHEME + ":").length());
      return new Id(folder && !resolved.endsWith("/") ? resolved + "/" : resolved);
    }

    @Override
    public ResourceId getCurrentDirectory() {
      return new Id(path.substring(0, path.lastIndexOf('/') + 1));
    }

    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public String getFilename() {
      String name = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
      return name.substring(name.lastIndexOf('/') + 1);
    }

    @Override
    public boolean isDirectory() {
      return path.endsWith("/");
    }

    private ResourceId local() {
      return FileSystems.matchNewResource(path, isDirectory());
    }

    @Override
    public String toString() {
      return SCHEME + ":" + path;
    }
  }

  private static String local(String spec) {
    return spec.substring((SCHEME + ":").length());
  }

  @Override
  protected List<MatchResult> match(List<String> specs) throws IOException {
    List<MatchResult> results = new ArrayList<>();
    for (String spec : specs) {
      MatchResult found = FileSystems.match(local(spec), EmptyMatchTreatment.DISALLOW);
      if (found.status() != MatchResult.Status.OK) {
        results.add(MatchResult.create(found.status(), new FileNotFoundException(spec)));
        continue;
      }
      List<MatchResult.Metadata> files = new ArrayList<>();
      for (MatchResult.Metadata file : found.metadata()) {
        if (!file.resourceId().isDirectory()) { // as on an object store
          files.add(
              MatchResult.Metadata.builder()
                  .setResourceId(new Id(file.resourceId().toString()))
                  .setSizeBytes(file.sizeBytes())
                  .setIsReadSeekEfficient(true)
                  .build());
        }
      }
      results.add(
          files.isEmpty()
              ? MatchResult.create(MatchResult.Status.NOT_FOUND, new FileNotFoundException(spec))
              : MatchResult.create(MatchResult.Status.OK, files));
    }
    return results;
  }

  /** The file is there once it is closed, or half of it if that is interrupted. */
  @Override
  protected WritableByteChannel create(Id file, CreateOptions options) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    return new WritableByteChannel() {
      private boolean open = true;

      @Override
      public int write(ByteBuffer bytes) {
        int n = bytes.remaining();
        byte[] copy = new byte[n];
        bytes.get(copy);
        content.write(copy, 0, n);
        return n;
      }

      @Override
      public boolean isOpen() {
        return open;
      }

      @Override
      public void close() throws IOException {
        if (!open) {
          return;
        }
        open = false;
        boolean last = isLast("write " + file);
        byte[] all = content.toByteArray();
        try (WritableByteChannel out = FileSystems.create(file.local(), options)) {
          out.write(ByteBuffer.wrap(all, 0, last ? all.length / 2 : all.length));
        }
        if (last) {
          throw new IOException("killed while writing " + file);
        }
      }
    };
  }

  @Override
  protected ReadableByteChannel open(Id file) throws IOException {
    return FileSystems.open(file.local());
  }

  @Override
  protected void copy(List<Id> from, List<Id> to) throws IOException {
    for (int i = 0; i < from.size(); i++) {
      if (isLast("copy " + from.get(i))) {
        throw new IOException("killed before copying " + from.get(i));
      }
      FileSystems.copy(List.of(from.get(i).local()), List.of(to.get(i).local()));
    }
  }

  /**
   * A copy, then a deletion, as on an object store. Being killed between the two is a case of its
   * own, as is being killed when an old target was deleted and the new one is not there yet.
   */
  @Override
  protected void rename(List<Id> from, List<Id> to, MoveOptions... options) throws IOException {
    for (int i = 0; i < from.size(); i++) {
      if (isLast("rename " + from.get(i))) {
        FileSystems.delete(
            List.of(to.get(i).local()), MoveOptions.StandardMoveOptions.IGNORE_MISSING_FILES);
        throw new IOException("killed before renaming " + from.get(i));
      }
      FileSystems.copy(List.of(from.get(i).local()), List.of(to.get(i).local()));
      if (isLast("rename " + from.get(i))) {
        throw new IOException("killed after copying " + from.get(i));
      }
      FileSystems.delete(List.of(from.get(i).local()));
    }
  }

  @Override
  protected void delete(Collection<Id> files) throws IOException {
    for (Id file : files) {
      if (isLast("delete " + file)) {
        throw new IOException("killed before deleting " + file);
      }
      FileSystems.delete(
          List.of(file.local()), MoveOptions.StandardMoveOptions.IGNORE_MISSING_FILES);
    }
  }

  @Override
  protected Id matchNewResource(String spec, boolean folder) {
    String path = local(spec);
    return new Id(folder && !path.endsWith("/") ? path + "/" : path);
  }

  @Override
  protected String getScheme() {
    return SCHEME;
  }
}
