package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.Fingerprint;
import org.calibeam.pipeline.combine.ShardEntry;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.Share;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.observe.Hashes;

/** The partitions of a window, and which of them no run that passed has seen. */
final class NewData {
  private final List<Partition> window;
  private final Map<String, JsonNode> shards = new HashMap<>();
  private final Set<String> known = new HashSet<>();

  /**
   * @param report of the run over the window
   * @param passed {@code decision.json} of the published run, and of those since that passed all
   *     gates but brought nothing new
   */
  NewData(List<Partition> window, JsonNode report, List<JsonNode> passed) {
    this.window = window;
    report.path("shards").forEach(shard -> shards.put(shard.path("path").asText(), shard));
    for (JsonNode decision : passed) {
      decision
          .path("partitions")
          .forEach(p -> known.add(p.path("day").asText() + p.path("content").asText()));
    }
  }

  /** What was seen in one partition. */
  record Seen(
      Partition partition, Map<ObserverId, Statistic> statistics, Map<CodePath, Long> paths) {}

  List<Partition> partitions() {
    return window.stream().filter(p -> !known.contains(p.day() + content(p))).toList();
  }

  /** Hash of the samples that calibrate, whatever their files are called. */
  private String content(Partition partition) {
    List<String> contents = new ArrayList<>();
    for (Shard shard : partition.shards()) {
      JsonNode node = shards.get(shard.path());
      if (node != null) {
        contents.add(node.path("contentHash").asText() + ":" + node.path("observed").asText());
      }
    }
    contents.sort(null);
    return Hashes.of(String.join("\n", contents));
  }

  private long sum(Partition partition, String field) {
    long sum = 0;
    for (Shard shard : partition.shards()) {
      JsonNode node = shards.get(shard.path());
      sum += node == null ? 0 : node.path(field).asLong();
    }
    return sum;
  }

  /** {@code partitions} of {@code decision.json}. */
  ArrayNode toJson() {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    Set<Partition> unseen = new HashSet<>(partitions());
    for (Partition partition : window) {
      list.addObject()
          .put("day", partition.day().toString())
          .put("files", partition.shards().size())
          .put("samples", sum(partition, "observed"))
          .put("heldOut", sum(partition, "heldOut"))
          .put("bad", sum(partition, "bad"))
          .put("content", content(partition))
          .put("new", unseen.contains(partition));
    }
    return list;
  }

  /** Files with held-out samples, newest partition first, until there are enough. */
  List<Shard> toJudge(NightlyJob.HeldOut heldOut) {
    List<Shard> chosen = new ArrayList<>();
    long samples = 0;
    for (int i = window.size() - 1; i >= 0 && samples < heldOut.samples(); i--) {
      for (Shard shard : window.get(i).shards(Share.toJudge(heldOut.share()))) {
        JsonNode node = shards.get(shard.path());
        long held = node == null ? 0 : node.path("heldOut").asLong();
        if (held > 0) {
          chosen.add(shard);
          samples += held;
        }
      }
    }
    return chosen;
  }

  /**
   * The statistics of a partition, which the run has just kept.
   *
   * @param levels CPU kernels that ran samples
   */
  static Seen seen(
      Partition partition,
      NightlyJob job,
      CalibrationTask task,
      ShardStore store,
      List<String> levels) {
    Fingerprint fingerprint = task.fingerprint(job.preprocessing());
    Map<ObserverId, Statistic> statistics = new TreeMap<>();
    Map<CodePath, Long> paths = new TreeMap<>();
    for (Shard shard : partition.shards(Share.toCalibrate(job.heldOut().share()))) {
      String sha256 = Hashes.of(shard);
      ShardEntry entry =
          levels.stream()
              .flatMap(
                  level ->
                      store
                          .find(fingerprint.withKernelLevel(level), shard, sha256)
                          .entry()
                          .stream())
              .findFirst()
              .orElseThrow(
                  () ->
                      new SamplesException(
                          "The statistics of %s are not in %s, where they were just kept. Let nothing delete them during a run, and keep the file as it is."
                              .formatted(shard.path(), store.path())));
      entry.statistics().forEach((id, s) -> statistics.merge(id, s, Statistic::merge));
      entry.tally().samplesPerPath().forEach((path, n) -> paths.merge(path, n, Long::sum));
    }
    return new Seen(partition, statistics, paths);
  }
}
