package org.calibeam.pipeline.observe;

import java.io.Serializable;
import java.util.List;
import java.util.Set;
import org.calibeam.core.convert.CalibratorChoice;
import org.calibeam.core.graph.Program;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.core.quantizer.Repair;
import org.calibeam.core.quantizer.VgfCompileSpec;
import org.calibeam.pipeline.combine.Fingerprint;
import org.calibeam.pipeline.combine.StatisticsFile;

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
  public PreparedProgram prepare(Program program) {
    PreparedProgram prepared = parsed().quantizer(VgfCompileSpec.DEFAULT).prepare(program);
    calibrators().forEach(choice -> choice.requireFound(prepared));
    return prepared;
  }

  /** Which tensors the configuration gives a calibrator of their own. */
  public List<CalibratorChoice> calibrators() {
    return parsed().calibrators();
  }

  /** What is done to lose less by quantizing. */
  public Set<Repair> repairs() {
    return parsed().repairs();
  }

  /** The same with these repairs and no others. */
  public CalibrationTask withRepairs(Set<Repair> wanted) {
    return new CalibrationTask(model, parsed().withRepairs(wanted).json());
  }

  /**
   * SHA-256, in hex, of what the configuration says about observing; statistics made under the same
   * can be read by any calibrator.
   */
  public String observationHash() {
    return Hashes.of(parsed().observationJson());
  }

  /**
   * What identifies statistics of this task, but for the level of the kernels.
   *
   * @param preprocessing label of what was done to the samples
   */
  public Fingerprint fingerprint(String preprocessing) {
    ModelHashes hashes = ModelHashes.of(model);
    return new Fingerprint(
        StatisticsFile.FORMAT_VERSION,
        hashes.graph(),
        hashes.weights(),
        observationHash(),
        preprocessing,
        "");
  }

  private QuantizerConfiguration parsed() {
    return QuantizerConfiguration.parse(configuration, "the configuration");
  }
}
