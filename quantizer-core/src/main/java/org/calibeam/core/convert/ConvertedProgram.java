package org.calibeam.core.convert;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Program;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.qspec.QParams;

/**
 * A quantized program, ready to be written.
 *
 * @param program with constants of branches as operands, as archives have them
 * @param qparams what was chosen, by observer; dynamic observers have none
 * @param notes what was done beyond the plain rule, a sentence by observer
 * @param floatingPaths code paths left in floating point because too few samples reached them
 * @param borrowedPaths code paths whose ranges were derived from their operands, for the same
 *     reason
 * @param correctedBiases those that a repair has changed, in the order of the program
 */
public record ConvertedProgram(
    Program program,
    Map<ObserverId, QParams> qparams,
    Map<ObserverId, String> notes,
    Set<CodePath> floatingPaths,
    Set<CodePath> borrowedPaths,
    List<CorrectedBias> correctedBiases) {
  public ConvertedProgram {
    qparams = Collections.unmodifiableMap(new TreeMap<>(qparams));
    notes = Collections.unmodifiableMap(new TreeMap<>(notes));
    floatingPaths = Set.copyOf(floatingPaths);
    borrowedPaths = Set.copyOf(borrowedPaths);
    correctedBiases = List.copyOf(correctedBiases);
  }
}
