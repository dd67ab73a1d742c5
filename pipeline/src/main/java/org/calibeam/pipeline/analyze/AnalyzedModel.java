package org.calibeam.pipeline.analyze;

import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.observe.PerProcess;

/** A float model, read once per process and in native memory once. */
final class AnalyzedModel implements AutoCloseable {
  private static final PerProcess<ModelFile, AnalyzedModel> MODELS =
      new PerProcess<>(file -> new AnalyzedModel(file.read()));

  private final Program program;
  private final CompiledProgram compiled;

  private AnalyzedModel(Program program) {
    this.program = program;
    this.compiled = CompiledProgram.of(program);
  }

  /** Each call wants one {@link #release}. */
  static AnalyzedModel acquire(ModelFile file) {
    return MODELS.acquire(file);
  }

  static void release(ModelFile file) {
    MODELS.release(file);
  }

  Program program() {
    return program;
  }

  CompiledProgram compiled() {
    return compiled;
  }

  @Override
  public void close() {
    compiled.close();
  }
}
