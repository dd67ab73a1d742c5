package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.calibeam.pipeline.observe.Hashes;

/**
 * {@code manifest.json}: the files of a finished run with their hashes, and the audit of its
 * samples. The run's id is a hash of its files, so the same input gives the same id.
 */
public final class Manifest {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Manifest() {}

  /**
   * The manifest of a run.
   *
   * @param report of the same run
   * @param state how many shards were kept, run and unreadable; missing if no state was used
   */
  public static byte[] of(List<StagedFile> files, RunReport report, JsonNode state) {
    ObjectNode root = tree(files);
    root.set("samples", report.root().path("samples"));
    root.set("shards", report.root().path("shards"));
    if (!state.isMissingNode()) {
      root.set("state", state);
    }
    return bytes(root);
  }

  /** The manifest of a run that tells of its samples elsewhere. */
  static byte[] of(List<StagedFile> files) {
    return bytes(tree(files));
  }

  private static ObjectNode tree(List<StagedFile> files) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("format", 1);
    StringBuilder identity = new StringBuilder();
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (StagedFile file : files) {
      list.addObject()
          .put("name", file.name())
          .put("bytes", file.bytes())
          .put("sha256", file.sha256());
      identity.append(file.name()).append(' ').append(file.sha256()).append('\n');
    }
    root.put("run", Hashes.of(identity.toString()));
    root.set("files", list);
    return root;
  }

  private static byte[] bytes(ObjectNode root) {
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree can be written", e);
    }
  }
}
