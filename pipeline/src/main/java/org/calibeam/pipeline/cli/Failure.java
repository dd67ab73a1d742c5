package org.calibeam.pipeline.cli;

import java.io.PrintWriter;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Turns what was thrown into one line on the terminal. */
final class Failure {
  /** How Beam says that none of its modules on the class path, as configured, takes a path. */
  private static final Pattern NO_FILE_SYSTEM =
      Pattern.compile("No filesystem found for scheme ([-a-zA-Z0-9+.]+)");

  private Failure() {}

  static int report(Exception thrown, CommandLine line, PrintWriter err) {
    Throwable known = known(thrown);
    Matcher scheme = NO_FILE_SYSTEM.matcher(String.valueOf(root(thrown).getMessage()));
    if (known != null) {
      err.println("error: " + oneLine(String.valueOf(known.getMessage())));
    } else if (scheme.find()) {
      err.println(
          "error: Cannot open paths that begin with %s:// because no file system is set up for them. There are s3, gs and hdfs; hdfs needs HADOOP_CONF_DIR, or --hdfsConfiguration behind --."
              .formatted(scheme.group(1)));
    } else {
      err.println(
          "error: Calibeam failed unexpectedly (%s). This is a bug; run again with --debug and report what it prints."
              .formatted(oneLine(String.valueOf(root(thrown)))));
    }
    if (line.getParseResult().hasMatchedOption("--debug")) {
      thrown.printStackTrace(err);
    }
    return Main.FAILED;
  }

  /** The exception that says who must act, which Beam has wrapped several times. */
  private static @Nullable Throwable known(Throwable thrown) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable t = thrown; t != null && seen.add(t); t = t.getCause()) {
      if (t instanceof ModelException
          || t instanceof SamplesException
          || t instanceof ConfigurationException) {
        return t;
      }
    }
    return null;
  }

  private static Throwable root(Throwable thrown) {
    Throwable root = thrown;
    for (int i = 0; i < 100; i++) {
      Throwable cause = root.getCause();
      if (cause == null || cause == root) {
        break;
      }
      root = cause;
    }
    return root;
  }

  static String oneLine(String text) {
    // What a file holds may be quoted: nothing in it is to reach the terminal as an order.
    return text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}+", "\uFFFD");
  }
}
