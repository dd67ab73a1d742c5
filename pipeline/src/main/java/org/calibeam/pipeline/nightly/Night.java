package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.evaluate.EvaluationJob;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.Share;
import org.calibeam.pipeline.nightly.Decision.Kind;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.publish.OutputFolder;
import org.calibeam.pipeline.publish.Publication;
import org.calibeam.pipeline.publish.RepairEffects;
import org.calibeam.pipeline.publish.RunReport;

/**
 * One run of a job: finds the partitions of the window, runs what was never run, converts,
 * evaluates, decides, and publishes or does not.
 */
public final class Night {
  private final NightlyJob job;
  private final Runner.Factory runners;
  private final Clock clock;
  private final Set<String> accepted;
  private final Optional<LocalDate> until;

  /**
   * @param accepted gates that shall not block this time
   * @param until later partitions are left alone; empty if there is no such day
   */
  public Night(
      NightlyJob job,
      Runner.Factory runners,
      Clock clock,
      Set<String> accepted,
      Optional<LocalDate> until) {
    this.job = job;
    this.runners = runners;
    this.clock = clock;
    this.accepted = Set.copyOf(accepted);
    this.until = until;
  }

  /**
   * A night that ended with a decision.
   *
   * @param run path of its folder
   * @param current path of the published model; empty if there is none
   * @param failure what to throw if it is {@link Kind#FAILED}
   */
  public record Ended(
      Decision decision,
      String run,
      Optional<String> current,
      Optional<RuntimeException> failure) {}

  /**
   * Does all of it.
   *
   * @throws StoreLock.HeldException if another run has the store
   */
  public Ended run() {
    RunStore store = RunStore.at(job.store());
    try (StoreLock lock = store.lock(clock)) {
      List<String> notes = store.recover(clock.instant());
      RunId id = store.next(clock.instant());
      Decision decision;
      Optional<RuntimeException> failure = Optional.empty();
      List<String> names = new ArrayList<>();
      try {
        decision = new Attempt(store, id, notes).decide(names);
      } catch (RuntimeException e) {
        failure = Optional.of(e);
        decision = decision(id, Kind.FAILED, List.of(reason(e)), notes);
        names.clear();
        store.abandon(id);
      }
      lock.requireHeld();
      store.keep(id, names, decision.toBytes());
      if (decision.kind() == Kind.PUBLISHED) {
        store.switchTo(id, Kind.PUBLISHED.text(), clock.instant());
      }
      store.prune(job.keptRuns());
      return new Ended(
          decision,
          store.path(id, ""),
          store.current().map(current -> store.path(current.run(), OutputFolder.MODEL)),
          failure);
    }
  }

  private Decision decision(RunId id, Kind kind, List<String> reasons, List<String> warnings) {
    Decision decision = Decision.of(id.text(), job.source(), kind, reasons);
    ArrayNode list = decision.root().putArray("warnings");
    warnings.forEach(list::add);
    decision.root().put("at", clock.instant().toString()).put("model", job.model());
    return decision;
  }

  /** The line that says who must act, which Beam has wrapped several times. */
  private static String reason(RuntimeException thrown) {
    int depth = 0;
    for (Throwable t = thrown; t != null && depth < 100; t = t.getCause(), depth++) {
      if (t instanceof ModelException
          || t instanceof SamplesException
          || t instanceof ConfigurationException) {
        return String.valueOf(t.getMessage());
      }
    }
    return thrown.toString();
  }

  /** What is known while a run goes on. */
  private final class Attempt {
    private final RunStore store;
    private final RunId id;
    private final List<String> warnings;
    private final List<Verdict> verdicts = new ArrayList<>();
    private final Optional<Published> published;

    private Attempt(RunStore store, RunId id, List<String> notes) {
      this.store = store;
      this.id = id;
      this.warnings = new ArrayList<>(notes);
      this.published = store.current().flatMap(current -> Published.of(store, current.run()));
    }

    private Decision decide(List<String> names) {
      List<Partition> window = window();
      CalibrationTask task =
          new CalibrationTask(ModelFile.of(job.model()), job.configuration().json());
      ShardStore known = ShardStore.at(job.state());
      OutputFolder folder = OutputFolder.open(store.work(id), false);
      Publication statistics = new Publication(task, folder, Optional.empty(), Long.MAX_VALUE);
      try (Runner runner = runners.open(folder)) {
        List<Shard> shards = new ArrayList<>();
        window.forEach(p -> shards.addAll(p.shards(Share.toCalibrate(job.heldOut().share()))));
        runner.calibrate(statistics, shards, job.preprocessing(), known);
        Candidate seen = new Candidate(RunReport.staged(folder).root());
        NewData data = new NewData(window, seen.report(), passed());
        judgeData(seen, data, task, known);
        Evaluations evaluations = Evaluations.NONE;
        boolean convertible = verdicts.stream().noneMatch(this::forbidsConversion);
        double moved = Double.POSITIVE_INFINITY;
        if (convertible) {
          statistics.convertStaged(job.conversion());
          Candidate model = new Candidate(RunReport.staged(folder).root());
          moved = movedFromPublished(model);
          published.ifPresent(
              before ->
                  RunReport.stage(folder, report -> report.set("since", before.since(report))));
          evaluations = judgeModel(runner, model, data, task, folder);
          if (evaluations.model().isObject() && RepairEffects.areThere(folder)) {
            measureRepairs(statistics, evaluations.model(), shards, data.toJudge(job.heldOut()));
          }
        }
        Decision decision = decide(seen, data, evaluations, moved);
        if (decision.kind() == Kind.UNCHANGED) {
          folder.withoutModel();
        }
        JsonNode figures = evaluations.model();
        RunReport.stage(
            folder,
            report -> {
              if (figures.isObject()) {
                report.set("evaluation", figures);
              }
              report.set("decision", decision.root().deepCopy());
            });
        JsonNode state = runner.commit().state();
        decision.with(
            "state", state.isMissingNode() ? JsonNodeFactory.instance.objectNode() : state);
        names.addAll(folder.committedNames());
        return decision;
      }
    }

    private List<Partition> window() {
      DatedPattern.Found found = DatedPattern.of(job.samples()).find(job.reading());
      if (!found.ignored().isEmpty()) {
        warnings.add(
            "%d files match %s but name no day, %s among them"
                .formatted(found.ignored().size(), job.samples(), found.ignored().get(0)));
      }
      List<Partition> window = job.window().of(found.partitions(), until);
      if (window.isEmpty()) {
        throw new SamplesException(
            "No samples: of %d partitions that match %s none is in the window (%s). Check the pattern and the window of the job."
                .formatted(found.partitions().size(), job.samples(), job.window()));
      }
      return window;
    }

    /** Data that passed the gates once, or was accepted, is not judged again. */
    private List<JsonNode> passed() {
      if (published.isEmpty()) {
        return List.of();
      }
      List<JsonNode> passed = new ArrayList<>(List.of(published.get().decision()));
      String current = published.get().id().text();
      for (RunStore.Run run : store.runs()) {
        if (run.decision().path("decision").asText().equals(Kind.UNCHANGED.text())
            && run.decision().path("published").asText().equals(current)) {
          passed.add(run.decision());
        }
      }
      return passed;
    }

    private void judgeData(Candidate seen, NewData data, CalibrationTask task, ShardStore known) {
      DataGates gates = new DataGates(job.gates());
      gates.judge(seen, job.conversion().unreached());
      if (published.isPresent() && seen.isOfModelOf(published.get().model())) {
        List<Partition> unseen = data.partitions();
        if (!unseen.isEmpty()) {
          var before = published.get().statistics();
          List<String> levels = List.of(seen.report().path("kernelLevel").asText().split("\\+"));
          for (Partition partition : unseen) {
            gates.judge(
                NewData.seen(partition, job, task, known, levels), published.get().model(), before);
          }
        }
      }
      add(gates.verdicts());
    }

    private void add(List<Verdict> more) {
      for (Verdict verdict : more) {
        verdicts.add(accepted.contains(verdict.gate()) ? verdict.accepted() : verdict);
      }
    }

    /** A path without samples has no ranges, whatever a person accepts. */
    private boolean forbidsConversion(Verdict verdict) {
      return verdict.gate().equals(Verdict.PATHS)
          && (verdict.status() == Verdict.Status.BLOCKED
              || verdict.status() == Verdict.Status.ACCEPTED);
    }

    private double movedFromPublished(Candidate model) {
      return published.isPresent() && model.isMadeLike(published.get().model())
          ? model.moved(published.get().model())
          : Double.POSITIVE_INFINITY;
    }

    private Evaluations judgeModel(
        Runner runner, Candidate model, NewData data, CalibrationTask task, OutputFolder folder) {
      ModelGates gates = new ModelGates(job.gates());
      boolean comparable = published.isPresent() && model.isOfModelOf(published.get().model());
      if (comparable) {
        gates.judgeScales(model, published.get().model());
      }
      abandoned(model, gates);
      List<Shard> toJudge = data.toJudge(job.heldOut());
      Evaluations evaluations = Evaluations.NONE;
      if (toJudge.isEmpty()) {
        gates.nothingToJudgeWith(job.heldOut().share());
      } else {
        evaluations =
            Evaluations.of(
                runner,
                task.model(),
                folder,
                comparable ? published.map(Published::modelPath) : Optional.empty(),
                toJudge);
        gates.judge(evaluations.model(), evaluations.published());
      }
      add(gates.verdicts());
      return evaluations;
    }

    private void measureRepairs(
        Publication repaired, JsonNode figures, List<Shard> shards, List<Shard> toJudge) {
      OutputFolder aside = repaired.folder().aside();
      try (Runner other = runners.open(aside)) {
        new RepairEffects(repaired, job.conversion(), aside)
            .addToReport(
                figures,
                unrepaired ->
                    other.calibrate(
                        unrepaired, shards, job.preprocessing(), ShardStore.at(job.state())),
                quantized ->
                    other.evaluate(
                        new EvaluationJob(
                            repaired.task().model(), quantized, toJudge, Long.MAX_VALUE),
                        aside.scratch("comparison")));
      }
    }

    private void abandoned(Candidate model, ModelGates gates) {
      Set<String> runs = store.current().map(Current::abandoned).orElse(Set.of());
      for (String run : runs) {
        Optional<Published> other = RunId.parse(run).flatMap(runId -> Published.of(store, runId));
        if (other.isPresent()
            && model.isMadeLike(other.get().model())
            && model.moved(other.get().model()) <= job.tolerance()) {
          gates.judgeAgainstAbandoned(run);
        }
      }
    }

    private Decision decide(Candidate seen, NewData data, Evaluations evaluations, double moved) {
      List<String> blocked = texts(Verdict.Status.BLOCKED);
      boolean impossible = verdicts.stream().anyMatch(this::forbidsConversion);
      Kind kind;
      List<String> reasons = new ArrayList<>();
      if (!blocked.isEmpty() || impossible) {
        kind = Kind.BLOCKED;
        reasons.addAll(blocked.isEmpty() ? texts(Verdict.Status.ACCEPTED) : blocked);
      } else if (moved <= job.tolerance()) {
        kind = Kind.UNCHANGED;
        reasons.add(
            moved == 0
                ? "all ranges are the published ones"
                : "no range differs by more than %.2g %% of its width from the published one"
                    .formatted(100 * moved));
      } else {
        kind = Kind.PUBLISHED;
        reasons.add(why(seen, data));
      }
      warnings.addAll(texts(Verdict.Status.WARNED));
      if (kind != Kind.BLOCKED) {
        texts(Verdict.Status.ACCEPTED).forEach(text -> warnings.add("accepted: " + text));
      }
      Decision decision = decision(id, kind, reasons, warnings);
      ObjectNode root = decision.root();
      root.put("lineage", seen.lineage());
      published.ifPresent(
          before ->
              root.put("published", before.id().text())
                  .put("publishedLineage", before.model().lineage()));
      root.put("window", job.window().toString());
      root.set("samples", seen.samples());
      root.set("partitions", data.toJson());
      if (Double.isFinite(moved)) {
        root.put("mostMoved", moved);
      }
      ArrayNode gates = root.putArray("gates");
      verdicts.forEach(verdict -> gates.add(verdict.toJson()));
      root.set("evaluation", evaluations.toJson());
      return decision;
    }

    private String why(Candidate seen, NewData data) {
      if (published.isEmpty()) {
        return "the first model of this store";
      }
      if (!seen.isOfModelOf(published.get().model())) {
        return "another float model than that of the published run %s: a new lineage"
            .formatted(published.get().id());
      }
      int unseen = data.partitions().size();
      return unseen == 0
          ? "all gates were passed with another window or configuration"
          : "all gates were passed with %d new partitions".formatted(unseen);
    }

    private List<String> texts(Verdict.Status status) {
      return verdicts.stream()
          .filter(verdict -> verdict.status() == status)
          .map(Verdict::text)
          .toList();
    }
  }
}
