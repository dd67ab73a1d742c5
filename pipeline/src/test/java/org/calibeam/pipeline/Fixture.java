package org.calibeam.pipeline;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Models and samples that the core's tests use as well. */
public final class Fixture {
  private Fixture() {}

  /** For example {@code early_exit_digits/model.pt2}. */
  public static Path path(String name) {
    URL url = Fixture.class.getResource("/fixtures/" + name);
    if (url == null) {
      throw new IllegalArgumentException("No test resource is called fixtures/" + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(name, e);
    }
  }
}
