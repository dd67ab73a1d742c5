package org.calibeam.core.quantizer;

import java.nio.file.Path;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.pt2.Pt2Reader;

/** The models of the conformance check that have control flow of many forms. */
public final class ConditionalModels {
  private ConditionalModels() {}

  /** Holds model.pt2, calibration.npz and evaluation.npz. */
  public static Path folder(String name) {
    return Path.of("..", "deploy", "conformance", "cases", "paths", name);
  }

  static ConvertedProgram quantized(String name) {
    return QuantizerConfiguration.DEFAULT
        .quantizer(VgfCompileSpec.DEFAULT)
        .quantizeWithSubmodules(
            Pt2Reader.read(folder(name).resolve("model.pt2")),
            Npz.samples(folder(name).resolve("calibration.npz")),
            ConvertOptions.DEFAULT);
  }
}
