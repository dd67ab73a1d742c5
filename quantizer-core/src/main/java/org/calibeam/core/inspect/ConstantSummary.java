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
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/**
 * One constant.
 *
 * @param type for example {@code float32[16, 3, 3, 3]}
 * @param elements how many
 * @param bytes of its elements, wherever they are stored
 * @param nonFinite how many elements of a float32 or float64 tensor are NaN or infinite
 * @param sharesWith the first constant that lies in the same storage, if it is another
 * @param usedIn graphs in which something reads it
 * @param readers calls and arguments that its values go to, for example {@code conv2d.weight}, past
 *     a call that dequantizes them; none for scales and zero points
 */
public record ConstantSummary(
    String name,
    Constant.Kind kind,
    String type,
    long elements,
    long bytes,
    long nonFinite,
    Optional<String> sharesWith,
    List<CodePath> usedIn,
    List<String> readers) {

  public ConstantSummary {
    usedIn = List.copyOf(usedIn);
    readers = List.copyOf(readers);
  }

  /** Whether it only holds scales or zero points. */
  public boolean isQParams() {
    return !usedIn.isEmpty() && readers.isEmpty();
  }

  static List<ConstantSummary> of(Program program) {
    Map<String, Set<CodePath>> uses = new LinkedHashMap<>();
    Map<String, Set<String>> readers = new LinkedHashMap<>();
    program
        .graphs()
        .forEach(
            (path, graph) -> {
              for (Node node : graph.nodes()) {
                if (node instanceof Node.GetAttr attr && graph.userCount(attr.name()) > 0) {
                  uses.computeIfAbsent(attr.constant(), c -> new LinkedHashSet<>()).add(path);
                  addReaders(
                      readers.computeIfAbsent(attr.constant(), c -> new LinkedHashSet<>()),
                      graph,
                      attr.name());
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
              List<String> read = List.copyOf(readers.getOrDefault(name, Set.of()));
              summaries.add(
                  constant
                      .data()
                      .map(data -> of(name, constant.kind(), data, owners, usedIn, read))
                      .orElseGet(
                          () ->
                              new ConstantSummary(
                                  name,
                                  constant.kind(),
                                  "object",
                                  0,
                                  0,
                                  0,
                                  Optional.empty(),
                                  usedIn,
                                  read)));
            });
    return summaries;
  }

  private static void addReaders(Set<String> readers, Graph graph, String node) {
    if (graph.isOutput(node)) {
      readers.add("<output>");
    }
    for (String name : graph.users(node)) {
      if (graph.node(name) instanceof Node.Call user) {
        boolean quantization =
            QuantizedTensors.isDequantize(user) || QuantizedTensors.isQuantize(user);
        if (!quantization) {
          user.arguments().stream()
              .filter(a -> a.value().references().anyMatch(node::equals))
              .forEach(a -> readers.add(name + "." + a.name()));
        } else if (user.ref(0).filter(node::equals).isPresent()) {
          addReaders(readers, graph, name);
        }
      }
    }
  }

  private static ConstantSummary of(
      String name,
      Constant.Kind kind,
      TensorData data,
      Map<Storage, String> owners,
      List<CodePath> usedIn,
      List<String> readers) {
    String owner = owners.putIfAbsent(data.storage(), name);
    return new ConstantSummary(
        name,
        kind,
        data.toString(),
        data.elements(),
        (long) data.elements() * data.dtype().bytes(),
        nonFinite(data),
        Optional.ofNullable(owner),
        usedIn,
        readers);
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
