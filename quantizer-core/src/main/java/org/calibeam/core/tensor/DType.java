package org.calibeam.core.tensor;

/** Element type of a tensor, named as PyTorch names it. */
public enum DType {
  UINT8("uint8", 1, Kind.INTEGER),
  INT8("int8", 1, Kind.INTEGER),
  INT16("int16", 2, Kind.INTEGER),
  INT32("int32", 4, Kind.INTEGER),
  INT64("int64", 8, Kind.INTEGER),
  FLOAT16("float16", 2, Kind.FLOATING),
  FLOAT32("float32", 4, Kind.FLOATING),
  FLOAT64("float64", 8, Kind.FLOATING),
  COMPLEX32("complex32", 4, Kind.COMPLEX),
  COMPLEX64("complex64", 8, Kind.COMPLEX),
  COMPLEX128("complex128", 16, Kind.COMPLEX),
  BOOL("bool", 1, Kind.BOOL),
  BFLOAT16("bfloat16", 2, Kind.FLOATING),
  UINT16("uint16", 2, Kind.INTEGER),
  FLOAT8_E4M3FN("float8_e4m3fn", 1, Kind.FLOATING),
  FLOAT8_E5M2("float8_e5m2", 1, Kind.FLOATING),
  FLOAT8_E4M3FNUZ("float8_e4m3fnuz", 1, Kind.FLOATING),
  FLOAT8_E5M2FNUZ("float8_e5m2fnuz", 1, Kind.FLOATING),
  FLOAT8_E8M0FNU("float8_e8m0fnu", 1, Kind.FLOATING),
  UINT32("uint32", 4, Kind.INTEGER),
  UINT64("uint64", 8, Kind.INTEGER);

  private enum Kind {
    INTEGER,
    FLOATING,
    COMPLEX,
    BOOL
  }

  private final String torchName;
  private final int bytes;
  private final Kind kind;

  DType(String torchName, int bytes, Kind kind) {
    this.torchName = torchName;
    this.bytes = bytes;
    this.kind = kind;
  }

  /** The name without its {@code torch.} prefix, for example {@code float32}. */
  public String torchName() {
    return torchName;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether this is one of the real floating-point types. */
  public boolean isFloatingPoint() {
    return kind == Kind.FLOATING;
  }

  /** Whether this is a signed or unsigned integer type; {@code bool} is not. */
  public boolean isInteger() {
    return kind == Kind.INTEGER;
  }

  /**
   * The type that PyTorch calls {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static DType ofTorchName(String name) {
    for (DType type : values()) {
      if (type.torchName.equals(name)) {
        return type;
      }
    }
    throw new IllegalArgumentException("No element type is called " + name);
  }

  @Override
  public String toString() {
    return torchName;
  }
}
