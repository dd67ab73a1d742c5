package org.calibeam.core.annotate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.qspec.QuantizationSpec;

/** What has been annotated so far while the steps work on one graph. */
final class AnnotationState {
  private final GraphView view;
  private final Map<String, Annotation> annotations = new LinkedHashMap<>();
  private final Set<String> matched = new HashSet<>();
  private final List<Rejection> rejections = new ArrayList<>();

  AnnotationState(GraphView view) {
    this.view = view;
  }

  GraphView view() {
    return view;
  }

  Map<String, Annotation> annotations() {
    return annotations;
  }

  List<Rejection> rejections() {
    return rejections;
  }

  boolean isAnnotated(String name) {
    return annotations.containsKey(name);
  }

  void annotate(
      String name,
      Map<String, Optional<QuantizationSpec>> inputs,
      Optional<QuantizationSpec> output,
      boolean quantized) {
    annotations.put(name, new Annotation(inputs, output, quantized));
  }

  /** Claims {@code names} for a pattern; a claimed node is never matched again. */
  void claim(List<String> names) {
    matched.addAll(names);
  }

  boolean isClaimed(String name) {
    return matched.contains(name);
  }

  void reject(List<String> names, String reason) {
    rejections.add(new Rejection(names, reason));
  }
}
