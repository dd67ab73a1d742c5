package org.calibeam.core.inspect;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.calibeam.core.graph.Program;
import org.calibeam.core.transform.ResolveBranchConstants;

/**
 * What is in a program. Branches are shown with the constants they use, not with the operands that
 * bring them.
 *
 * @param versions what the archive says about its making, by name
 * @param graphs callers before what they call
 * @param constants in the program's order
 * @param quantized tensors that are quantized, in graph order
 * @param problems one line each, what a person should look at
 */
public record Inspection(
    Map<String, String> versions,
    List<GraphSummary> graphs,
    List<ConstantSummary> constants,
    List<QuantizedTensor> quantized,
    List<String> problems) {

  public Inspection {
    versions = Collections.unmodifiableMap(new LinkedHashMap<>(versions));
    graphs = List.copyOf(graphs);
    constants = List.copyOf(constants);
    quantized = List.copyOf(quantized);
    problems = List.copyOf(problems);
  }

  public static Inspection of(Program program) {
    Program resolved = ResolveBranchConstants.apply(program);
    List<ConstantSummary> constants = ConstantSummary.of(resolved);
    List<QuantizedTensor> quantized = QuantizedTensors.of(resolved);
    return new Inspection(
        Versions.of(program.envelope()),
        resolved.graphs().entrySet().stream()
            .map(e -> GraphSummary.of(e.getKey(), e.getValue()))
            .toList(),
        constants,
        quantized,
        Problems.of(resolved, constants, quantized));
  }

  /** Bytes of the constants. */
  public long bytes() {
    return constants.stream().mapToLong(ConstantSummary::bytes).sum();
  }

  /** Bytes that the constants would take in float32 instead of the integers they are stored as. */
  public long floatingBytes() {
    Set<String> stored =
        quantized.stream()
            .filter(t -> t.origin() == QuantizedTensor.Origin.CONSTANT)
            .map(QuantizedTensor::tensor)
            .collect(Collectors.toSet());
    return constants.stream()
        .filter(c -> !c.isQParams())
        .mapToLong(c -> stored.contains(c.name()) ? c.elements() * Float.BYTES : c.bytes())
        .sum();
  }

  /** The same for reading in a terminal. */
  public List<String> lines() {
    return Listing.of(this);
  }
}
