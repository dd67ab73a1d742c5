package org.calibeam.core.interp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/** Copies tensors between the Java heap and libtorch. */
final class NativeTensors {

  private NativeTensors() {}

  /** A contiguous copy of {@code data}. */
  static Tensor copyOf(TensorData data) {
    Tensor tensor = empty(data.dtype(), data.sizes());
    fill(tensor, data.toBytes());
    return tensor;
  }

  /** A one-dimensional copy of {@code storage}, seen as elements of type {@code dtype}. */
  static Tensor copyOf(Storage storage, DType dtype) {
    ByteBuffer bytes = storage.bytes();
    int elements = bytes.remaining() / dtype.bytes();
    bytes.limit(bytes.position() + elements * dtype.bytes());
    Tensor tensor = empty(dtype, elements);
    fill(tensor, bytes);
    return tensor;
  }

  /** {@code data}'s geometry over its storage, of which {@code base} is a copy. */
  static Tensor view(Tensor base, TensorData data) {
    try (LongOptional offset = new LongOptional(data.offset())) {
      return base.as_strided(data.sizes(), data.strides(), offset);
    }
  }

  static Tensor empty(DType dtype, long... sizes) {
    try (TensorOptions options = options(dtype);
        MemoryFormatOptional format = new MemoryFormatOptional()) {
      return torch.empty(sizes, options, format);
    }
  }

  static TensorOptions options(DType dtype) {
    return new TensorOptions(ScalarTypes.of(dtype));
  }

  private static void fill(Tensor tensor, ByteBuffer bytes) {
    if (bytes.hasRemaining()) {
      memory(tensor.data_ptr(), bytes.remaining()).put(bytes);
    }
  }

  /** A contiguous copy of the tensor at {@code value} on the heap. */
  static TensorData toData(IValue value) {
    try (Tensor tensor = value.toTensor();
        Tensor contiguous = tensor.contiguous()) {
      DType dtype = ScalarTypes.dtype(contiguous.scalar_type());
      long bytes = Math.multiplyExact(contiguous.numel(), (long) dtype.bytes());
      ByteBuffer copy = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
      if (bytes > 0) {
        copy.put(memory(contiguous.data_ptr(), bytes)).flip();
      }
      return TensorData.contiguous(dtype, Storage.of(copy), array(contiguous.sizes()));
    }
  }

  static long[] array(LongArrayRef ref) {
    long[] values = new long[Math.toIntExact(ref.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = ref.get(i);
    }
    return values;
  }

  /** The {@code bytes} bytes from {@code start} on, read and written in place. */
  static ByteBuffer memory(Pointer start, long bytes) {
    return new BytePointer(start).capacity(bytes).asByteBuffer().order(ByteOrder.nativeOrder());
  }
}
