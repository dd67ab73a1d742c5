package org.calibeam.pipeline.publish;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.split.PlanFormat;
import org.calibeam.pipeline.io.FinalName;
import org.calibeam.pipeline.io.StoredFile;
import org.calibeam.pipeline.observe.ProgressNotes;

/**
 * Where a run's results go, all or nothing. Files are written to a staging folder within it and
 * moved up at the end, {@link #MANIFEST} last: a folder without it holds no finished run.
 *
 * @param path on any file system that Beam knows
 * @param staging name of the staging folder, different for every run
 * @param created whether the folder was not there before
 */
public record OutputFolder(String path, String staging, boolean created) implements Serializable {
  public static final String MODEL = "model.pt2";
  public static final String STATISTICS = "statistics.avro";
  public static final String REPORT = "report.json";
  public static final String REPORT_PAGE = "report.html";
  public static final String BAD_SAMPLES = "dead-letters.avro";
  public static final String EVALUATION = "evaluation.json";
  public static final String ANALYSIS = "analysis.json";
  public static final String ANALYSIS_PAGE = "analysis.html";
  public static final String CONFIGURATION = "config.json";
  public static final String MANIFEST = "manifest.json";

  /** Folder of the pieces of a program with control flow. */
  public static final String PATHS = "paths/";

  /** Says, within {@link #PATHS}, which piece feeds which. */
  public static final String PLAN = "paths.json";

  private static final String PROGRESS = "progress-";
  private static final String STAGING = ".calibeam-";

  /** Every name that a run may leave beside pieces and the commit mark. */
  private static final List<String> NAMES =
      List.of(
          MODEL,
          STATISTICS,
          REPORT,
          REPORT_PAGE,
          EVALUATION,
          ANALYSIS,
          ANALYSIS_PAGE,
          CONFIGURATION,
          BAD_SAMPLES);

  /**
   * The folder at {@code path}, for a new run. Nothing is written yet.
   *
   * @param overwrite whether the results of a finished run may be replaced
   * @throws ConfigurationException if it holds a finished run that may not be replaced
   */
  public static OutputFolder open(String path, boolean overwrite) {
    // Workers elsewhere have another working folder, so a relative path would not do.
    String folder = directory(path.endsWith("/") ? path : path + "/").toString();
    OutputFolder output =
        new OutputFolder(
            folder, STAGING + UUID.randomUUID(), !exists(directory(folder).toString()));
    if (!overwrite && exists(output.file(MANIFEST).toString())) {
      throw new ConfigurationException(
          "The output folder %s already holds a finished run. Give another folder, or --overwrite to replace it."
              .formatted(path));
    }
    return output;
  }

  private static boolean exists(String pattern) {
    return !match(pattern).isEmpty();
  }

  private static List<MatchResult.Metadata> match(String pattern) {
    try {
      MatchResult found = StoredFile.match(pattern);
      return found.status() == MatchResult.Status.OK ? found.metadata() : List.of();
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException e) {
      throw unwritable(pattern, e);
    }
  }

  private static ResourceId directory(String path) {
    return FileSystems.matchNewResource(path, true);
  }

  private ResourceId file(String name) {
    return resolve(directory(path), name);
  }

  private static ResourceId resolve(ResourceId folder, String name) {
    int slash = name.indexOf('/');
    return slash < 0
        ? folder.resolve(name, StandardResolveOptions.RESOLVE_FILE)
        : resolve(
            folder.resolve(name.substring(0, slash), StandardResolveOptions.RESOLVE_DIRECTORY),
            name.substring(slash + 1));
  }

  private ResourceId stagingFolder() {
    return directory(path).resolve(staging, StandardResolveOptions.RESOLVE_DIRECTORY);
  }

  /** Where the file called {@code name} is until {@link #commit}. */
  public ResourceId staged(String name) {
    return resolve(stagingFolder(), name);
  }

  /** Where workers write how far they are; removed with what is staged. */
  public ProgressNotes progressNotes() {
    return new ProgressNotes(staged(PROGRESS).toString());
  }

  /** A file for this run's own use; removed with what is staged. */
  public ResourceId scratch(String name) {
    return staged(PROGRESS + name);
  }

  /** Another staging folder in the same place, for files of this run that are never committed. */
  public OutputFolder aside() {
    return new OutputFolder(path, STAGING + UUID.randomUUID(), created);
  }

  /**
   * Checks that overwriting the folder loses no results of another verb.
   *
   * @param name of a file that every run of this verb leaves
   * @throws ConfigurationException if there is a finished run without it
   */
  public void requireOwn(String name) {
    if (exists(file(MANIFEST).toString()) && !exists(file(name).toString())) {
      throw new ConfigurationException(
          "The output folder %s holds a finished run without %s, which is another verb's. Give another folder."
              .formatted(path, name));
    }
  }

  private void deleteProgressNotes() throws IOException {
    for (MatchResult.Metadata note : match(staged(PROGRESS) + "*")) {
      delete(note.resourceId());
    }
  }

  /** Names of the files that were staged, in the order in which they are committed. */
  List<String> stagedNames() {
    return names(stagingFolder());
  }

  /** Removes a model that was staged, with its pieces. */
  public void withoutModel() {
    for (String name : stagedNames()) {
      if (name.equals(MODEL) || name.startsWith(PATHS)) {
        try {
          delete(staged(name));
        } catch (IOException e) {
          throw unwritable(path, e);
        }
      }
    }
  }

  /** Names of the files that {@link #commit} has put in place, the commit mark last. */
  public List<String> committedNames() {
    return names(directory(path));
  }

  /** Which of the names that a run may leave are in {@code folder}, the commit mark last. */
  private static List<String> names(ResourceId folder) {
    List<String> names = new ArrayList<>();
    NAMES.stream().filter(name -> exists(resolve(folder, name).toString())).forEach(names::add);
    match(resolve(folder, PATHS + "*.pt2").toString()).stream()
        .map(metadata -> PATHS + metadata.resourceId().getFilename())
        .sorted()
        .forEach(names::add);
    Stream.of(PATHS + PlanFormat.CONSTANTS, PATHS + PLAN, MANIFEST)
        .filter(name -> exists(resolve(folder, name).toString()))
        .forEach(names::add);
    return names;
  }

  /**
   * Moves all staged files into the folder. What an earlier run left there is removed before, its
   * manifest first.
   */
  public void commit() {
    try {
      List<String> present = stagedNames();
      delete(file(MANIFEST));
      for (String name : names(directory(path))) {
        delete(file(name));
      }
      for (String name : present) {
        FinalName.give(staged(name), file(name));
      }
      removeStaging();
      if (present.stream().noneMatch(name -> name.startsWith(PATHS))) {
        deleteIfEmpty(directory(path + PATHS));
      }
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /** Removes all staged files; a folder that was not there before is removed as well. */
  public void discard() {
    try {
      for (String name : stagedNames()) {
        delete(staged(name));
      }
      removeStaging();
      if (created) {
        deleteIfEmpty(directory(path));
      }
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  private void removeStaging() throws IOException {
    deleteProgressNotes();
    delete(directory(path + staging + "/" + PATHS));
    delete(stagingFolder());
  }

  private static void deleteIfEmpty(ResourceId folder) throws IOException {
    if (folder.getScheme().equals("file") && isEmpty(Path.of(folder.toString()))) {
      delete(folder);
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (var content = Files.list(folder)) {
      return content.findAny().isEmpty();
    }
  }

  private static void delete(ResourceId file) throws IOException {
    FileSystems.delete(List.of(file), StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  static ConfigurationException unwritable(String path, IOException cause) {
    return new ConfigurationException(
        "Cannot write to the output folder %s: %s. Check that it is a folder with room that you may write to."
            .formatted(path, cause.getMessage() == null ? cause : cause.getMessage()),
        cause);
  }
}
