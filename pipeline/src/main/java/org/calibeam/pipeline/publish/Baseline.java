package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.qspec.QParams;
import org.calibeam.pipeline.io.StoredFile;

/**
 * An earlier run, to say what moved since.
 *
 * @param name of the run, for people
 * @param report its {@code report.json}
 */
public record Baseline(String name, JsonNode report) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The run at {@code path}, its output folder or the report itself.
   *
   * @throws ConfigurationException if there is no such report
   */
  public static Baseline read(String path) {
    String folder = path.endsWith("/") ? path : path + "/";
    try {
      MatchResult inFolder = StoredFile.match(folder + OutputFolder.REPORT);
      MatchResult.Metadata file =
          inFolder.metadata().isEmpty() ? StoredFile.at(path) : inFolder.metadata().get(0);
      try (InputStream in = Channels.newInputStream(StoredFile.open(file.resourceId()))) {
        JsonNode report = JSON.readTree(in);
        if (report == null || !report.path("observers").isArray()) {
          throw new IOException("it is no report.json");
        }
        return new Baseline(file.resourceId().toString(), report);
      }
    } catch (FileNotFoundException e) {
      throw unreadable(path, "there is no such report", e);
    } catch (IOException e) {
      throw unreadable(path, String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
    }
  }

  private static ConfigurationException unreadable(String path, String why, IOException cause) {
    return new ConfigurationException(
        "Cannot compare with the baseline %s: %s. Give the output folder of an earlier run, or its report.json."
            .formatted(path, why),
        cause);
  }

  /**
   * What moved, as {@code since} of {@code report.schema.json} describes it.
   *
   * @param now the report of the run that is compared
   */
  public ObjectNode compare(JsonNode now) {
    ObjectNode since = JsonNodeFactory.instance.objectNode();
    boolean sameModel = same(now, "/model/graph") && same(now, "/model/weights");
    since
        .put("baseline", name)
        .put("sameModel", sameModel)
        .put("sameConfiguration", same(now, "/configuration"))
        .put("sameConversion", same(now, "/conversion"));
    addPaths(since.putArray("codePaths"), now);
    SortedMap<ObserverId, QParams> is = ReportedQParams.of(now);
    SortedMap<ObserverId, QParams> was = ReportedQParams.of(report);
    ArrayNode added = since.putArray("added");
    ArrayNode removed = since.putArray("removed");
    is.keySet().stream().filter(id -> !was.containsKey(id)).forEach(id -> add(added, id));
    was.keySet().stream().filter(id -> !is.containsKey(id)).forEach(id -> add(removed, id));
    List<Move> moves = moves(is, was);
    since.put("tensors", is.size() - added.size());
    ArrayNode moved = since.putArray("moved");
    moves.forEach(move -> move.addTo(moved));
    return since;
  }

  private boolean same(JsonNode now, String pointer) {
    return report.at(pointer).equals(now.at(pointer));
  }

  private void addPaths(ArrayNode paths, JsonNode now) {
    for (JsonNode path : now.path("codePaths")) {
      for (JsonNode before : report.path("codePaths")) {
        if (before.path("path").equals(path.path("path"))) {
          ObjectNode node = paths.addObject();
          node.set("path", path.path("path"));
          node.set("share", path.path("share"));
          node.set("shareBefore", before.path("share"));
        }
      }
    }
  }

  private static ObjectNode add(ArrayNode list, ObserverId id) {
    return list.addObject().put("codePath", id.codePath().text()).put("observer", id.name());
  }

  /** Tensors whose range is not what it was, the one that moved most first. */
  private static List<Move> moves(
      SortedMap<ObserverId, QParams> is, SortedMap<ObserverId, QParams> was) {
    List<Move> moves = new ArrayList<>();
    for (Map.Entry<ObserverId, QParams> entry : is.entrySet()) {
      QParams before = was.get(entry.getKey());
      if (before != null) {
        double by = ReportedQParams.moved(entry.getValue(), before);
        if (by > 0) {
          moves.add(new Move(entry.getKey(), entry.getValue(), before, by));
        }
      }
    }
    moves.sort((a, b) -> Double.compare(b.by, a.by));
    return moves;
  }

  private record Move(ObserverId id, QParams now, QParams before, double by) {
    void addTo(ArrayNode list) {
      ObjectNode node = add(list, id);
      if (now.dtype() != before.dtype()) {
        node.put("dtype", now.dtype().torchName()).put("dtypeBefore", before.dtype().torchName());
      }
      if (Double.isFinite(by)) {
        node.put("moved", by);
      }
      if (now.scales().length == 1 && before.scales().length == 1) {
        node.put("scale", now.scale()).put("scaleBefore", before.scale());
        node.put("zeroPoint", now.zeroPoint()).put("zeroPointBefore", before.zeroPoint());
      } else {
        node.put("channels", now.scales().length);
      }
    }
  }
}
