package org.calibeam.core.interp;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.calibeam.core.tensor.DType;

/** Element types as libtorch numbers them. */
final class ScalarTypes {
  private static final Map<DType, ScalarType> TORCH = new EnumMap<>(DType.class);
  private static final Map<Byte, DType> DTYPES = new HashMap<>();

  static {
    put(DType.UINT8, ScalarType.Byte);
    put(DType.INT8, ScalarType.Char);
    put(DType.INT16, ScalarType.Short);
    put(DType.INT32, ScalarType.Int);
    put(DType.INT64, ScalarType.Long);
    put(DType.FLOAT16, ScalarType.Half);
    put(DType.FLOAT32, ScalarType.Float);
    put(DType.FLOAT64, ScalarType.Double);
    put(DType.COMPLEX32, ScalarType.ComplexHalf);
    put(DType.COMPLEX64, ScalarType.ComplexFloat);
    put(DType.COMPLEX128, ScalarType.ComplexDouble);
    put(DType.BOOL, ScalarType.Bool);
    put(DType.BFLOAT16, ScalarType.BFloat16);
    put(DType.UINT16, ScalarType.UInt16);
    put(DType.FLOAT8_E4M3FN, ScalarType.Float8_e4m3fn);
    put(DType.FLOAT8_E5M2, ScalarType.Float8_e5m2);
    put(DType.FLOAT8_E4M3FNUZ, ScalarType.Float8_e4m3fnuz);
    put(DType.FLOAT8_E5M2FNUZ, ScalarType.Float8_e5m2fnuz);
    put(DType.FLOAT8_E8M0FNU, ScalarType.Float8_e8m0fnu);
    put(DType.UINT32, ScalarType.UInt32);
    put(DType.UINT64, ScalarType.UInt64);
  }

  private ScalarTypes() {}

  private static void put(DType dtype, ScalarType type) {
    TORCH.put(dtype, type);
    DTYPES.put(type.value, dtype);
  }

  static ScalarType of(DType dtype) {
    ScalarType type = TORCH.get(dtype);
    if (type == null) {
      throw new IllegalStateException("No scalar type stands for " + dtype);
    }
    return type;
  }

  static DType dtype(ScalarType type) {
    DType dtype = DTYPES.get(type.value);
    if (dtype == null) {
      throw new IllegalStateException("No element type stands for libtorch's " + type.value);
    }
    return dtype;
  }
}
