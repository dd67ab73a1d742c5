package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.bytedeco.pytorch.InferenceMode;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.tensor.TensorData;

/**
 * Runs one sample after the other through a program, float, prepared or quantized, on the calling
 * thread alone. Any thread may use it, one at a time.
 *
 * <p>A sample leaves nothing behind: constants that the program changes in place are as exported
 * when the next one begins, unless it is for {@linkplain CompiledProgram#training training}.
 */
public final class GraphRunner implements AutoCloseable {
  private final CompiledProgram compiled;
  private final NativeMemory memory = new NativeMemory();
  private final Scratch scratch;
  private final FreshConstants fresh;
  private final List<Frame> frames = new ArrayList<>();
  private final Frame main;
  private final SampleInputs inputs;
  private final List<OutputKind> outputKinds;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean started;
  private volatile boolean closed;

  /** The caller counts itself as a user of {@code compiled}. */
  GraphRunner(CompiledProgram compiled) {
    this.compiled = compiled;
    Program program = compiled.program();
    outputKinds = program.outputKinds();
    try (InferenceMode guard = Libtorch.enter()) {
      scratch = new Scratch(memory);
      fresh = new FreshConstants(compiled, memory);
      Map<String, Home> constants = new HashMap<>(fresh.homes());
      compiled.shared().forEach((name, value) -> constants.put(name, new Home.Shared(value)));
      Workshop workshop =
          new Workshop(
              compiled.operators(),
              scratch,
              memory,
              constants,
              compiled.folded(),
              compiled.observed(),
              compiled.isReplacing(),
              frames);
      main = FrameBuilder.build(workshop, CodePath.MAIN, program.main(), Map.of());
      inputs = new SampleInputs(program.main(), main.inputs());
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  /**
   * A runner with native memory of its own; see {@link CompiledProgram} for several on one model.
   *
   * @throws ModelException if libtorch cannot run an operator of the program
   */
  public static GraphRunner load(Program program) {
    try (CompiledProgram compiled = CompiledProgram.of(program)) {
      return compiled.newRunner();
    }
  }

  /** The same for a program with observation points; see {@link CompiledProgram}. */
  public static GraphRunner load(PreparedProgram program) {
    try (CompiledProgram compiled = CompiledProgram.of(program)) {
      return compiled.newRunner();
    }
  }

  /** The tensors that the program returns for {@code sample}. */
  public List<TensorData> run(List<TensorData> sample) {
    return run(sample, new ForwardListener() {});
  }

  /**
   * Runs one sample.
   *
   * @param sample one tensor per input, in the order of the program's inputs
   * @return the user's outputs, flattened, without those that are no tensors
   * @throws SamplesException if the sample does not fit the program, or an operator fails on it
   */
  public List<TensorData> run(List<TensorData> sample, ForwardListener listener) {
    if (lock.isHeldByCurrentThread() || !lock.tryLock()) {
      throw new IllegalStateException("A runner is used by two threads at once");
    }
    boolean done = false;
    try {
      if (closed) {
        throw new IllegalStateException("The runner is closed");
      }
      List<TensorData> results = runLocked(sample, listener);
      done = true;
      return results;
    } finally {
      if (!done && !closed) {
        frames.forEach(Frame::clear);
      }
      lock.unlock();
    }
  }

  private List<TensorData> runLocked(List<TensorData> sample, ForwardListener listener) {
    try (InferenceMode guard = Libtorch.enter()) {
      inputs.give(sample);
      if (!started || !compiled.isStateful()) {
        fresh.refresh();
        started = true;
      }
      scratch.listen(listener);
      main.run();
      return takeResults();
    } finally {
      scratch.silence();
      scratch.clearStack();
    }
  }

  /**
   * The constants that the program changes in place, as the last sample left them; as exported
   * before the first.
   */
  public Map<String, TensorData> changedConstants() {
    if (!lock.tryLock()) {
      throw new IllegalStateException("A runner is used by two threads at once");
    }
    try (InferenceMode guard = Libtorch.enter()) {
      if (!started) {
        fresh.refresh();
        started = true;
      }
      return fresh.values();
    } finally {
      lock.unlock();
    }
  }

  private List<TensorData> takeResults() {
    List<TensorData> results = new ArrayList<>();
    for (int i = 0; i < outputKinds.size(); i++) {
      Feed output = main.outputs().get(i);
      Operand tensor = output.tensor();
      if (tensor != null) {
        if (outputKinds.get(i).kind().equals(OutputKind.USER_OUTPUT.kind())) {
          results.add(NativeTensors.toData(tensor.pointer()));
        }
        tensor.done(scratch);
      }
    }
    return results;
  }

  /** Number of instructions of the main graph, for each sample. */
  int steps() {
    return main.steps();
  }

  /**
   * Frees the native memory, after the sample that another thread may still be running: a runner of
   * pipelines tears down a failed job while its workers are not done.
   */
  @Override
  public void close() {
    if (lock.isHeldByCurrentThread()) {
      throw new IllegalStateException("A runner is closed by what it shows tensors to");
    }
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        memory.close();
        compiled.release();
      }
    } finally {
      lock.unlock();
    }
  }
}
