package org.calibeam.pipeline.io;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * A column of a table whose every row is one tensor: a number, a list of numbers however deep, or
 * bytes.
 *
 * @param name of the column; of one within a struct, with dots
 * @param dtype of the tensor; null if the column's own, which bytes do not have
 * @param shape null for a list as long as it is
 */
public record Column(String name, @Nullable DType dtype, @Nullable List<Long> shape)
    implements Serializable {
  private static final Pattern WRITTEN =
      Pattern.compile("([^:,]+)(?::([a-z0-9_]+)(?::(\\d{1,9}(?:x\\d{1,9})*)?)?)?");

  public Column {
    shape = shape == null ? null : List.copyOf(shape);
  }

  /**
   * Reads {@code NAME[:DTYPE[:SHAPE]],…}, for example {@code image:float32:3x224x224,mask}; {@code
   * NAME:DTYPE:} has the shape of a number.
   *
   * @throws ConfigurationException if it is written otherwise
   */
  static List<Column> parse(String columns) {
    List<Column> parsed = new ArrayList<>();
    for (String written : columns.split(",", -1)) {
      Matcher matcher = WRITTEN.matcher(written.strip());
      if (!matcher.matches()) {
        throw new ConfigurationException(
            "--columns has '%s'. Write NAME, NAME:DTYPE or NAME:DTYPE:SHAPE, for example image:float32:3x224x224."
                .formatted(written));
      }
      parsed.add(new Column(matcher.group(1), dtype(matcher.group(2)), shape(written, matcher)));
    }
    return parsed;
  }

  private static @Nullable DType dtype(@Nullable String name) {
    if (name == null) {
      return null;
    }
    try {
      return DType.ofTorchName(name);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "--columns has the type '%s'. Name it as PyTorch does: float32, int64, uint8, bool."
              .formatted(name),
          e);
    }
  }

  private static @Nullable List<Long> shape(String written, Matcher matcher) {
    String shape = matcher.group(3);
    if (shape == null) {
      return written.strip().endsWith(":") ? List.of() : null;
    }
    List<Long> extents = new ArrayList<>();
    for (String extent : shape.split("x", -1)) {
      extents.add(Long.parseLong(extent));
    }
    return extents;
  }

  /** What {@link #parse} read. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(name);
    if (dtype != null) {
      text.append(':').append(dtype.torchName());
      if (shape != null) {
        text.append(':').append(String.join("x", shape.stream().map(String::valueOf).toList()));
      }
    }
    return text.toString();
  }
}
