package org.calibeam.core.interp;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Program;
import org.calibeam.core.prepare.DecidingComparisons;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/**
 * A program with its constants in native memory, once for any number of {@link #newRunner}s. Safe
 * to use from several threads.
 *
 * <p>The memory is freed when this and all of its runners are closed.
 */
public final class CompiledProgram implements AutoCloseable {
  private final Program program;
  private final Predicate<ObserverId> observed;
  private final boolean replacing;
  private final boolean stateful;
  private final Operators operators = new Operators();
  private final NativeMemory memory = new NativeMemory();
  private final Map<String, IValue> shared = new HashMap<>();
  private final Set<String> changed;
  private final FoldedConstants folded;
  private int users = 1;
  private boolean closed;

  private CompiledProgram(
      Program program, Predicate<ObserverId> observed, boolean replacing, boolean stateful) {
    this.program = program;
    this.observed = observed;
    this.replacing = replacing;
    this.stateful = stateful;
    try (InferenceMode guard = Libtorch.enter()) {
      changed = Mutations.of(program, operators);
      folded = new FoldedConstants(memory, changed);
      Map<Storage, Map<DType, Tensor>> storages = new IdentityHashMap<>();
      for (String name : program.usedConstants()) {
        TensorData data = values(name);
        if (!changed.contains(name)) {
          Tensor base =
              storages
                  .computeIfAbsent(data.storage(), s -> new HashMap<>())
                  .computeIfAbsent(
                      data.dtype(), t -> memory.keep(NativeTensors.copyOf(data.storage(), t)));
          try (Tensor view = NativeTensors.view(base, data)) {
            shared.put(name, memory.keep(new IValue(view)));
          }
        }
      }
    } catch (RuntimeException e) {
      free();
      throw e;
    }
  }

  /**
   * Copies the constants of {@code program} to native memory.
   *
   * @throws ModelException if a constant has no values
   */
  public static CompiledProgram of(Program program) {
    return new CompiledProgram(program, id -> true, false, false);
  }

  /**
   * The same for a program with observation points. A listener hears of those that samples are
   * needed for; weights, for one, are the same every time and are not shown.
   */
  public static CompiledProgram of(PreparedProgram prepared) {
    Map<ObserverId, PreparedObserver> observers = prepared.observers();
    return new CompiledProgram(
        prepared.program(),
        id -> observers.get(id) instanceof PreparedObserver.Activation,
        false,
        false);
  }

  /** The same with what {@link DecidingComparisons} has observed besides. */
  public static CompiledProgram withDecisions(PreparedProgram prepared) {
    Map<ObserverId, PreparedObserver> observers = prepared.observers();
    Set<ObserverId> decisions = DecidingComparisons.observers(prepared.program()).keySet();
    return new CompiledProgram(
        DecidingComparisons.observed(prepared.program()),
        id -> observers.get(id) instanceof PreparedObserver.Activation || decisions.contains(id),
        false,
        false);
  }

  /**
   * A program that goes on with what the listener makes of each observed tensor, weights among
   * them, as fake quantization does.
   */
  public static CompiledProgram replacing(PreparedProgram prepared) {
    return new CompiledProgram(prepared.program(), id -> true, true, false);
  }

  /**
   * The same for a program to train with, see {@link org.calibeam.core.prepare.TrainingProgram}:
   * what a sample changes in place, running means for example, stays changed for the next one of
   * the same runner.
   */
  public static CompiledProgram training(Program program) {
    return new CompiledProgram(program, id -> true, true, true);
  }

  /**
   * A new runner, for use by one thread at a time; the caller closes it.
   *
   * @throws ModelException if libtorch cannot run an operator of the program
   */
  public synchronized GraphRunner newRunner() {
    if (closed) {
      throw new IllegalStateException("The compiled program is closed");
    }
    users++;
    try {
      return new GraphRunner(this);
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  /** The values of the constant called {@code name}. */
  TensorData values(String name) {
    Constant constant = program.constants().get(name);
    if (constant == null || constant.data().isEmpty()) {
      throw new ModelException(
          "Cannot run the model: its constant %s has no values. Export it without custom objects."
              .formatted(name));
    }
    return constant.tensor();
  }

  /** To be used by one runner at a time, while it is built. */
  FoldedConstants folded() {
    return folded;
  }

  /** Whether a listener is to hear of what reaches an observation point. */
  Predicate<ObserverId> observed() {
    return observed;
  }

  /** Whether the listener may replace what it observes. */
  boolean isReplacing() {
    return replacing;
  }

  /** Whether constants that are changed in place keep their values between samples. */
  boolean isStateful() {
    return stateful;
  }

  Program program() {
    return program;
  }

  Operators operators() {
    return operators;
  }

  /** The constants that are the same for every sample, by name. */
  Map<String, IValue> shared() {
    return shared;
  }

  /** Names of the constants, and ids of folded ones, that the program changes in place. */
  Set<String> changed() {
    return changed;
  }

  synchronized void release() {
    if (--users == 0) {
      free();
    }
  }

  private void free() {
    memory.close();
    operators.close();
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      release();
    }
  }
}
