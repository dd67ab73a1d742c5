package org.calibeam.pipeline.publish;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Completes the staged files of a run and makes them its results. */
public final class FinishedRun {
  private FinishedRun() {}

  /**
   * Writes the page and the manifest, then moves everything into place.
   *
   * @return the report
   */
  public static RunReport commit(OutputFolder folder) {
    RunReport report = RunReport.read(StagedFile.read(folder, OutputFolder.REPORT));
    StagedFile.write(
        folder,
        OutputFolder.REPORT_PAGE,
        ReportPage.of(report.root()).getBytes(StandardCharsets.UTF_8));
    List<StagedFile> files = new ArrayList<>();
    for (String name : folder.stagedNames()) {
      files.add(StagedFile.of(folder, name));
    }
    StagedFile.write(folder, OutputFolder.MANIFEST, Manifest.of(files, report));
    folder.commit();
    return report;
  }
}
