package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipFile;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzWriterTest {
  private static final TensorData FLOATS =
      TensorData.ofFloats(new float[] {1, -2, 3.5f, 0, 5, 6}, 3, 2);
  private static final TensorData NUMBER = TensorData.ofLongs(DType.INT64, new long[] {-7});
  private static final TensorData FLAGS = TensorData.ofLongs(DType.BOOL, new long[] {1, 0, 1}, 3);
  private static final TensorData EMPTY = TensorData.ofFloats(new float[0], 0, 4);

  @TempDir private Path folder;

  @Test
  void write_severalTypesAndShapes_areReadBackEqual() throws IOException {
    Path file = folder.resolve("arrays.npz");
    Files.write(file, written(FLOATS, NUMBER, FLAGS, EMPTY));

    SampleCollector read = SampleCollector.read(new Shard(file.toString(), Files.size(file)));

    assertThat(read.unreadable()).isEmpty();
    assertThat(read.samples()).hasSize(1);
    assertThat(read.samples().get(0).inputs()).isEqualTo(List.of(FLOATS, NUMBER, FLAGS, EMPTY));
  }

  @Test
  void write_transposedTensor_writesRowMajorOrder() throws IOException {
    TensorData transposed =
        new TensorData(DType.FLOAT32, new long[] {2, 3}, new long[] {1, 2}, 0, FLOATS.storage());
    Path file = folder.resolve("arrays.npz");
    Files.write(file, written(transposed));

    SampleCollector read = SampleCollector.read(new Shard(file.toString(), Files.size(file)));

    assertThat(read.samples().get(0).inputs().get(0).toFloats())
        .containsExactly(1, 3.5f, 5, -2, 0, 6);
  }

  @Test
  void write_anyArray_beginsItsElementsWhereNumpyWantsThem() throws IOException {
    Path file = folder.resolve("arrays.npz");
    Files.write(file, written(FLOATS));

    try (ZipFile zip = new ZipFile(file.toFile())) {
      byte[] array = zip.getInputStream(zip.getEntry("00000.0.npy")).readAllBytes();
      int elements = array.length - 6 * 4;
      assertThat(elements % 64).isZero();
      assertThat(array[elements - 1]).isEqualTo((byte) '\n');
      assertThat(new String(array, 10, elements - 10, StandardCharsets.ISO_8859_1).strip())
          .isEqualTo("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2,), }");
    }
  }

  @Test
  void write_twice_givesTheSameBytes() throws IOException {
    assertThat(written(FLOATS, NUMBER)).isEqualTo(written(FLOATS, NUMBER));
  }

  @Test
  void write_typeThatNumpyLacks_isRefused() {
    TensorData tensor =
        TensorData.contiguous(DType.BFLOAT16, Storage.of(ByteBuffer.allocate(4)), 2);

    assertThatThrownBy(() -> written(tensor))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("NumPy has no bfloat16");
  }

  private static byte[] written(TensorData... tensors) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (NpzWriter writer = new NpzWriter(bytes)) {
      for (int i = 0; i < tensors.length; i++) {
        writer.write("00000." + i, tensors[i]);
      }
    }
    return bytes.toByteArray();
  }
}
