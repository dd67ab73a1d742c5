package org.calibeam.pipeline.cli;

import org.calibeam.pipeline.observe.ModelFile;
import picocli.CommandLine.Option;

/** Which model is quantized, measured or analyzed. */
final class FloatModel {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "M.pt2",
      description = "The float model, as torch.export.save wrote it.")
  private String path = "";

  ModelFile file() {
    return ModelFile.of(path);
  }
}
