package org.calibeam.core.convert;

import static org.assertj.core.api.Assertions.assertThat;

import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;

class QuantizeConstantTest {

  @Test
  void quantize_perTensor_roundsHalfToEvenAndClamps() {
    QParams q =
        new QParams(
            new float[] {0.5f}, new int[] {3}, DType.INT8, -128, 127, QScheme.PER_TENSOR_AFFINE, 0);
    TensorData data = TensorData.ofFloats(new float[] {0f, 0.25f, 0.75f, -0.25f, 1000f, -1000f}, 6);
    assertThat(QuantizeConstant.quantize(data, q).toLongs()).containsExactly(3, 3, 5, 3, 127, -128);
  }

  @Test
  void quantize_perChannel_usesTheScaleOfTheAxis() {
    QParams q =
        new QParams(
            new float[] {1f, 10f},
            new int[] {0, 0},
            DType.INT8,
            -127,
            127,
            QScheme.PER_CHANNEL_SYMMETRIC,
            1);
    TensorData data = TensorData.ofFloats(new float[] {1, 2, 30, 40, 5, 6, 70, 80}, 2, 2, 2);
    assertThat(QuantizeConstant.quantize(data, q).toLongs())
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void quantize_channelsLast_keepsRowMajorOrder() {
    QParams q =
        new QParams(
            new float[] {1f},
            new int[] {0},
            DType.INT8,
            -127,
            127,
            QScheme.PER_TENSOR_SYMMETRIC,
            0);
    TensorData rows = TensorData.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    TensorData transposed =
        new TensorData(DType.FLOAT32, new long[] {3, 2}, new long[] {1, 3}, 0, rows.storage());
    assertThat(QuantizeConstant.quantize(transposed, q).toLongs())
        .containsExactly(1, 4, 2, 5, 3, 6);
  }
}
