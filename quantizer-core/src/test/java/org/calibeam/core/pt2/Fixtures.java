package org.calibeam.core.pt2;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** The archives among the test resources. */
public final class Fixtures {
  private Fixtures() {}

  /** The file {@code name} of the test resources, for example {@code small_cnn/model.pt2}. */
  public static Path file(String name) {
    URL url = Fixtures.class.getResource("/fixtures/" + name);
    if (url == null) {
      throw new IllegalArgumentException("No test resource is called fixtures/" + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
