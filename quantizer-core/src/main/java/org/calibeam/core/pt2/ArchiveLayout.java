package org.calibeam.core.pt2;

/** Names of the entries of an archive, below its root folder. */
final class ArchiveLayout {
  static final String WEIGHTS = "data/weights/";
  static final String WEIGHT = "weight_";
  static final String CONSTANTS = "data/constants/";
  static final String TENSOR_CONSTANT = "tensor_";
  static final String MODELS = "models/";
  static final String JSON = ".json";
  static final String SAMPLE_INPUTS = "data/sample_inputs/";
  static final String FORMAT = "archive_format";
  static final String FORMAT_VALUE = "pt2";
  static final String VERSION = "archive_version";
  static final String VERSION_VALUE = "0";
  static final String ZIP_VERSION = ".data/version";
  static final String ZIP_VERSION_VALUE = "6\n";
  static final String BYTE_ORDER = "byteorder";
  static final String BYTE_ORDER_VALUE = "little";
  static final String SERIALIZATION_ID = ".data/serialization_id";

  /** The name under which {@code torch.export.load} looks for the program. */
  static final String MODEL = "model";

  /** The major version of the schema that this package knows. */
  static final long SCHEMA_MAJOR = 8;

  private ArchiveLayout() {}

  static String weightsConfig(String model) {
    return WEIGHTS + model + "_weights_config.json";
  }

  static String constantsConfig(String model) {
    return CONSTANTS + model + "_constants_config.json";
  }

  static String program(String model) {
    return MODELS + model + JSON;
  }

  static String sampleInputs(String model) {
    return SAMPLE_INPUTS + model + ".pt";
  }
}
