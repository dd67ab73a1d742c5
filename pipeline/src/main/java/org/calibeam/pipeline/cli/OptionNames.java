package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.PipelineOptionsRegistrar;

/**
 * Whether Beam knows the options of all libraries by their names.
 *
 * <p>It checks each of them as soon as it is used, a third of a second of a short run. A command
 * without Beam options needs no names; those that the runner asks for by their types are checked
 * then.
 */
final class OptionNames {
  private static final String SERVICE =
      "META-INF/services/" + PipelineOptionsRegistrar.class.getName();

  private static boolean left;

  private OptionNames() {}

  /** Call before the first options are made. */
  static synchronized void need(boolean needed) {
    if (needed && left) {
      PipelineOptionsFactory.resetCache();
      left = false;
    } else if (!needed && !left) {
      leave();
      left = true;
    }
  }

  private static void leave() {
    Thread thread = Thread.currentThread();
    ClassLoader all = thread.getContextClassLoader();
    thread.setContextClassLoader(new WithoutRegistrars(all));
    try {
      PipelineOptionsFactory.getRegisteredOptions();
    } finally {
      thread.setContextClassLoader(all);
    }
  }

  private static final class WithoutRegistrars extends ClassLoader {
    private WithoutRegistrars(ClassLoader parent) {
      super(parent);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return name.equals(SERVICE) ? Collections.emptyEnumeration() : super.getResources(name);
    }
  }
}
