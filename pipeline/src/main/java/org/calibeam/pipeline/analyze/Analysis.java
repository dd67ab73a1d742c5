package org.calibeam.pipeline.analyze;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What an {@link AnalysisJob} found.
 *
 * @param costs a unit each
 * @param allInt8 everything in int8
 * @param allInt16 everything with int16 activations
 * @param curve mixes from the most int8 to the least
 * @param local errors of the tensors that are quantized if everything is int8
 * @param known number of candidates that an earlier run had tried
 * @param tried number of candidates that this run tried
 */
public record Analysis(
    List<UnitCost> costs,
    Measurement allInt8,
    Measurement allInt16,
    List<Curve.Point> curve,
    Goal goal,
    JsonNode local,
    int known,
    int tried) {
  public Analysis {
    costs = List.copyOf(costs);
    curve = List.copyOf(curve);
  }

  /** The configuration to use: that of the chosen mix, or of the one with the best SQNR. */
  public ObjectNode configuration() {
    return proposal().planned().mix().configuration();
  }

  /** Whether a mix does what is wanted. */
  public boolean isReached() {
    return goal.choose(curve).isPresent();
  }

  /** SQNR of the proposal and its share of int8, for people. */
  public String summary() {
    Measurement m = proposal().measured();
    return String.format(
        Locale.ROOT,
        "SQNR %.2f dB with %.1f %% of the multiply-accumulates in int8, %.1f %% in int16",
        m.sqnrDb(),
        100 * m.share(Mode.A8W8),
        100 * m.share(Mode.A16W8));
  }

  /** SQNR of the model with everything in int8, in dB. */
  public double allInt8SqnrDb() {
    return allInt8.sqnrDb();
  }

  private Curve.Point proposal() {
    return goal.choose(curve)
        .orElseGet(
            () ->
                curve.stream()
                    .max((a, b) -> Double.compare(a.measured().sqnrDb(), b.measured().sqnrDb()))
                    .orElseThrow());
  }

  /** {@code analysis.json}, as {@code analysis.schema.json} of the schemas describes it. */
  public ObjectNode toJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode wanted = root.putObject("goal");
    goal.int8Share().ifPresent(s -> wanted.put("int8Share", s));
    if (goal.sqnrDb().isPresent() || goal.int8Share().isEmpty()) {
      wanted.put("sqnrDb", goal.sqnrDb().orElse(Goal.DEFAULT_SQNR));
    }
    wanted.put("reached", isReached());
    ObjectNode proposal = point(proposal());
    proposal.set("configuration", configuration());
    root.set("proposal", proposal);
    root.set("allInt8", json(allInt8));
    root.set("allInt16", json(allInt16));
    ArrayNode points = root.putArray("curve");
    Curve.Point chosen = proposal();
    curve.forEach(p -> points.add(point(p).put("proposed", p.equals(chosen))));
    root.set("units", units());
    root.set("tensors", local.path("tensors"));
    return root;
  }

  private ArrayNode units() {
    long macs = Unit.macs(costs.stream().map(UnitCost::unit).toList());
    ArrayNode units = JsonNodeFactory.instance.arrayNode();
    for (UnitCost cost : costs) {
      ObjectNode node = units.addObject();
      node.put("module", cost.unit().module())
          .put("macs", cost.unit().macs())
          .put("macShare", macs == 0 ? 0 : (double) cost.unit().macs() / macs)
          .put("mode", mode(proposal().planned().mix().of(cost.unit())));
      node.set("onlyInt8", json(cost.only()));
      Optional.ofNullable(cost.onlyInt16()).ifPresent(m -> node.set("onlyInt16", json(m)));
      node.set("allButThis", json(cost.allBut()));
      ArrayNode nodes = node.putArray("nodes");
      cost.unit().nodes().forEach(nodes::add);
    }
    return units;
  }

  /** The mode of what does no multiply-accumulates. */
  private Mode rest(Mix mix) {
    return costs.stream()
        .map(UnitCost::unit)
        .filter(unit -> unit.macs() == 0)
        .map(mix::of)
        .findFirst()
        .orElse(Mode.A8W8);
  }

  private ObjectNode point(Curve.Point point) {
    ObjectNode node = json(point.measured());
    double noise = point.planned().noise();
    if (noise > 0) {
      node.put("predictedSqnrDb", -10 * StrictMath.log10(noise));
    } else {
      node.putNull("predictedSqnrDb");
    }
    node.put("rest", mode(rest(point.planned().mix())));
    ArrayNode moved = node.putArray("leftInt8");
    point.planned().moved().forEach(moved::add);
    return node;
  }

  private static ObjectNode json(Measurement measurement) {
    ObjectNode node = measurement.json();
    for (Mode mode : Mode.values()) {
      node.put(mode(mode) + "Share", measurement.share(mode));
    }
    return node;
  }

  private static String mode(Mode mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }
}
