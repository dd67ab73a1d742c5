package org.calibeam.pipeline.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.core.observe.SamplesException;

/** Finds the files that a pattern names. */
public final class SampleFiles {
  private SampleFiles() {}

  /**
   * The files that match, each once, ordered by path.
   *
   * @param patterns globs separated by commas; a comma within braces belongs to the glob
   * @throws SamplesException if a pattern matches no file, or a file's format is not known
   */
  public static List<Shard> match(String patterns) {
    return match(patterns, Reading.PLAIN);
  }

  /**
   * The same with what the files do not say themselves. Images come in groups: those of a folder,
   * in the order of their paths, up to {@value ImageGroups#MOST} together.
   */
  public static List<Shard> match(String patterns, Reading reading) {
    List<Shard> files = new ArrayList<>();
    for (String pattern : split(patterns)) {
      files.addAll(matchOne(pattern));
    }
    if (files.isEmpty()) {
      throw new SamplesException("No samples: the pattern is empty. Give files or globs.");
    }
    return read(files, reading);
  }

  /**
   * Files that were found, each once, ordered by path, with what they do not say themselves; images
   * in groups.
   *
   * @throws SamplesException if there are images and {@code reading} does not say how to read them
   */
  public static List<Shard> read(List<Shard> files, Reading reading) {
    TreeMap<String, Shard> found = new TreeMap<>();
    TreeMap<String, Shard> images = new TreeMap<>();
    for (Shard file : files) {
      boolean isImage = SampleFormat.of(file.path()) == SampleFormat.IMAGE;
      (isImage ? images : found).put(file.path(), new Shard(file.path(), file.bytes(), reading));
    }
    if (!images.isEmpty() && reading.images() == null) {
      throw new SamplesException(
          "Cannot read the image %s: nothing says how it becomes a tensor. Give the preprocessing with --images, or as images of a job."
              .formatted(images.firstKey()));
    }
    for (Shard group : ImageGroups.of(images.values())) {
      found.put(group.path(), group);
    }
    return List.copyOf(found.values());
  }

  private static List<Shard> matchOne(String pattern) {
    List<Shard> shards = find(pattern);
    if (shards.isEmpty()) {
      throw new SamplesException(
          "No samples: no file matches %s. Check the pattern, and quote it so that the shell leaves it alone."
              .formatted(pattern));
    }
    return shards;
  }

  /**
   * The files that one glob matches, maybe none, ordered by path.
   *
   * @throws SamplesException if it cannot be looked at, names a folder or a file of another format
   */
  public static List<Shard> find(String pattern) {
    List<Shard> shards = new ArrayList<>();
    try {
      MatchResult result = StoredFile.match(pattern);
      if (result.status() == MatchResult.Status.OK) {
        for (MatchResult.Metadata file : result.metadata()) {
          if (file.resourceId().isDirectory()) {
            throw new SamplesException(
                "No samples: %s is a folder. Name its files, for example %s/*.npz, or %<s/**.png with those of folders within it."
                    .formatted(pattern, pattern.replaceAll("/+$", "")));
          }
          Shard shard = new Shard(file.resourceId().toString(), file.sizeBytes());
          SampleFormat.of(shard.path());
          shards.add(shard);
        }
      }
    } catch (FileNotFoundException e) {
      shards.clear();
    } catch (IOException | IllegalArgumentException e) {
      throw new SamplesException(
          "Cannot look for samples at %s: %s. Check the pattern and the access to it."
              .formatted(pattern, e.getMessage()),
          e);
    }
    shards.sort(Comparator.comparing(Shard::path));
    return shards;
  }

  static List<String> split(String patterns) {
    List<String> list = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= patterns.length(); i++) {
      char c = i < patterns.length() ? patterns.charAt(i) : ',';
      if (c == '{') {
        depth++;
      } else if (c == '}') {
        depth--;
      } else if (c == ',' && (depth <= 0 || i == patterns.length())) {
        String pattern = patterns.substring(start, i).strip();
        if (!pattern.isEmpty()) {
          list.add(pattern);
        }
        start = i + 1;
      }
    }
    return list;
  }
}
