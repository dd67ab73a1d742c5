package org.calibeam.pipeline.publish;

import org.apache.beam.sdk.transforms.DoFn;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.pipeline.combine.Agreement;

/** Adds how far the models agree to the staged report. Safe to repeat. */
public final class StageAgreementFn extends DoFn<Agreement, String> {
  private static final long serialVersionUID = 1;

  private final OutputFolder folder;

  public StageAgreementFn(OutputFolder folder) {
    this.folder = folder;
  }

  @ProcessElement
  public void process(@Element Agreement agreement, OutputReceiver<String> out) {
    if (agreement.samples() == 0) {
      throw new SamplesException(
          "No samples to evaluate with: the files hold none. Give files with samples.");
    }
    RunReport report = RunReport.read(StagedFile.read(folder, OutputFolder.REPORT));
    report.addAgreement(agreement);
    StagedFile.write(folder, OutputFolder.REPORT, report.toBytes());
    out.output(folder.path());
  }
}
