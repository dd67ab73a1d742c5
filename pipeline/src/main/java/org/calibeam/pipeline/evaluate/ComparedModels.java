package org.calibeam.pipeline.evaluate;

import java.util.ArrayList;
import java.util.List;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.observe.PerProcess;

/** A float and a quantized model in native memory, once per process however many threads run. */
final class ComparedModels implements AutoCloseable {
  private static final PerProcess<Pair, ComparedModels> MODELS =
      new PerProcess<>(ComparedModels::new);

  private record Pair(ModelFile model, ModelFile quantized) {}

  private final Pair files;
  private final List<String> outputs;
  private final CompiledProgram expecting;
  private final CompiledProgram judged;
  private final QuantizePoints points;

  private ComparedModels(Pair files) {
    this.files = files;
    Program program = files.model().read();
    Program quantized = files.quantized().read();
    requireAlike(files, program, quantized);
    outputs = outputs(program);
    points = QuantizePoints.of(quantized);
    expecting = CompiledProgram.of(program);
    boolean done = false;
    try {
      judged = CompiledProgram.of(points.program());
      done = true;
    } finally {
      if (!done) {
        expecting.close();
      }
    }
  }

  /**
   * Both models; each call wants one {@link #release}.
   *
   * @throws ModelException if one cannot be read or run, or they have other inputs or outputs
   */
  static ComparedModels acquire(ModelFile model, ModelFile quantized) {
    return MODELS.acquire(new Pair(model, quantized));
  }

  void release() {
    MODELS.release(files);
  }

  private static void requireAlike(Pair files, Program program, Program quantized) {
    int inputs = program.main().placeholders().size();
    int others = quantized.main().placeholders().size();
    int outputs = outputs(program).size();
    int otherOutputs = outputs(quantized).size();
    if (inputs != others || outputs != otherOutputs) {
      throw new ModelException(
          "Cannot compare %s with %s: it has %d inputs and %d outputs, the other %d and %d. Give a quantized model and the float model that it was made of."
              .formatted(
                  files.quantized().path(),
                  files.model().path(),
                  others,
                  otherOutputs,
                  inputs,
                  outputs));
    }
  }

  /** Names of the tensors that a run of {@code program} returns. */
  static List<String> outputs(Program program) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < program.outputKinds().size(); i++) {
      if (program.outputKinds().get(i).kind().equals(OutputKind.USER_OUTPUT.kind())
          && program.main().outputs().get(i) instanceof Argument.Ref ref) {
        names.add(ref.node());
      }
    }
    return names;
  }

  /** Runs both for one thread; the caller closes it before it releases the models. */
  SideBySide newRunner() {
    var first = expecting.newRunner();
    boolean done = false;
    try {
      SideBySide both = new SideBySide(outputs, first, judged.newRunner(), points.ranges());
      done = true;
      return both;
    } finally {
      if (!done) {
        first.close();
      }
    }
  }

  /** Called when the last user has released them. */
  @Override
  public void close() {
    expecting.close();
    judged.close();
  }
}
