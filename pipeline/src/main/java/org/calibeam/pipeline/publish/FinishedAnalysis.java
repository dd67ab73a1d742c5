package org.calibeam.pipeline.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.calibeam.pipeline.analyze.Analysis;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.ModelFile;

/** The files of an analysis: what was found, a page that shows it, and a configuration to use. */
public final class FinishedAnalysis {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private FinishedAnalysis() {}

  /**
   * Writes all files of {@code folder} and moves them into place.
   *
   * @return what {@code analysis.json} holds
   */
  public static ObjectNode commit(
      OutputFolder folder,
      ModelFile model,
      List<Shard> calibrate,
      List<Shard> measure,
      Analysis analysis) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("format", 1);
    root.putObject("model").put("path", model.path()).put("sha256", model.sha256());
    calibrate.forEach(shard -> root.withArray("/calibratedWith").add(shard.path()));
    measure.forEach(shard -> root.withArray("/measuredWith").add(shard.path()));
    root.setAll(analysis.toJson());
    StagedFile.write(folder, OutputFolder.ANALYSIS, bytes(root));
    StagedFile.write(folder, OutputFolder.CONFIGURATION, bytes(analysis.configuration()));
    StagedFile.write(folder, OutputFolder.ANALYSIS_PAGE, AnalysisPage.of(root).getBytes(UTF_8));
    List<StagedFile> files = new ArrayList<>();
    for (String name : folder.stagedNames()) {
      files.add(StagedFile.of(folder, name));
    }
    StagedFile.write(folder, OutputFolder.MANIFEST, Manifest.of(files));
    folder.commit();
    return root;
  }

  private static byte[] bytes(JsonNode node) {
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree can be written", e);
    }
  }
}
