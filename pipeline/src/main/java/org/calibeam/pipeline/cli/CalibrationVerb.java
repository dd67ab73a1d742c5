package org.calibeam.pipeline.cli;

import picocli.CommandLine.Option;

/** A verb that runs samples, and tells how far it is while it does. */
abstract class CalibrationVerb extends BeamVerb {
  @Option(
      names = "--json",
      description =
          "Print progress (each second, to standard error) and summary as lines of JSON, for machines.")
  private boolean json;

  @Override
  final Terminal terminal() {
    return json ? super.terminal().forMachines() : super.terminal();
  }
}
