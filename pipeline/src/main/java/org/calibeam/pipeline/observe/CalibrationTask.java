package org.calibeam.pipeline.observe;

import java.io.Serializable;
import org.calibeam.core.graph.Program;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.core.quantizer.VgfCompileSpec;

/**
 * What is calibrated, in a form that travels: workers prepare the model again, which gives each the
 * same observers.
 *
 * @param configuration the quantizer's steps as canonical JSON
 */
public record CalibrationTask(ModelFile model, String configuration) implements Serializable {

  /**
   * {@code program}, which is the model's, with observation points.
   *
   * @throws org.calibeam.core.qspec.ConfigurationException if the configuration does not fit it
   */
  PreparedProgram prepare(Program program) {
    return QuantizerConfiguration.parse(configuration, "the configuration")
        .quantizer(VgfCompileSpec.DEFAULT)
        .prepare(program);
  }
}
