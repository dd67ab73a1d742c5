package org.calibeam.pipeline.analyze;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * How a candidate did.
 *
 * @param sqnrDb of all outputs against the float model; infinite if they are the same, NaN if there
 *     is nothing to measure
 * @param low lower end of its 95 % interval, as NaN as {@code high} if there is none
 * @param flipped samples that took another code path
 * @param macs multiply-accumulates of the converted program by what its activations are: an entry
 *     per {@link Mode}
 */
record Measurement(double sqnrDb, double low, double high, long flipped, long[] macs) {
  Measurement {
    macs = macs.clone();
  }

  @Override
  public long[] macs() {
    return macs.clone();
  }

  long macs(Mode mode) {
    return macs[mode.ordinal()];
  }

  /** Share of the multiply-accumulates in {@code mode}. */
  double share(Mode mode) {
    long sum = 0;
    for (long n : macs) {
      sum += n;
    }
    return sum == 0 ? 0 : (double) macs(mode) / sum;
  }

  /** Noise relative to the signal. */
  double noise() {
    return Double.isNaN(sqnrDb) ? 0 : Math.pow(10, -sqnrDb / 10);
  }

  ObjectNode json() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    put(node, "sqnrDb", sqnrDb);
    if (sqnrDb == Double.POSITIVE_INFINITY) {
      node.put("infinite", true);
    }
    put(node, "low", low);
    put(node, "high", high);
    node.put("flippedSamples", flipped);
    ObjectNode counts = node.putObject("macs");
    for (Mode mode : Mode.values()) {
      counts.put(mode.name().toLowerCase(Locale.ROOT), macs(mode));
    }
    return node;
  }

  private static void put(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    } else {
      node.putNull(name);
    }
  }

  static Measurement of(JsonNode node) {
    long[] macs = new long[Mode.values().length];
    for (Mode mode : Mode.values()) {
      macs[mode.ordinal()] = node.path("macs").path(mode.name().toLowerCase(Locale.ROOT)).asLong();
    }
    double sqnr =
        node.path("infinite").asBoolean()
            ? Double.POSITIVE_INFINITY
            : node.path("sqnrDb").asDouble(Double.NaN);
    return new Measurement(
        sqnr,
        node.path("low").asDouble(Double.NaN),
        node.path("high").asDouble(Double.NaN),
        node.path("flippedSamples").asLong(),
        macs);
  }
}
