package org.calibeam.core.interp;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.calibeam.core.prepare.ObserverId;

/**
 * What building the frames of one runner takes.
 *
 * @param constants the home of a constant, by the constant's name in the program; folding adds some
 * @param folded what is computed of constants alone
 * @param observed whether the listener is to hear of an observation point
 * @param replacing whether the listener may replace what it observes
 * @param frames every frame built
 */
record Workshop(
    Operators operators,
    Scratch scratch,
    NativeMemory memory,
    Map<String, Home> constants,
    FoldedConstants folded,
    Predicate<ObserverId> observed,
    boolean replacing,
    List<Frame> frames) {

  /** The same with other memory for what is built. */
  Workshop withMemory(NativeMemory other) {
    return new Workshop(operators, scratch, other, constants, folded, observed, replacing, frames);
  }
}
