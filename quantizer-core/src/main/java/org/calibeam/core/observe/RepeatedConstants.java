package org.calibeam.core.observe;

import java.util.HashMap;
import java.util.Map;

/** Tensors that are the same every time: read once, then only counted. */
final class RepeatedConstants {
  /** By the number of the constant. */
  private final Map<Long, Repeated> constants = new HashMap<>();

  private long inSample;

  private static final class Repeated {
    private final Statistic once;
    private long times;
    private long timesInSample;

    private Repeated(Statistic once) {
      this.once = once;
    }
  }

  /** Counts a constant in the open sample; false if it was never added. */
  boolean repeat(long constant) {
    Repeated known = constants.get(constant);
    if (known == null) {
      return false;
    }
    known.timesInSample++;
    inSample++;
    return true;
  }

  /** Adds a constant, seen for the first time in the open sample. */
  void add(long constant, Statistic once) {
    constants.put(constant, new Repeated(once));
    repeat(constant);
  }

  /** How often the open sample has shown any of them. */
  long inSample() {
    return inSample;
  }

  /** Ends the sample: what it has shown counts from now on; false if that is no element. */
  boolean take() {
    if (inSample == 0) {
      return false;
    }
    boolean shown = false;
    for (Repeated constant : constants.values()) {
      shown |= constant.timesInSample > 0 && !constant.once.isEmpty();
      constant.times += constant.timesInSample;
      constant.timesInSample = 0;
    }
    inSample = 0;
    return shown;
  }

  /** Forgets what the open sample has shown. */
  void discardSample() {
    constants.values().forEach(constant -> constant.timesInSample = 0);
    inSample = 0;
  }

  /** What all finished samples have shown, with {@code others}. */
  Statistic mergedInto(Statistic others) {
    Statistic seen = others;
    for (Repeated constant : constants.values()) {
      seen = Statistic.merge(seen, constant.once.times(constant.times));
    }
    return seen;
  }

  /** Forgets everything but what the constants look like. */
  void reset() {
    discardSample();
    constants.values().forEach(constant -> constant.times = 0);
  }
}
