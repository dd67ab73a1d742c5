package org.calibeam.core.inspect;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/**
 * One constant.
 *
 * @param type for example {@code float32[16, 3, 3, 3]}
 * @param bytes of its elements, wherever they are stored
 * @param nonFinite how many elements of a float32 or float64 tensor are NaN or infinite
 * @param sharesWith the first constant that lies in the same storage, if it is another
 * @param usedIn graphs in which something reads it
 */
public record ConstantSummary(
    String name,
    Constant.Kind kind,
    String type,
    long bytes,
    long nonFinite,
    Optional<String> sharesWith,
    List<CodePath> usedIn) {

  public ConstantSummary {
    usedIn = List.copyOf(usedIn);
  }

  static List<ConstantSummary> of(Program program) {
    Map<String, Set<CodePath>> uses = new LinkedHashMap<>();
    program
        .graphs()
        .forEach(
            (path, graph) -> {
              for (Node node : graph.nodes()) {
                if (node instanceof Node.GetAttr attr && graph.userCount(attr.name()) > 0) {
                  uses.computeIfAbsent(attr.constant(), c -> new LinkedHashSet<>()).add(path);
                }
              }
            });
    Map<Storage, String> owners = new IdentityHashMap<>();
    List<ConstantSummary> summaries = new ArrayList<>();
    program
        .constants()
        .forEach(
            (name, constant) -> {
              List<CodePath> usedIn = List.copyOf(uses.getOrDefault(name, Set.of()));
              summaries.add(
                  constant
                      .data()
                      .map(data -> of(name, constant.kind(), data, owners, usedIn))
                      .orElseGet(
                          () ->
                              new ConstantSummary(
                                  name,
                                  constant.kind(),
                                  "object",
                                  0,
                                  0,
                                  Optional.empty(),
                                  usedIn)));
            });
    return summaries;
  }

  private static ConstantSummary of(
      String name,
      Constant.Kind kind,
      TensorData data,
      Map<Storage, String> owners,
      List<CodePath> usedIn) {
    String owner = owners.putIfAbsent(data.storage(), name);
    return new ConstantSummary(
        name,
        kind,
        data.toString(),
        (long) data.elements() * data.dtype().bytes(),
        nonFinite(data),
        Optional.ofNullable(owner),
        usedIn);
  }

  private static long nonFinite(TensorData data) {
    if (data.dtype() != DType.FLOAT32 && data.dtype() != DType.FLOAT64) {
      return 0;
    }
    long count = 0;
    for (float value : data.toFloats()) {
      count += Float.isFinite(value) ? 0 : 1;
    }
    return count;
  }
}
