package org.calibeam.core.interp;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorImpl;
import org.bytedeco.pytorch.global.torch;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.jspecify.annotations.Nullable;

/** The tensor being observed; one instance per runner shows one tensor after the other. */
final class NativeObservedTensor implements ObservedTensor {
  private static final long[] SCALAR = {};

  private final OperatorHandle aminmax;
  private final IValueVector template;
  private final IValueVector stack;
  private final FloatPointer minimum;
  private final FloatPointer maximum;

  private @Nullable IValue value;
  private @Nullable TensorImpl impl;
  private @Nullable Tensor copy;
  private long elements;
  private boolean copyDecided;
  private boolean rangeKnown;
  private boolean isConstant;

  NativeObservedTensor(NativeMemory memory) {
    aminmax = memory.keep(Dispatcher.singleton().findSchemaOrThrow("aten::aminmax", "out"));
    Tensor min = memory.keep(NativeTensors.empty(DType.FLOAT32, SCALAR));
    Tensor max = memory.keep(NativeTensors.empty(DType.FLOAT32, SCALAR));
    minimum = min.data_ptr_float();
    maximum = max.data_ptr_float();
    // self, dim, keepdim, min, max
    template = memory.keep(new IValueVector(5));
    try (IValue keepDim = new IValue(false);
        IValue minValue = new IValue(min);
        IValue maxValue = new IValue(max)) {
      template.put(2L, keepDim);
      template.put(3L, minValue);
      template.put(4L, maxValue);
    }
    stack = memory.keep(new IValueVector(5));
  }

  /**
   * Shows {@code tensor} from now on.
   *
   * @param constant whether it is a constant of the program
   */
  void attach(IValue tensor, boolean constant) {
    value = tensor;
    isConstant = constant;
    impl = tensor.unsafeToTensorImpl();
    elements = impl.numel();
    copyDecided = false;
    rangeKnown = false;
  }

  void detach() {
    value = null;
    impl = null;
    if (copy != null) {
      copy.close();
      copy = null;
    }
  }

  @Override
  public DType dtype() {
    try (Tensor tensor = value().toTensor()) {
      return ScalarTypes.dtype(tensor.scalar_type());
    }
  }

  @Override
  public long constant() {
    return isConstant ? value().address() : 0;
  }

  @Override
  public long elements() {
    impl();
    return elements;
  }

  @Override
  public long[] sizes() {
    return NativeTensors.array(impl().sizes());
  }

  @Override
  public long[] strides() {
    Tensor dense = copyUnlessDense();
    return NativeTensors.array(dense == null ? impl().strides() : dense.strides());
  }

  @Override
  public FloatBuffer floats() {
    if (elements() > Integer.MAX_VALUE) {
      throw new IllegalStateException(
          "A tensor of %d elements is too large for one buffer".formatted(elements));
    }
    if (elements == 0) {
      return FloatBuffer.allocate(0);
    }
    Tensor dense = copyUnlessDense();
    return NativeTensors.memory(
            dense == null ? impl().data() : dense.data_ptr(), elements * Float.BYTES)
        .asFloatBuffer();
  }

  @Override
  public TensorData toData() {
    return NativeTensors.toData(value());
  }

  @Override
  public float min() {
    if (elements() == 0) {
      return Float.POSITIVE_INFINITY;
    }
    findRange();
    return minimum.get();
  }

  @Override
  public float max() {
    if (elements() == 0) {
      return Float.NEGATIVE_INFINITY;
    }
    findRange();
    return maximum.get();
  }

  private void findRange() {
    if (rangeKnown) {
      return;
    }
    Tensor dense = copyUnlessDense();
    stack.put(template);
    if (dense != null) {
      put(dense);
    } else if (impl().is_contiguous()) {
      stack.put(0L, value());
    } else {
      // Seen as one row, a channels-last tensor is not copied to row-major order first.
      try (Tensor tensor = value().toTensor();
          Tensor row = torch.as_strided(tensor, new long[] {elements()}, new long[] {1})) {
        put(row);
      }
    }
    aminmax.callBoxed(stack);
    rangeKnown = true;
  }

  private void put(Tensor tensor) {
    try (IValue argument = new IValue(tensor)) {
      stack.put(0L, argument);
    }
  }

  /** A contiguous float32 copy, or null if the tensor is dense float32 itself. */
  private @Nullable Tensor copyUnlessDense() {
    if (copyDecided) {
      return copy;
    }
    copyDecided = true;
    if (!(impl().is_non_overlapping_and_dense() && dtype() == DType.FLOAT32)) {
      try (Tensor tensor = value().toTensor();
          Tensor floats = tensor.to(torch.ScalarType.Float)) {
        copy = floats.contiguous();
      }
    }
    return copy;
  }

  private IValue value() {
    if (value == null) {
      throw new IllegalStateException("An observed tensor is used after its call");
    }
    return value;
  }

  private TensorImpl impl() {
    if (impl == null) {
      throw new IllegalStateException("An observed tensor is used after its call");
    }
    return impl;
  }
}
