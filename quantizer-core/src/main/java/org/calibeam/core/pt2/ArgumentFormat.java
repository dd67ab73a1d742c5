package org.calibeam.core.pt2;

import org.calibeam.core.graph.Argument.MemoryFormat;
import org.calibeam.core.graph.Argument.SymKind;

/** Arguments as the archive writes them (the {@code Argument} union of its schema). */
final class ArgumentFormat {
  private ArgumentFormat() {}

  /** The variant of a literal where a symbolic number of {@code kind} is allowed. */
  static String literal(SymKind kind) {
    return switch (kind) {
      case INT -> "as_int";
      case FLOAT -> "as_float";
      case BOOL -> "as_bool";
    };
  }

  static int code(MemoryFormat format) {
    return switch (format) {
      case CONTIGUOUS -> 1;
      case CHANNELS_LAST -> 2;
      case CHANNELS_LAST_3D -> 3;
      case PRESERVE -> 4;
    };
  }
}
