package org.calibeam.pipeline.evaluate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.io.BadSample;

/**
 * What two models gave for some samples, as sums that any other samples' can be added to. Merge
 * law: exact.
 *
 * @param files how many samples of each file are to be run, by its path: what it announces less
 *     what is not of its share
 * @param outputs names of the tensors that the float model returns; empty if no sample was run
 * @param groups what was compared
 * @param tensors what the quantized model quantizes while it runs, by code path and tensor
 * @param bad samples that were set aside, ordered
 */
public record Comparison(
    SortedMap<String, Long> files,
    List<String> outputs,
    SortedMap<Group, Tally> groups,
    SortedMap<ObserverId, Saturation> tensors,
    List<BadSample> bad) {
  public static final Comparison EMPTY =
      new Comparison(new TreeMap<>(), List.of(), new TreeMap<>(), new TreeMap<>(), List.of());

  public Comparison {
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    outputs = List.copyOf(outputs);
    groups = Collections.unmodifiableSortedMap(new TreeMap<>(groups));
    tensors = Collections.unmodifiableSortedMap(new TreeMap<>(tensors));
    bad = bad.stream().sorted().toList();
  }

  /** A comparison that has yet to see any of the {@code samples} in {@code file}. */
  static Comparison expecting(String file, long samples) {
    TreeMap<String, Long> files = new TreeMap<>();
    files.put(file, samples);
    return new Comparison(files, List.of(), new TreeMap<>(), new TreeMap<>(), List.of());
  }

  /**
   * The comparison over both sets of samples.
   *
   * @throws IllegalArgumentException if they are of models with other outputs
   */
  public static Comparison merge(Comparison a, Comparison b) {
    if (!a.outputs.isEmpty() && !b.outputs.isEmpty() && !a.outputs.equals(b.outputs)) {
      throw new IllegalArgumentException(
          "One side compares the outputs %s, the other %s".formatted(a.outputs, b.outputs));
    }
    List<BadSample> bad = new ArrayList<>(a.bad);
    bad.addAll(b.bad);
    return new Comparison(
        merge(a.files, b.files, Math::addExact),
        a.outputs.isEmpty() ? b.outputs : a.outputs,
        merge(a.groups, b.groups, Tally::merge),
        merge(a.tensors, b.tensors, Saturation::merge),
        bad);
  }

  private static <K, V> TreeMap<K, V> merge(
      SortedMap<K, V> a, SortedMap<K, V> b, BinaryOperator<V> merge) {
    TreeMap<K, V> merged = new TreeMap<>(a);
    b.forEach((key, value) -> merged.merge(key, value, merge));
    return merged;
  }
}
