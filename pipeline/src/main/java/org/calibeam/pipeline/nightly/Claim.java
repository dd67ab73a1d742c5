package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.pipeline.observe.Hashes;

/**
 * Says in the store who is using it: a small file per process, renewed while it lives.
 *
 * @param id names the claim and its file
 * @param host where its process runs
 * @param processStart when that process began, in milliseconds since 1970; 0 if not known
 * @param since when it was made
 * @param renewed when its process last said that it lives
 */
record Claim(String id, String host, long pid, long processStart, Instant since, Instant renewed) {
  /** A process elsewhere that has said nothing for so long is taken for dead. */
  static final Duration EXPIRES = Duration.ofMinutes(10);

  /** Claims that threads of this process hold; others with its number are of a dead namesake. */
  private static final Set<String> HELD = ConcurrentHashMap.newKeySet();

  private static final Pattern FILE =
      Pattern.compile(
          "([0-9a-f]{12})\\.(\\d{1,18})\\.(\\d{1,18})\\.(\\d{1,18})\\.([-0-9a-f]+)\\.json");

  private static final ObjectMapper JSON = new ObjectMapper();

  static Claim of(String id, Instant now) {
    HELD.add(id);
    return new Claim(
        id, Host.NAME, ProcessHandle.current().pid(), start(ProcessHandle.current()), now, now);
  }

  private static long start(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  Claim renewedAt(Instant now) {
    return new Claim(id, host, pid, processStart, since, now);
  }

  void drop() {
    HELD.remove(id);
  }

  /** Whether nobody holds it any more. */
  boolean isDead(Instant now) {
    if (HELD.contains(id)) {
      return false;
    }
    if (host.equals(Host.NAME)) {
      if (pid == ProcessHandle.current().pid()) {
        return true;
      }
      Optional<ProcessHandle> process = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
      return process.isEmpty()
          || processStart != 0 && start(process.get()) != 0 && start(process.get()) != processStart;
    }
    return renewed.plus(EXPIRES).isBefore(now);
  }

  /**
   * Who it is stands in the name, so that a claim whose content is only half written is still
   * somebody's.
   */
  String file() {
    return "%s.%d.%d.%d.%s.json".formatted(hash(host), pid, processStart, since.toEpochMilli(), id);
  }

  private static String hash(String host) {
    return Hashes.of(host).substring(0, 12);
  }

  byte[] toBytes() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("host", host)
        .put("pid", pid)
        .put("since", since.toString())
        .put("renewed", renewed.toString())
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The claim in a file.
   *
   * @param bytes what {@link #toBytes} wrote, or the beginning of it
   * @return empty if {@code file} is not called as {@link #file} says
   */
  static Optional<Claim> read(String file, byte[] bytes) {
    Matcher name = FILE.matcher(file);
    if (!name.matches()) {
      return Optional.empty();
    }
    Instant since = Instant.ofEpochMilli(Long.parseLong(name.group(4)));
    String host = name.group(1);
    Instant renewed = since;
    try {
      JsonNode node = JSON.readTree(bytes);
      if (hash(node.path("host").asText()).equals(host)) {
        host = node.path("host").asText();
        renewed = Instant.parse(node.path("renewed").asText());
      }
    } catch (IOException | DateTimeException e) {
      // Half written: it is as old as it is named.
    }
    if (hash(Host.NAME).equals(name.group(1))) {
      host = Host.NAME;
    }
    return Optional.of(
        new Claim(
            name.group(5),
            host,
            Long.parseLong(name.group(2)),
            Long.parseLong(name.group(3)),
            since,
            renewed));
  }

  @Override
  public String toString() {
    return "process %d on %s since %s".formatted(pid, host.replaceFirst("/.*", ""), since);
  }

  /** What tells this machine, and this container on it, from others. */
  private static final class Host {
    private static final String NAME =
        read("/proc/sys/kernel/hostname").orElseGet(Host::lookedUp)
            + "/"
            + link("/proc/self/ns/pid").orElse("");

    private static Optional<String> read(String file) {
      try {
        return Optional.of(Files.readString(Path.of(file)).strip());
      } catch (IOException e) {
        return Optional.empty();
      }
    }

    private static Optional<String> link(String file) {
      try {
        return Optional.of(Files.readSymbolicLink(Path.of(file)).toString());
      } catch (IOException | UnsupportedOperationException e) {
        return Optional.empty();
      }
    }

    private static String lookedUp() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        return "unknown";
      }
    }
  }
}
