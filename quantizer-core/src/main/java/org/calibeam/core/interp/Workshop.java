package org.calibeam.core.interp;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.calibeam.core.prepare.ObserverId;

/**
 * What building the frames of one runner takes.
 *
 * @param constants the home of a constant, by the constant's name in the program
 * @param observed whether the listener is to hear of an observation point
 * @param frames every frame built
 */
record Workshop(
    Operators operators,
    Scratch scratch,
    NativeMemory memory,
    Map<String, Home> constants,
    Predicate<ObserverId> observed,
    List<Frame> frames) {}
