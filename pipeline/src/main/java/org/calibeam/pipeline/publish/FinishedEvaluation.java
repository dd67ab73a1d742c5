package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.ModelFile;

/** The files of an evaluation: {@code evaluation.json}, and the samples that were set aside. */
public final class FinishedEvaluation {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private FinishedEvaluation() {}

  /** Adds {@code evaluation} to the report of the run that is staged in {@code folder}. */
  public static void addToReport(OutputFolder folder, Evaluation evaluation) {
    RunReport report = RunReport.read(StagedFile.read(folder, OutputFolder.REPORT));
    report.addEvaluation(evaluation);
    StagedFile.write(folder, OutputFolder.REPORT, report.toBytes());
  }

  /**
   * Writes all files of {@code folder} and moves them into place.
   *
   * @param shards the files that hold the samples
   * @return what {@code evaluation.json} holds
   */
  public static ObjectNode commit(
      OutputFolder folder,
      ModelFile model,
      ModelFile quantized,
      List<Shard> shards,
      Evaluation evaluation) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("format", 1);
    root.set("model", file(model));
    root.set("quantized", file(quantized));
    shards.forEach(shard -> root.withArray("/files").add(shard.path()));
    root.setAll(evaluation.toJson());
    try {
      StagedFile.write(folder, OutputFolder.EVALUATION, JSON.writeValueAsBytes(root));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree can be written", e);
    }
    if (!evaluation.bad().isEmpty()) {
      StagedFile.write(folder, OutputFolder.BAD_SAMPLES, DeadLetters.toBytes(evaluation.bad()));
    }
    List<StagedFile> files = new ArrayList<>();
    for (String name : folder.stagedNames()) {
      files.add(StagedFile.of(folder, name));
    }
    StagedFile.write(folder, OutputFolder.MANIFEST, Manifest.of(files));
    folder.commit();
    return root;
  }

  private static JsonNode file(ModelFile model) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("path", model.path())
        .put("sha256", model.sha256());
  }
}
