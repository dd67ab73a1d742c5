package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.observe.Hashes;
import org.calibeam.pipeline.publish.OutputFolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions of a model: {@code runs/ID/} for each run, {@code current.json} that names the
 * published one, and on local disks {@code current}, a link to its folder.
 *
 * <p>A run is there once its {@code decision.json} is. On a local disk its folder appears at once,
 * by one rename; elsewhere its files are moved one by one, that file last. {@code current.json} is
 * written beside and renamed over the old one. Where a rename is a copy, as on object stores, the
 * copy replaces the old content as a whole; where it deletes the old file first, as on HDFS, and
 * the process is killed between, the file beside is complete and taken for it. So no file system
 * needs more than that a file which was closed can be read and is listed.
 *
 * <p>All that changes anything is for the holder of the {@link StoreLock}.
 */
public final class RunStore {
  static final String DECISION = "decision.json";

  private static final Logger LOG = LoggerFactory.getLogger(RunStore.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RUNS = "runs/";
  private static final String WORK = "work/";
  private static final String STATE = "state/";
  private static final String CURRENT = "current.json";
  private static final String NEXT = "current.json.next";
  private static final String LINK = "current";

  private final StoreFiles files;

  private RunStore(StoreFiles files) {
    this.files = files;
  }

  /** The store at {@code path}, which need not exist yet. */
  public static RunStore at(String path) {
    return new RunStore(StoreFiles.at(path));
  }

  /**
   * A run as its {@code decision.json} tells it.
   *
   * @param decision the whole file
   */
  record Run(RunId id, JsonNode decision) {
    boolean isPublication() {
      return decision.path("decision").asText().equals(Decision.Kind.PUBLISHED.text());
    }
  }

  String path() {
    return files.root();
  }

  /**
   * Takes the store for changes.
   *
   * @throws StoreLock.HeldException if another run has it
   */
  StoreLock lock(Clock clock) {
    return StoreLock.take(files, clock);
  }

  /** All runs that are there, oldest first. */
  List<Run> runs() {
    List<Run> runs = new ArrayList<>();
    for (String file : files.list(RUNS + "*/" + DECISION)) {
      RunId.parse(file.split("/")[1]).flatMap(this::run).ifPresent(runs::add);
    }
    runs.sort((a, b) -> a.id().compareTo(b.id()));
    return runs;
  }

  private Optional<Run> run(RunId id) {
    return files
        .read(RUNS + id + "/" + DECISION)
        .flatMap(
            bytes -> {
              try {
                JsonNode decision = JSON.readTree(bytes);
                return decision.has("decision")
                    ? Optional.of(new Run(id, decision))
                    : Optional.empty();
              } catch (IOException e) {
                return Optional.empty();
              }
            });
  }

  /** Which run is published; empty before the first. */
  Optional<Current> current() {
    Optional<Current> current = files.read(CURRENT).flatMap(Current::read);
    return current.isPresent() ? current : next();
  }

  private Optional<Current> next() {
    return files.read(NEXT).flatMap(Current::read).filter(c -> run(c.run()).isPresent());
  }

  /** A file of a run. */
  Optional<byte[]> read(RunId id, String name) {
    return files.read(RUNS + id + "/" + name);
  }

  /** Where a file of a run lies. */
  String path(RunId id, String name) {
    return files.root() + RUNS + id + "/" + name;
  }

  /** Folder in which a run is prepared. */
  String work(RunId id) {
    return files.root() + WORK + id + "/";
  }

  /** The id of a run that begins now. */
  RunId next(Instant now) {
    long last =
        Stream.concat(
                runs().stream().map(run -> run.id().number()),
                current().map(Current::lastRun).stream())
            .max(Long::compare)
            .orElse(0L);
    return RunId.of(last + 1, now);
  }

  /**
   * Cleans up after a run that was killed: what it had not finished is removed, and if all that was
   * left to do was to publish, that is done.
   *
   * @return what was done, a line each
   */
  List<String> recover(Instant now) {
    List<String> notes = new ArrayList<>();
    if (files.read(CURRENT).flatMap(Current::read).isEmpty() && next().isPresent()) {
      files.move(NEXT, CURRENT);
      notes.add("finished the switch that a killed run had begun");
    } else {
      files.delete(NEXT);
    }
    for (RunId id : unfinished()) {
      files.deleteAll(RUNS + id + "/");
      notes.add("removed run %s, which was killed before its end".formatted(id));
    }
    files.deleteAll(WORK);
    files.list(STATE + "**").stream().filter(ShardStore::isUnfinished).forEach(files::delete);
    long considered = current().map(Current::lastRun).orElse(0L);
    List<Run> runs = runs();
    if (!runs.isEmpty()) {
      Run last = runs.get(runs.size() - 1);
      if (last.isPublication() && last.id().number() > considered) {
        switchTo(last.id(), Decision.Kind.PUBLISHED.text(), now);
        notes.add("published run %s, which was killed just before".formatted(last.id()));
      }
    }
    current().ifPresent(current -> link(current.run()));
    return notes;
  }

  private Set<RunId> unfinished() {
    Set<RunId> ids = new TreeSet<>();
    for (String file : files.list(RUNS + "**")) {
      RunId.parse(file.split("/")[1]).ifPresent(ids::add);
    }
    runs().forEach(run -> ids.remove(run.id()));
    return ids;
  }

  /** Removes what was prepared in {@link #work}. */
  void abandon(RunId id) {
    files.deleteAll(WORK + id + "/");
  }

  /**
   * Makes what was prepared in {@link #work} a run.
   *
   * @param names of the files there
   */
  void keep(RunId id, List<String> names, byte[] decision) {
    files.write(WORK + id + "/" + DECISION, decision);
    Optional<Path> work = files.local(WORK + id);
    if (work.isPresent()) {
      Path run = files.local(RUNS + id).orElseThrow();
      try {
        Files.createDirectories(run.getParent());
        Files.move(work.get(), run, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw files.failed("write", RUNS + id, e);
      }
      return;
    }
    for (String name : names) {
      files.move(WORK + id + "/" + name, RUNS + id + "/" + name);
    }
    files.move(WORK + id + "/" + DECISION, RUNS + id + "/" + DECISION);
    files.deleteAll(WORK + id + "/");
  }

  /** Publishes a run that is there. */
  void switchTo(RunId id, String by, Instant now) {
    List<Run> runs = runs();
    Optional<Current> old = current();
    List<Current.Switch> switches = new ArrayList<>(old.map(Current::switches).orElse(List.of()));
    switches.add(
        new Current.Switch(id.text(), old.map(c -> c.run().text()).orElse(""), now.toString(), by));
    long last = runs.get(runs.size() - 1).id().number();
    files.write(NEXT, new Current(id, last, switches).toBytes());
    files.move(NEXT, CURRENT);
    link(id);
  }

  /** The link is for people and programs on this machine; {@code current.json} is what counts. */
  private void link(RunId id) {
    Optional<Path> link = files.local(LINK);
    if (link.isEmpty()) {
      return;
    }
    Path target = Path.of(RUNS + id);
    try {
      if (Files.isSymbolicLink(link.get()) && Files.readSymbolicLink(link.get()).equals(target)) {
        return;
      }
      Path temporary = link.get().resolveSibling("." + LINK + "-" + UUID.randomUUID());
      Files.createSymbolicLink(temporary, target);
      try {
        Files.move(
            temporary,
            link.get(),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException | UnsupportedOperationException e) {
      LOG.warn("Cannot link {} to {}; current.json names the run all the same", link.get(), id, e);
    }
  }

  /**
   * Publishes an earlier run again.
   *
   * @param to its id or its number, or {@code previous} for the one before the current
   * @throws ConfigurationException if there is no such run with a model, or it is damaged
   */
  RunId rollback(String to, Instant now) {
    Current current =
        current()
            .orElseThrow(
                () ->
                    new ConfigurationException(
                        "Cannot roll back in the store %s: nothing is published."
                            .formatted(path())));
    RunId id = find(to, current);
    if (id.equals(current.run())) {
      throw new ConfigurationException(
          "Cannot roll back to run %s: it is the current one.".formatted(id));
    }
    requireWhole(id);
    switchTo(id, Current.ROLLBACK, now);
    return id;
  }

  private RunId find(String to, Current current) {
    List<RunId> possible = runs().stream().filter(Run::isPublication).map(Run::id).toList();
    Optional<RunId> found =
        to.equals("previous")
            ? current.before().filter(possible::contains)
            : possible.stream()
                .filter(id -> id.text().equals(to) || Long.toString(id.number()).equals(to))
                .findFirst();
    return found.orElseThrow(
        () ->
            new ConfigurationException(
                "Cannot roll back to %s: the store %s has no such published run. There are: %s."
                    .formatted(to, path(), possible)));
  }

  /** Checks the files of a run against its manifest. */
  private void requireWhole(RunId id) {
    JsonNode manifest;
    try {
      manifest = JSON.readTree(read(id, OutputFolder.MANIFEST).orElse(new byte[0]));
    } catch (IOException e) {
      throw damaged(id, OutputFolder.MANIFEST);
    }
    boolean model = false;
    for (JsonNode file : manifest.path("files")) {
      String name = file.path("name").asText();
      model |= name.equals(OutputFolder.MODEL);
      String expected = file.path("sha256").asText();
      if (!read(id, name).map(Hashes::of).equals(Optional.of(expected))) {
        throw damaged(id, name);
      }
    }
    if (!model) {
      throw damaged(id, OutputFolder.MODEL);
    }
  }

  private ConfigurationException damaged(RunId id, String name) {
    return new ConfigurationException(
        "Cannot roll back to run %s of the store %s: its %s is damaged or missing. Take another run."
            .formatted(id, path(), name));
  }

  /**
   * Removes the oldest runs but {@code keep}, never the current one nor the one before it.
   *
   * @return what was removed
   */
  List<RunId> prune(int keep) {
    Set<RunId> kept = new HashSet<>();
    current()
        .ifPresent(
            current -> {
              kept.add(current.run());
              current.before().ifPresent(kept::add);
            });
    List<Run> runs = runs();
    List<RunId> removed = new ArrayList<>();
    for (Run run : runs.subList(0, Math.max(0, runs.size() - keep))) {
      if (!kept.contains(run.id())) {
        remove(run.id());
        removed.add(run.id());
      }
    }
    return removed;
  }

  /** Interrupted, this leaves a whole run or something that is none. */
  private void remove(RunId id) {
    Optional<Path> run = files.local(RUNS + id);
    if (run.isPresent()) {
      Path away = files.local(WORK + "removed-" + id).orElseThrow();
      try {
        Files.createDirectories(away.getParent());
        Files.move(run.get(), away, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw files.failed("delete", RUNS + id, e);
      }
      files.deleteAll(WORK + "removed-" + id + "/");
      return;
    }
    files.delete(RUNS + id + "/" + DECISION);
    files.deleteAll(RUNS + id + "/");
  }
}
