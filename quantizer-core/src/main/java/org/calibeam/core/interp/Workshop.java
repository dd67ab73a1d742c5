package org.calibeam.core.interp;

import java.util.List;
import java.util.Map;

/**
 * What building the frames of one runner takes.
 *
 * @param constants the home of a constant, by the constant's name in the program
 * @param frames every frame built
 */
record Workshop(
    Operators operators,
    Scratch scratch,
    NativeMemory memory,
    Map<String, Home> constants,
    List<Frame> frames) {}
