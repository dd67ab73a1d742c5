package org.calibeam.core.pt2;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** The archives among the test resources. */
public final class Fixtures {
  private Fixtures() {}

  /** The file {@code name} of the reference's cases, for example {@code small_cnn/model.pt2}. */
  public static Path file(String name) {
    return resource("/fixtures/" + name);
  }

  /** An archive that {@code src/test/python/make_archives.py} made, by its name there. */
  public static Path archive(String name) {
    return resource("/archives/" + name + ".pt2");
  }

  static Path resource(String name) {
    URL url = Fixtures.class.getResource(name);
    if (url == null) {
      throw new IllegalArgumentException("There is no test resource " + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
