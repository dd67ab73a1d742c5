package org.calibeam.core.split;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.calibeam.core.split.Plan.Scope;
import org.calibeam.core.split.Plan.Step;

/**
 * Writes a {@link Plan} as {@code paths.json}: {@code {"format": 1, "inputs": […], "steps": […],
 * "outputs": […]}}. A step is {@code {"run": "main.0", "archive": "main.0.pt2", "inputs",
 * "outputs"}}, {@code {"if": predicate, "true": scope, "false": scope, "inputs", "outputs"}} or
 * {@code {"while": scope, "do": scope, "carried", "inputs", "outputs"}}, {@code {"load": arrays,
 * "archive": "constants.npz", "outputs"}} or {@code {"round": […]}}; a scope has {@code inputs},
 * {@code steps} and {@code outputs}.
 */
public final class PlanFormat {
  /** File of the plan's constants, NumPy arrays; not written if there are none. */
  public static final String CONSTANTS = "constants.npz";

  private static final int VERSION = 1;
  private static final ObjectWriter JSON = new ObjectMapper().writerWithDefaultPrettyPrinter();

  private PlanFormat() {}

  /** File name of a piece's archive. */
  public static String archive(String piece) {
    return piece + ".pt2";
  }

  public static String write(Plan plan) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("format", VERSION);
    scope(plan.main(), root);
    try {
      return JSON.writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree of strings could not be written", e);
    }
  }

  private static void scope(Scope scope, ObjectNode out) {
    strings(out.putArray("inputs"), scope.inputs());
    ArrayNode steps = out.putArray("steps");
    scope.steps().forEach(step -> step(step, steps.addObject()));
    strings(out.putArray("outputs"), scope.outputs());
  }

  private static void step(Step step, ObjectNode out) {
    if (step instanceof Step.Run run) {
      out.put("run", run.piece()).put("archive", archive(run.piece()));
      strings(out.putArray("inputs"), run.inputs());
      strings(out.putArray("outputs"), run.outputs());
    } else if (step instanceof Step.Load load) {
      strings(out.putArray("load"), load.constants());
      out.put("archive", CONSTANTS);
      strings(out.putArray("outputs"), load.outputs());
    } else if (step instanceof Step.Round round) {
      ArrayNode values = out.putArray("round");
      for (Step.Rounding value : round.values()) {
        values
            .addObject()
            .put("input", value.input())
            .put("output", value.output())
            .put("scale", value.scale())
            .put("zero_point", value.zeroPoint())
            .put("quant_min", value.quantMin())
            .put("quant_max", value.quantMax());
      }
    } else if (step instanceof Step.Branch branch) {
      out.put("if", branch.predicate());
      scope(branch.whenTrue(), out.putObject("true"));
      scope(branch.whenFalse(), out.putObject("false"));
      strings(out.putArray("inputs"), branch.inputs());
      strings(out.putArray("outputs"), branch.outputs());
    } else if (step instanceof Step.Loop loop) {
      scope(loop.condition(), out.putObject("while"));
      scope(loop.body(), out.putObject("do"));
      strings(out.putArray("carried"), loop.carried());
      strings(out.putArray("inputs"), loop.inputs());
      strings(out.putArray("outputs"), loop.outputs());
    }
  }

  private static void strings(ArrayNode out, List<String> values) {
    values.forEach(out::add);
  }
}
