package org.calibeam.pipeline;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import org.apache.beam.sdk.io.FileSystem;
import org.apache.beam.sdk.io.fs.CreateOptions;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;

/**
 * A file system like the poorest of those that Beam can be given: {@code objects://NAME} holds
 * bytes by key in the memory of this process. There are no folders, files only stream, and nothing
 * can be renamed or copied. What is being written can be seen, as far as it is written.
 */
public final class ObjectStore extends FileSystem<ObjectStore.Key> {
  private static final String SCHEME = "objects";
  private static final SortedMap<String, byte[]> OBJECTS = new ConcurrentSkipListMap<>();

  /** How many changes are still possible, before every further one fails. */
  private static volatile long changesLeft = Long.MAX_VALUE;

  /** All objects whose key begins with {@code prefix}; the view can be changed. */
  public static SortedMap<String, byte[]> objects(String prefix) {
    return OBJECTS.subMap(prefix, prefix + Character.MAX_VALUE);
  }

  /** Lets {@code changes} creations, writes and deletions succeed and no more. */
  public static void breakAfter(long changes) {
    changesLeft = changes;
  }

  public static void repair() {
    changesLeft = Long.MAX_VALUE;
  }

  public static boolean isBroken() {
    return changesLeft < 0;
  }

  private static synchronized void change() throws IOException {
    if (--changesLeft < 0) {
      throw new IOException("No space left on device");
    }
  }

  /** A name in the store, of a folder if it ends with a slash. */
  public record Key(String text) implements ResourceId {
    @Override
    public ResourceId resolve(String other, ResolveOptions options) {
      boolean folder = options == ResolveOptions.StandardResolveOptions.RESOLVE_DIRECTORY;
      return new Key(text + other + (folder && !other.endsWith("/") ? "/" : ""));
    }

    @Override
    public ResourceId getCurrentDirectory() {
      return new Key(text.substring(0, text.lastIndexOf('/') + 1));
    }

    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public String getFilename() {
      return text.substring(text.lastIndexOf('/', text.length() - 2) + 1);
    }

    @Override
    public boolean isDirectory() {
      return text.endsWith("/");
    }

    @Override
    public String toString() {
      return text;
    }
  }

  @Override
  protected List<MatchResult> match(List<String> specs) {
    List<MatchResult> results = new ArrayList<>();
    for (String spec : specs) {
      Pattern glob =
          Pattern.compile(
              Pattern.quote(spec)
                  .replace("**", "\\E.*\\Q")
                  .replaceAll("(?<!\\.)\\*", "\\\\E[^/]*\\\\Q"));
      List<MatchResult.Metadata> found = new ArrayList<>();
      OBJECTS.forEach(
          (key, bytes) -> {
            if (glob.matcher(key).matches()) {
              found.add(
                  MatchResult.Metadata.builder()
                      .setResourceId(new Key(key))
                      .setSizeBytes(bytes.length)
                      .setIsReadSeekEfficient(false)
                      .build());
            }
          });
      results.add(
          found.isEmpty()
              ? MatchResult.create(
                  MatchResult.Status.NOT_FOUND, new FileNotFoundException("No object " + spec))
              : MatchResult.create(MatchResult.Status.OK, found));
    }
    return results;
  }

  @Override
  protected WritableByteChannel create(Key key, CreateOptions options) throws IOException {
    change();
    OBJECTS.put(key.text(), new byte[0]);
    return new WritableByteChannel() {
      private final ByteArrayOutputStream content = new ByteArrayOutputStream();

      @Override
      public int write(ByteBuffer source) throws IOException {
        change();
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        content.writeBytes(bytes);
        OBJECTS.put(key.text(), content.toByteArray());
        return bytes.length;
      }

      @Override
      public boolean isOpen() {
        return true;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  protected ReadableByteChannel open(Key key) {
    byte[] bytes = OBJECTS.get(key.text());
    if (bytes == null) {
      // As Beam's module for S3 does, whose client knows no checked exceptions.
      throw new IllegalArgumentException("No object " + key);
    }
    return Channels.newChannel(new ByteArrayInputStream(bytes));
  }

  @Override
  protected void copy(List<Key> from, List<Key> to) {
    throw new UnsupportedOperationException("Objects cannot be copied");
  }

  @Override
  protected void rename(List<Key> from, List<Key> to, MoveOptions... options) {
    throw new UnsupportedOperationException("Objects cannot be renamed");
  }

  @Override
  protected void delete(Collection<Key> keys) throws IOException {
    for (Key key : keys) {
      change();
      OBJECTS.remove(key.text());
    }
  }

  @Override
  protected Key matchNewResource(String text, boolean folder) {
    if (!text.toLowerCase(Locale.ROOT).startsWith(SCHEME + "://")) {
      throw new IllegalArgumentException("Not a key of an object store: " + text);
    }
    return new Key(text + (folder && !text.endsWith("/") ? "/" : ""));
  }

  @Override
  protected String getScheme() {
    return SCHEME;
  }
}
