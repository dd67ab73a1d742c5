package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.calibeam.core.quantizer.Repair;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.observe.ModelFile;

/**
 * What the repairs of a run bring: the model is made without them too, and evaluated with the same
 * samples. Biases need no other statistics to stay as they are; layers that were not equalized do,
 * so that the samples that calibrate are run a second time.
 *
 * @param repaired the run, whose files are staged
 * @param settings of its conversion
 * @param aside for the other models
 */
public record RepairEffects(Publication repaired, ConversionSettings settings, OutputFolder aside) {
  private static final String REPAIRS = "repairs";

  /** Whether the repairs of the run that is staged in {@code folder} have changed anything. */
  public static boolean areThere(OutputFolder folder) {
    JsonNode repairs = RunReport.staged(folder).root().path(REPAIRS);
    return !repairs.path("correctedBiases").isEmpty() || hasEqualized(repairs);
  }

  private static boolean hasEqualized(JsonNode repairs) {
    return !repairs.path("equalizedPairs").isEmpty();
  }

  /**
   * Measures them and adds them to the staged report.
   *
   * @param figures of the repaired model, as {@code evaluation.schema.json} describes them
   * @param calibrate stages the statistics of the same samples for another task
   * @param evaluate evaluates a model with the samples that gave {@code figures}
   */
  public void addToReport(
      JsonNode figures, Consumer<Publication> calibrate, Function<ModelFile, Evaluation> evaluate) {
    CalibrationTask task = repaired.task();
    boolean equalized = hasEqualized(RunReport.staged(repaired.folder()).root().path(REPAIRS));
    ArrayNode steps = JsonNodeFactory.instance.arrayNode();
    Publication corrected = repaired;
    Optional<JsonNode> biasOnly = Optional.empty();
    if (equalized) {
      corrected =
          new Publication(
              task.withRepairs(Set.of(Repair.BIAS)),
              aside,
              Optional.empty(),
              repaired.maxBadSamples());
      calibrate.accept(corrected);
      corrected.convertStaged(settings.withoutPieces());
      biasOnly = Optional.of(evaluate.apply(model()).toJson());
    }
    corrected.convertUncorrected(settings, aside);
    steps.add(step(List.of(), evaluate.apply(model()).toJson()));
    biasOnly.ifPresent(json -> steps.add(step(List.of(Repair.BIAS), json)));
    steps.add(
        step(equalized ? List.of(Repair.BIAS, Repair.EQUALIZE) : List.of(Repair.BIAS), figures));
    RunReport.stage(
        repaired.folder(),
        report -> {
          ObjectNode effect = report.withObject("/" + REPAIRS).putObject("effect");
          effect.put("samples", figures.path("samples").asLong());
          effect.set("steps", steps);
        });
  }

  private ModelFile model() {
    return ModelFile.of(aside.staged(OutputFolder.MODEL).toString());
  }

  private static ObjectNode step(List<Repair> repairs, JsonNode figures) {
    ObjectNode step = JsonNodeFactory.instance.objectNode();
    ArrayNode names = step.putArray(REPAIRS);
    repairs.forEach(repair -> names.add(repair.text()));
    step.set("flippedSamples", figures.path("flippedSamples"));
    JsonNode main = figures.at("/codePaths/0");
    step.setAll(brief(main.path("all")));
    ArrayNode outputs = step.putArray("outputs");
    for (JsonNode output : main.path("outputs")) {
      ObjectNode entry = outputs.addObject();
      entry.set("name", output.path("name"));
      entry.setAll(brief(output));
    }
    return step;
  }

  private static ObjectNode brief(JsonNode figures) {
    ObjectNode brief = JsonNodeFactory.instance.objectNode();
    for (String name : List.of("sqnrDb", "sqnrDbUnflipped", "top1Agreement")) {
      if (figures.has(name)) {
        brief.set(name, figures.get(name));
      }
    }
    return brief;
  }
}
