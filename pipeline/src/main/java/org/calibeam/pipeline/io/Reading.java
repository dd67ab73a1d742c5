package org.calibeam.pipeline.io;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a file does not say itself about how it becomes samples.
 *
 * @param columns of Parquet files, one for each argument of the model; empty if not told
 * @param images what is done to images; null if not told
 */
public record Reading(List<Column> columns, @Nullable ImageRecipe images) implements Serializable {
  public static final Reading PLAIN = new Reading(List.of(), null);

  public Reading {
    columns = List.copyOf(columns);
  }

  /**
   * The same with columns as written on the command line: {@code NAME[:DTYPE[:SHAPE]],…}.
   *
   * @throws org.calibeam.core.qspec.ConfigurationException if they are written otherwise
   */
  public Reading withColumns(String written) {
    return new Reading(Column.parse(written), images);
  }

  /**
   * The same with a preprocessing of images.
   *
   * @param name of the file that {@code json} was in, for messages
   * @throws org.calibeam.core.qspec.ConfigurationException if that is not understood
   */
  public Reading withImages(String json, String name) {
    return new Reading(columns, ImageRecipe.parse(json, name));
  }

  /**
   * What was done to samples before they were written, and what is done as they are read.
   *
   * @param preprocessing the former, in the words of who did it; empty if nothing
   */
  public String preprocessing(String preprocessing) {
    String read = description();
    return preprocessing.isEmpty() || read.isEmpty()
        ? preprocessing + read
        : preprocessing + "; " + read;
  }

  /** The same as text, on one line; empty if nothing was told. Other text, other samples. */
  String description() {
    StringBuilder text = new StringBuilder();
    if (!columns.isEmpty()) {
      text.append("columns ")
          .append(String.join(",", columns.stream().map(Column::toString).toList()));
    }
    if (images != null) {
      text.append(text.isEmpty() ? "" : "; ").append("images ").append(images.json());
    }
    return text.toString();
  }
}
