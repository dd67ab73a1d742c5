package org.calibeam.pipeline.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.evaluate.Tally.Count;
import org.calibeam.pipeline.io.BadSample;

/**
 * How well a quantized model does against its float model: figures over all samples, and over those
 * for which the float model takes each code path. They are functions of exact sums, so neither the
 * order of the samples nor the number of workers shows in any digit.
 *
 * @param expected number of samples that the files announce
 * @param paths one for each code path that the float model took; the first, {@code main}, is of all
 *     samples
 * @param tensors what the quantized model quantizes while it runs, by code path and tensor
 * @param bad samples that were set aside, ordered
 */
public record Evaluation(
    long expected,
    List<PathFigures> paths,
    SortedMap<ObserverId, Saturation> tensors,
    List<BadSample> bad) {

  /**
   * Figures over the samples for which the float model takes a code path.
   *
   * @param flipped number of samples for which the quantized model takes other paths
   * @param flipRate their share
   * @param all figures over all outputs together; decisions are those of the first
   * @param outputs figures of each output, in order
   */
  public record PathFigures(
      CodePath path,
      long samples,
      long flipped,
      Estimate flipRate,
      OutputFigures all,
      List<Output> outputs) {}

  /** One output of the model by its name in the float graph. */
  public record Output(String name, OutputFigures figures) {}

  /**
   * The figures of a comparison.
   *
   * @param maxBadSamples with more there is no result
   * @throws SamplesException if there are too many bad samples, or none that are good, or a file
   *     did not hold what it announced
   */
  public static Evaluation of(Comparison comparison, long maxBadSamples) {
    long expected = comparison.files().values().stream().mapToLong(Long::longValue).sum();
    long evaluated = comparison.groups().isEmpty() ? 0 : all(comparison).count(Count.SAMPLES);
    List<BadSample> bad = comparison.bad();
    if (bad.size() > maxBadSamples) {
      throw new SamplesException(
          "%d bad samples, --max-bad-samples allows %d. The first: %s"
              .formatted(bad.size(), maxBadSamples, bad.get(0).complaint()));
    }
    if (evaluated == 0) {
      throw new SamplesException(
          "No samples to evaluate with: the files hold %s. Give files with samples."
              .formatted(bad.isEmpty() ? "none" : "none that can be used"));
    }
    if (expected != evaluated + bad.size()) {
      throw new SamplesException(
          "Samples do not add up: the files announced %d, %d were run and %d set aside. A file may have changed meanwhile; run the job again."
              .formatted(expected, evaluated, bad.size()));
    }
    List<PathFigures> paths = new ArrayList<>();
    byPath(comparison).forEach((path, figures) -> paths.add(figures(path, figures, comparison)));
    return new Evaluation(expected, List.copyOf(paths), comparison.tensors(), bad);
  }

  private static Tally all(Comparison comparison) {
    return comparison.groups().getOrDefault(new Group(CodePath.MAIN, Group.ALL), Tally.EMPTY);
  }

  private static SortedMap<CodePath, SortedMap<Integer, Tally>> byPath(Comparison comparison) {
    TreeMap<CodePath, SortedMap<Integer, Tally>> paths = new TreeMap<>();
    for (Map.Entry<Group, Tally> entry : comparison.groups().entrySet()) {
      Group group = entry.getKey();
      paths
          .computeIfAbsent(group.path(), p -> new TreeMap<>())
          .put(group.output(), entry.getValue());
    }
    return paths;
  }

  private static PathFigures figures(
      CodePath path, SortedMap<Integer, Tally> tallies, Comparison comparison) {
    Tally all = tallies.getOrDefault(Group.ALL, Tally.EMPTY);
    List<Output> outputs = new ArrayList<>();
    for (int i = 0; i < comparison.outputs().size(); i++) {
      outputs.add(
          new Output(
              comparison.outputs().get(i), OutputFigures.of(tallies.getOrDefault(i, Tally.EMPTY))));
    }
    long samples = all.count(Count.SAMPLES);
    long flipped = all.count(Count.FLIPPED);
    return new PathFigures(
        path,
        samples,
        flipped,
        Estimate.share(flipped, samples),
        OutputFigures.of(all),
        List.copyOf(outputs));
  }

  /** Number of samples that were run. */
  public long samples() {
    return main().samples();
  }

  /** The figures as JSON, as {@code evaluation.schema.json} describes them. */
  public ObjectNode toJson() {
    return EvaluationFormat.json(this);
  }

  /** Figures over all samples. */
  public PathFigures main() {
    return paths.get(0);
  }
}
