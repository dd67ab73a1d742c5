package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.calibeam.pipeline.evaluate.EvaluationJob;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.publish.OutputFolder;

/**
 * How well the new and the published model do on the same held-out samples, as {@code
 * evaluation.schema.json} describes it.
 *
 * @param model figures of the new one; missing if it was not run
 * @param published figures of the published one; missing if it was not run
 */
record Evaluations(JsonNode model, JsonNode published) {
  static final Evaluations NONE =
      new Evaluations(MissingNode.getInstance(), MissingNode.getInstance());

  private static final List<String> BRIEF =
      List.of("samples", "flippedSamples", "sqnrDb", "top1Agreement");

  /**
   * Runs the samples of {@code shards} through the model that is staged in {@code folder}.
   *
   * @param published path of the published model, if it is to be compared
   */
  static Evaluations of(
      Runner runner,
      ModelFile floating,
      OutputFolder folder,
      Optional<String> published,
      List<Shard> shards) {
    ModelFile judged = ModelFile.of(folder.staged(OutputFolder.MODEL).toString());
    Optional<ModelFile> before = published.map(ModelFile::of);
    JsonNode figures =
        runner
            .evaluate(
                new EvaluationJob(floating, judged, shards, Long.MAX_VALUE),
                folder.scratch("comparison"))
            .toJson();
    if (before.isEmpty()) {
      return new Evaluations(figures, MissingNode.getInstance());
    }
    if (before.get().sha256().equals(judged.sha256())) {
      return new Evaluations(figures, figures);
    }
    return new Evaluations(
        figures,
        runner
            .evaluate(
                new EvaluationJob(floating, before.get(), shards, Long.MAX_VALUE),
                folder.scratch("comparison-published"))
            .toJson());
  }

  /** What {@code decision.json} says of them. */
  ObjectNode toJson() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    put(node, "model", model);
    put(node, "published", published);
    return node;
  }

  private static void put(ObjectNode node, String name, JsonNode figures) {
    if (!figures.isMissingNode()) {
      ObjectNode brief = node.putObject(name);
      BRIEF.forEach(field -> brief.set(field, figures.path(field)));
    }
  }
}
