package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;

class ContentHashTest {
  private static final InputSample A = sample("a", TensorData.ofFloats(new float[] {1, 2}, 2));
  private static final InputSample B = sample("b", TensorData.ofFloats(new float[] {3, 4}, 2));

  @Test
  void plus_anyOrder_isTheSame() {
    ContentHash ab = ContentHash.of(A).plus(ContentHash.of(B));

    assertThat(ContentHash.of(B).plus(ContentHash.of(A))).isEqualTo(ab);
    assertThat(ab.plus(ContentHash.EMPTY)).isEqualTo(ab);
  }

  @Test
  void plus_sampleTwice_differsFromOnce() {
    ContentHash once = ContentHash.of(A);

    assertThat(once.plus(once)).isNotEqualTo(once).isNotEqualTo(ContentHash.EMPTY);
  }

  @Test
  void of_sameBytesUnderOtherName_isTheSame() {
    assertThat(ContentHash.of(sample("c", A.inputs().get(0)))).isEqualTo(ContentHash.of(A));
  }

  @Test
  void of_sameBytesInOtherShapeOrType_differs() {
    TensorData flat = TensorData.ofFloats(new float[] {1, 2}, 1, 2);
    TensorData ints = TensorData.contiguous(DType.INT32, A.inputs().get(0).storage(), 2);

    assertThat(ContentHash.of(sample("a", flat))).isNotEqualTo(ContentHash.of(A));
    assertThat(ContentHash.of(sample("a", ints))).isNotEqualTo(ContentHash.of(A));
  }

  @Test
  void hex_decoded_isTheSame() {
    ContentHash small = new ContentHash(java.math.BigInteger.valueOf(255));

    assertThat(small.hex()).hasSize(64).endsWith("00ff");
    assertThat(ContentHash.ofHex(small.hex())).isEqualTo(small);
    assertThat(ContentHash.ofHex(ContentHash.of(A).hex())).isEqualTo(ContentHash.of(A));
  }

  private static InputSample sample(String file, TensorData tensor) {
    return new InputSample(new SampleId(file, 0), List.of(tensor));
  }
}
