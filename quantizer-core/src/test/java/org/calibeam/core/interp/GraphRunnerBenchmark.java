package org.calibeam.core.interp;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.tensor.TensorData;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of a node, and whole forwards. To run it, from the top directory:
 *
 * <pre>
 * mvn -q -pl quantizer-core test-compile dependency:build-classpath \
 *     -Dmdep.outputFile=target/classpath.txt -Dmdep.includeScope=test
 * cd quantizer-core
 * java -cp target/test-classes:target/classes:$(cat target/classpath.txt) \
 *     org.openjdk.jmh.Main GraphRunnerBenchmark.node -prof gc
 * java -Dcalibeam.model=FOLDER -cp … org.openjdk.jmh.Main GraphRunnerBenchmark.forward -prof gc
 * </pre>
 *
 * <p>where FOLDER holds a {@code model.pt2} and its {@code evaluation.npz}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class GraphRunnerBenchmark {
  private static final int NODES = 1000;

  /** A chain of relus on four elements: each is called, and what it read is freed. */
  @State(Scope.Thread)
  public static class Chain {
    private GraphRunner runner;
    private final List<TensorData> sample = List.of(TensorData.ofFloats(new float[4], 4));

    @Setup(Level.Trial)
    public void open() {
      GraphSketch graph = new GraphSketch().input("x0", 4);
      for (int i = 0; i < NODES; i++) {
        graph.call("x" + (i + 1), "aten.relu.default", new long[] {4}, "x" + i);
      }
      runner = GraphRunner.load(graph.program("x" + NODES));
    }

    @TearDown(Level.Trial)
    public void close() {
      runner.close();
    }
  }

  /** The model in the folder named by the system property {@code calibeam.model}. */
  @State(Scope.Thread)
  public static class Model {
    private GraphRunner runner;
    private List<List<TensorData>> samples;
    private int next;

    @Setup(Level.Trial)
    public void open() {
      Path folder = Path.of(System.getProperty("calibeam.model"));
      runner = GraphRunner.load(Pt2Reader.read(folder.resolve("model.pt2")));
      samples = Npz.samples(folder.resolve("evaluation.npz"));
    }

    @TearDown(Level.Trial)
    public void close() {
      runner.close();
    }
  }

  @Benchmark
  @OperationsPerInvocation(NODES)
  public List<TensorData> node(Chain chain) {
    return chain.runner.run(chain.sample);
  }

  @Benchmark
  public List<TensorData> forward(Model model) {
    model.next = (model.next + 1) % model.samples.size();
    return model.runner.run(model.samples.get(model.next));
  }
}
