package org.calibeam.pipeline.cli;

import org.calibeam.pipeline.publish.OutputFolder;
import picocli.CommandLine.Option;

/** Where the results go. */
final class OutputOptions {
  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description =
          "Folder for the results; manifest.json is written last and marks them finished.")
  private String output = "";

  @Option(names = "--overwrite", description = "Replace the results of a finished run.")
  private boolean overwrite;

  OutputFolder open() {
    return OutputFolder.open(output, overwrite);
  }
}
