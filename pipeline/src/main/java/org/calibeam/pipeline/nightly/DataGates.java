package org.calibeam.pipeline.nightly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.calibeam.core.convert.UnreachedPathPolicy;
import org.calibeam.core.observe.Drift;
import org.calibeam.core.observe.QuantizationError;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.qspec.QParams;
import org.calibeam.pipeline.combine.RunStatistics;

/** Judges the samples, before there is a model. */
final class DataGates {
  private final Gates gates;
  private final List<Verdict> verdicts = new ArrayList<>();

  DataGates(Gates gates) {
    this.gates = gates;
  }

  List<Verdict> verdicts() {
    return List.copyOf(verdicts);
  }

  /** Bad samples, and code paths that too few samples took. */
  void judge(Candidate window, UnreachedPathPolicy unreached) {
    long bad = window.report().at("/samples/bad").asLong();
    String first =
        bad == 0
            ? ""
            : "; the first, %s: %s"
                .formatted(
                    window.report().at("/badSamples/0/source").asText(),
                    window.report().at("/badSamples/0/reason").asText());
    String text = "%d bad samples, %d may be%s".formatted(bad, gates.badSamples(), first);
    verdicts.add(
        bad > gates.badSamples()
            ? Verdict.blocked(Verdict.BAD_SAMPLES, text)
            : Verdict.passed(Verdict.BAD_SAMPLES, text));
    SortedMap<String, Long> paths = window.samplesPerPath();
    String few =
        paths.entrySet().stream()
            .filter(path -> path.getValue() < gates.minSamplesPerPath())
            .map(path -> "%s (%d samples)".formatted(path.getKey(), path.getValue()))
            .collect(Collectors.joining(", "));
    if (few.isEmpty()) {
      verdicts.add(
          Verdict.passed(
              Verdict.PATHS,
              "every code path has at least %d samples".formatted(gates.minSamplesPerPath())));
    } else {
      String complaint =
          "fewer than %d samples of the window take %s".formatted(gates.minSamplesPerPath(), few);
      verdicts.add(
          Verdict.beyond(
              unreached == UnreachedPathPolicy.FAIL ? Gates.Action.BLOCK : Gates.Action.WARN,
              Verdict.PATHS,
              complaint));
    }
  }

  /** A partition that the published model has not seen, against the window that it has. */
  void judge(NewData.Seen seen, Candidate published, RunStatistics window) {
    vanished(seen, window);
    drift(seen, window);
    saturation(seen, published);
  }

  private void vanished(NewData.Seen seen, RunStatistics window) {
    long samples = seen.paths().values().stream().mapToLong(Long::longValue).max().orElse(0);
    if (samples == 0) {
      return; // Nothing was seen at all, so nothing vanished.
    }
    window
        .samplesPerPath()
        .forEach(
            (path, n) -> {
              if (n > 0 && seen.paths().getOrDefault(path, 0L) == 0) {
                verdicts.add(
                    Verdict.beyond(
                        gates.vanishedPath(),
                        Verdict.VANISHED,
                        text(
                            "no sample of %s takes code path %s, of the published window %.1f %% do",
                            seen.partition().day(), path, 100.0 * n / window.samples())));
              }
            });
  }

  private void drift(NewData.Seen seen, RunStatistics window) {
    double most = 0;
    Optional<ObserverId> worst = Optional.empty();
    for (Map.Entry<ObserverId, Statistic> entry : seen.statistics().entrySet()) {
      Statistic before = window.statistics().get(entry.getKey());
      if (before != null) {
        double distance = Drift.jensenShannonInClasses(before, entry.getValue());
        if (worst.isEmpty() || distance > most) {
          most = distance;
          worst = Optional.of(entry.getKey());
        }
      }
    }
    add(
        Verdict.DRIFT,
        gates.drift(),
        most,
        text(
            "in %s, %s is at a Jensen-Shannon distance of %.3f from the published window, %.3f may be",
            seen.partition().day(), name(worst), most, gates.drift().most()));
  }

  private void saturation(NewData.Seen seen, Candidate published) {
    SortedMap<ObserverId, QParams> qparams = published.qparams();
    SortedMap<ObserverId, Double> usual = published.saturated();
    double most = 0;
    Optional<ObserverId> worst = Optional.empty();
    for (Map.Entry<ObserverId, Statistic> entry : seen.statistics().entrySet()) {
      QParams range = qparams.get(entry.getKey());
      Statistic statistic = entry.getValue();
      if (range == null
          || range.scales().length != 1
          || statistic.counts().finite() + statistic.counts().infinities() == 0) {
        continue;
      }
      double more =
          QuantizationError.saturationRate(statistic, range)
              - usual.getOrDefault(entry.getKey(), 0.0);
      if (worst.isEmpty() || more > most) {
        most = more;
        worst = Optional.of(entry.getKey());
      }
    }
    add(
        Verdict.SATURATION,
        gates.saturation(),
        most,
        text(
            "in %s, %.2f %% more values of %s lie beyond the published range than did, %.2f %% may",
            seen.partition().day(), 100 * most, name(worst), 100 * gates.saturation().most()));
  }

  private void add(String gate, Gates.Limit limit, double value, String text) {
    verdicts.add(
        value > limit.most()
            ? Verdict.beyond(limit.action(), gate, text)
            : Verdict.passed(gate, text));
  }

  private static String name(Optional<ObserverId> id) {
    return id.map(i -> "%s of %s".formatted(i.name(), i.codePath())).orElse("no tensor");
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
