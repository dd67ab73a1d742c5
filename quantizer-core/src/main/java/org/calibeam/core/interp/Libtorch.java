package org.calibeam.core.interp;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.global.torch;

/** The process's libtorch: its settings, and what identifies its arithmetic. */
public final class Libtorch {
  private static final Pattern VERSION = Pattern.compile("TORCH_VERSION=([^,\\s]+)");
  private static final String MAX_PHYSICAL_BYTES = "org.bytedeco.javacpp.maxPhysicalBytes";

  /** Threads on which operators already run single-threaded. */
  private static final ThreadLocal<Boolean> PREPARED = ThreadLocal.withInitial(() -> false);

  static {
    // JavaCPP refuses to allocate once the process is larger than twice the Java heap; models and
    // their activations may well be, and their memory is freed by hand here, not by the collector.
    if (System.getProperty(MAX_PHYSICAL_BYTES) == null) {
      System.setProperty(MAX_PHYSICAL_BYTES, "0");
    }
  }

  private Libtorch() {}

  /**
   * Begins to load libtorch, several hundred megabytes, on a thread of its own and returns at once;
   * whoever needs it first waits for the rest. A failure is reported there, not here.
   */
  public static void preload() {
    Thread loader = new Thread(() -> enter().close(), "libtorch-preload");
    loader.setDaemon(true);
    loader.setUncaughtExceptionHandler((thread, failure) -> {});
    loader.start();
  }

  /**
   * The vector instructions that libtorch's kernels use here, for example {@code AVX512}. Two
   * machines that differ in it may differ in the low bits of a forward. The environment variable
   * {@code ATEN_CPU_CAPABILITY} lowers it.
   */
  public static String cpuCapability() {
    return torch.get_cpu_capability().getString();
  }

  /** The version of libtorch, for example {@code 2.10.0}. */
  public static String version() {
    String config = torch.show_config().getString();
    Matcher version = VERSION.matcher(config);
    if (!version.find()) {
      throw new IllegalStateException("libtorch does not say its version: " + config);
    }
    return version.group(1);
  }

  /**
   * Makes the calling thread ready for one forward: operators run on it alone, and nothing is
   * recorded for differentiation until the returned guard is closed on the same thread.
   */
  static InferenceMode enter() {
    if (!PREPARED.get()) {
      // Both per thread (OpenMP) and for the process.
      torch.set_num_threads(1);
      // OpenBLAS has threads of its own, which would spin between the matrix products.
      openblas_nolapack.blas_set_num_threads(1);
      PREPARED.set(true);
    }
    return new InferenceMode(true);
  }
}
