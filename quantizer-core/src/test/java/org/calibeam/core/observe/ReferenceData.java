package org.calibeam.core.observe;

import static org.calibeam.core.observe.CalibratorTest.INT16;
import static org.calibeam.core.observe.CalibratorTest.INT8;
import static org.calibeam.core.observe.CalibratorTest.PER_CHANNEL;
import static org.calibeam.core.observe.CalibratorTest.UINT8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.zip.CRC32;
import org.calibeam.core.qspec.ObserverKind;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.DType;

/** The data and the specs of {@code make_observer_goldens.py}, and the file that it made. */
final class ReferenceData {
  private ReferenceData() {}

  static JsonNode golden() {
    try (InputStream in = ReferenceData.class.getResourceAsStream("reference-observers.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Observed spec(String name) {
    return switch (name) {
      case "int8" -> INT8;
      case "snorm" -> INT8.withRange(-127, 127);
      case "uint8" -> UINT8;
      case "int16" -> INT16;
      case "symmetric8" -> symmetric(-127, 127);
      case "weight4" -> symmetric(-7, 7);
      case "weight8" -> PER_CHANNEL;
      default -> throw new IllegalArgumentException(name);
    };
  }

  static Observed symmetric(int min, int max) {
    return new Observed(
        DType.INT8,
        min,
        max,
        QScheme.PER_TENSOR_SYMMETRIC,
        0,
        false,
        ObserverKind.MIN_MAX,
        0x1p-16,
        0.01);
  }

  /** {@code batch} is {@code [kind, seed, n, scale]}. */
  static float[] batch(JsonNode batch) {
    return batch(
        batch.get(0).asText(),
        batch.get(1).asLong(),
        batch.get(2).asInt(),
        batch.get(3).asDouble());
  }

  static float[] batch(String kind, long seed, int n, double scale) {
    float[] values = new float[n];
    int state = (int) seed;
    double[] u = new double[5];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < u.length; j++) {
        state = state * 1664525 + 1013904223;
        u[j] = (state >>> 8) / 16777216.0;
      }
      values[i] = kind.equals("constant") ? (float) scale : (float) (value(kind, u) * scale);
    }
    return values;
  }

  private static double value(String kind, double[] u) {
    double centred = u[0] * 2 - 1;
    double sum = u[0] + u[1] + u[2] + u[3] - 2;
    return switch (kind) {
      case "uniform" -> centred;
      case "positive" -> u[0] + 0.5;
      case "cubed" -> centred * centred * centred;
      case "gauss" -> sum;
      case "relu" -> Math.max(sum, 0.0);
      case "heavy" -> sum / (u[4] + 0.01);
      case "outliers" -> u[4] < 0.001 ? sum * 40 : sum;
      default -> throw new IllegalArgumentException(kind);
    };
  }

  static long crc(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }
}
