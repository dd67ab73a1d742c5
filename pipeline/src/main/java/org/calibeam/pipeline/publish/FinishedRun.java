package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Completes the staged files of a run and makes them its results. */
public final class FinishedRun {
  private FinishedRun() {}

  /**
   * A run whose results are in place.
   *
   * @param state how many shards were {@code kept}, {@code run} and {@code unreadable}; missing if
   *     no state was used
   */
  public record Committed(RunReport report, JsonNode state) {}

  /** The same, saying also what moved since {@code baseline}. */
  public static Committed commit(OutputFolder folder, Optional<Baseline> baseline) {
    baseline.ifPresent(
        before -> RunReport.stage(folder, report -> report.set("since", before.compare(report))));
    return commit(folder);
  }

  /**
   * Writes the page and the manifest, then moves everything into place.
   *
   * @return what there is to tell
   */
  public static Committed commit(OutputFolder folder) {
    RunReport report = RunReport.read(StagedFile.read(folder, OutputFolder.REPORT));
    JsonNode state = report.takeState();
    report.addWarnings();
    StagedFile.write(folder, OutputFolder.REPORT, report.toBytes());
    StagedFile.write(
        folder,
        OutputFolder.REPORT_PAGE,
        ReportPage.of(report.root()).getBytes(StandardCharsets.UTF_8));
    List<StagedFile> files = new ArrayList<>();
    for (String name : folder.stagedNames()) {
      files.add(StagedFile.of(folder, name));
    }
    StagedFile.write(folder, OutputFolder.MANIFEST, Manifest.of(files, report, state));
    folder.commit();
    return new Committed(report, state);
  }
}
