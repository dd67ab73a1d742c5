package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.pipeline.combine.Fingerprint;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.combine.StateUse;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.observe.CalibrationTask;

/**
 * {@code report.json}: what was done, as a tree that can be added to until it is written. {@code
 * report.schema.json} of the schemas describes it.
 */
public final class RunReport {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final String STATE = "state";

  private final ObjectNode root;

  private RunReport(ObjectNode root) {
    this.root = root;
  }

  /** What calibration tells: model, samples, code paths, observers without qparams. */
  static RunReport of(CalibrationTask task, PreparedProgram prepared, RunResults results) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("format", 1);
    RunStatistics run = results.statistics();
    Fingerprint made = run.fingerprint();
    root.putObject("model")
        .put("path", task.model().path())
        .put("sha256", task.model().sha256())
        .put("graph", made.graph())
        .put("weights", made.weights());
    root.set("configuration", parse(task.configuration()));
    root.put("kernelLevel", made.kernelLevel());
    addSamples(root, results);
    addState(root, results);
    CodePathReport.add(root, prepared, results);
    addObservers(root, prepared, run, Optional.empty());
    addUnquantized(root.putArray("unquantized"), prepared);
    return new RunReport(root);
  }

  /** The report whose text {@link #toBytes} gave. */
  public static RunReport read(byte[] json) {
    try {
      return new RunReport((ObjectNode) JSON.readTree(json));
    } catch (IOException e) {
      throw new UncheckedIOException("The report was written by this program", e);
    }
  }

  /** The report that is staged in {@code folder}. */
  public static RunReport staged(OutputFolder folder) {
    return read(StagedFile.read(folder, OutputFolder.REPORT));
  }

  /** Changes the report that is staged in {@code folder}. */
  public static void stage(OutputFolder folder, Consumer<ObjectNode> change) {
    RunReport report = staged(folder);
    change.accept(report.root);
    StagedFile.write(folder, OutputFolder.REPORT, report.toBytes());
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The configuration was read before", e);
    }
  }

  /** Says first what a person should know, once all the rest is there. */
  void addWarnings() {
    ArrayNode warnings = JsonNodeFactory.instance.arrayNode();
    Warnings.of(root).forEach(warnings::add);
    root.set("warnings", warnings);
  }

  public byte[] toBytes() {
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree can be written", e);
    }
  }

  public ObjectNode root() {
    return root;
  }

  private static void addSamples(ObjectNode root, RunResults results) {
    ObjectNode samples = root.putObject("samples");
    samples.put("expected", results.expected());
    samples.put("observed", results.statistics().samples());
    samples.put("bad", results.bad().size());
    ArrayNode shards = root.putArray("shards");
    for (Map.Entry<String, ShardTally> shard : results.shards().entrySet()) {
      ShardTally tally = shard.getValue();
      ObjectNode node = shards.addObject();
      node.put("path", shard.getKey())
          .put("expected", tally.expected())
          .put("observed", tally.observed())
          .put("bad", tally.bad())
          .put("contentHash", tally.content().hex());
      if (tally.leftOut() > 0) {
        node.put("heldOut", tally.leftOut());
      }
    }
    ArrayNode bad = root.putArray("badSamples");
    for (BadSample sample : results.bad()) {
      bad.addObject()
          .put("id", sample.id().toString())
          .put("stage", sample.stage())
          .put("reason", sample.reason())
          .put("source", sample.source());
    }
  }

  /** Says what was kept from earlier runs; {@link #takeState} removes it again. */
  private static void addState(ObjectNode root, RunResults results) {
    StateUse use =
        results.shards().values().stream()
            .map(ShardTally::state)
            .reduce(StateUse.NONE, StateUse::plus);
    long samplesRun =
        results.shards().values().stream()
            .filter(tally -> tally.state().run() > 0)
            .mapToLong(ShardTally::observed)
            .sum();
    if (!use.equals(StateUse.NONE)) {
      root.putObject(STATE)
          .put("kept", use.kept())
          .put("run", use.run())
          .put("samplesRun", samplesRun)
          .put("unreadable", use.unreadable());
    }
  }

  /**
   * Removes and returns what was kept from earlier runs; missing if no state was used. A run that
   * was continued reports the same as one that was not.
   */
  JsonNode takeState() {
    JsonNode state = root.remove(STATE);
    return state == null ? MissingNode.getInstance() : state;
  }

  /** Adds what conversion chose. */
  RunReport withConversion(
      ConversionSettings settings,
      PreparedProgram prepared,
      RunStatistics run,
      ConvertedProgram converted) {
    root.putObject("conversion")
        .put("calibrator", settings.calibrator())
        .put("minSamplesPerPath", settings.minSamplesPerPath())
        .put("unreached", settings.unreached().toString().toLowerCase(Locale.ROOT))
        .put("controlFlow", settings.controlFlow().toString().toLowerCase(Locale.ROOT));
    addObservers(root, prepared, run, Optional.of(converted));
    CodePathReport.mark(root, converted);
    addRepairs(root, prepared, converted);
    ArrayNode floating = root.putArray("floatingPaths");
    converted.floatingPaths().stream().sorted().forEach(p -> floating.add(p.text()));
    ArrayNode borrowed = root.putArray("borrowedPaths");
    converted.borrowedPaths().stream().sorted().forEach(p -> borrowed.add(p.text()));
    return this;
  }

  private static void addRepairs(
      ObjectNode root, PreparedProgram prepared, ConvertedProgram converted) {
    if (prepared.equalized().isEmpty() && !prepared.sumsChannels()) {
      return;
    }
    ObjectNode repairs = root.putObject("repairs");
    ArrayNode biases = repairs.putArray("correctedBiases");
    converted
        .correctedBiases()
        .forEach(
            bias ->
                biases
                    .addObject()
                    .put("codePath", bias.codePath().text())
                    .put("layer", bias.layer())
                    .put("channels", bias.channels())
                    .put("rootMeanSquareShift", bias.rootMeanSquare())
                    .put("largestShift", bias.largest()));
    ArrayNode pairs = repairs.putArray("equalizedPairs");
    prepared
        .equalized()
        .forEach(
            pair ->
                pairs
                    .addObject()
                    .put("codePath", pair.codePath().text())
                    .put("first", pair.first())
                    .put("second", pair.second())
                    .put("channels", pair.channels())
                    .put("leastFactor", pair.least())
                    .put("greatestFactor", pair.greatest()));
  }

  /** Adds that the samples ran in order, and in which. */
  RunReport withOrder(PreparedProgram prepared) {
    root.putObject("inOrder")
        .put("training", prepared.isSequential())
        .put("qat", prepared.qat())
        .put("workers", 1)
        .put("order", "on one worker, files by path, samples by their number");
    return this;
  }

  /** Adds what evaluation found. */
  void addEvaluation(Evaluation evaluation) {
    root.set("evaluation", evaluation.toJson());
  }

  private static void addObservers(
      ObjectNode root,
      PreparedProgram prepared,
      RunStatistics run,
      Optional<ConvertedProgram> converted) {
    ArrayNode observers = root.putArray("observers");
    for (Map.Entry<ObserverId, PreparedObserver> entry : prepared.observers().entrySet()) {
      ObserverId id = entry.getKey();
      observers.add(
          TensorEntry.of(
              id, entry.getValue(), Optional.ofNullable(run.statistics().get(id)), converted));
    }
  }

  private static void addUnquantized(ArrayNode list, PreparedProgram prepared) {
    prepared
        .decisions()
        .forEach(
            (path, decisions) ->
                decisions
                    .unquantized()
                    .forEach(
                        (node, reason) ->
                            list.addObject()
                                .put("codePath", path.text())
                                .put("node", node)
                                .put("reason", reason)));
  }
}
