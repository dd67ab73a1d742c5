package org.calibeam.core.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bytedeco.javacpp.Pointer;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;

class GraphRunnerTest {
  private static final TensorData X = TensorData.ofFloats(new float[] {-1, 2, -3, 4}, 4);

  private static GraphSketch x() {
    return new GraphSketch().input("x", 4);
  }

  private static List<float[]> run(Program program, TensorData... sample) {
    try (GraphRunner runner = GraphRunner.load(program)) {
      return runner.run(List.of(sample)).stream().map(TensorData::toFloats).toList();
    }
  }

  @Test
  void run_tensorReadTwiceByItsLastReader_bothReadIt() {
    Program program =
        x().call("y", "aten.relu.default", sizes(4), "x")
            .call("z", "aten.add.Tensor", sizes(4), "y", "y")
            .program("z");
    assertThat(run(program, X)).containsExactly(new float[] {0, 4, 0, 8});
  }

  @Test
  void run_tensorInListAndAloneInItsLastReader_bothAreRead() {
    Program program =
        x().call("i", "aten.argsort.default", DType.INT64, sizes(4), "x")
            .call("z", "aten.index.Tensor", DType.INT64, sizes(4), "i", Argument.refs(List.of("i")))
            .program("z");
    try (GraphRunner runner = GraphRunner.load(program)) {
      // argsort gives 2, 0, 1, 3.
      assertThat(runner.run(List.of(X)).get(0).toLongs()).containsExactly(1, 2, 0, 3);
    }
  }

  @Test
  void run_listHoldsOneTensorTwice_bothElementsAreRead() {
    Program program =
        x().call("y", "aten.neg.default", sizes(4), "x")
            .call("z", "aten.cat.default", sizes(8), Argument.refs(List.of("y", "y")))
            .program("z");
    assertThat(run(program, X)).containsExactly(new float[] {1, -2, 3, -4, 1, -2, 3, -4});
  }

  @Test
  void run_inputAndConstantReturned_areCopied() {
    Program program =
        x().constant("c", Constant.buffer(TensorData.ofFloats(new float[] {5, 6}, 2)))
            .program("x", "c", "x");
    assertThat(run(program, X)).containsExactly(X.toFloats(), new float[] {5, 6}, X.toFloats());
  }

  @Test
  void run_inputChangedInPlace_sampleIsNot() {
    Program program =
        x().call("y", "aten.add_.Scalar", sizes(4), "x", Argument.of(1)).program("y", "x");
    TensorData sample = TensorData.ofFloats(new float[] {1, 2, 3, 4}, 4);
    assertThat(run(program, sample))
        .containsExactly(new float[] {2, 3, 4, 5}, new float[] {2, 3, 4, 5});
    assertThat(sample.toFloats()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void run_constantAliasChangedInPlace_bothNamesChangeAndNextSampleStartsAnew() {
    TensorData whole = TensorData.ofFloats(new float[] {1, 2, 3, 4}, 4);
    TensorData tail =
        new TensorData(DType.FLOAT32, new long[] {2}, new long[] {1}, 2, whole.storage());
    Program program =
        x().constant("tail", Constant.buffer(tail))
            .constant("whole", Constant.buffer(whole))
            .call("y", "aten.mul_.Scalar", sizes(2), "tail", Argument.of(10))
            .call("z", "aten.add.Tensor", sizes(4), "whole", "x")
            .program("z");
    TensorData zeros = TensorData.ofFloats(new float[4], 4);
    try (GraphRunner runner = GraphRunner.load(program)) {
      for (int i = 0; i < 3; i++) {
        assertThat(runner.run(List.of(zeros)).get(0).toFloats()).containsExactly(1, 2, 30, 40);
      }
    }
    assertThat(whole.toFloats()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void run_stridedConstantWithOffset_isReadByItsGeometry() {
    TensorData base = TensorData.ofFloats(new float[] {9, 1, 2, 3, 4, 5, 6}, 7);
    TensorData transposed =
        new TensorData(DType.FLOAT32, new long[] {3, 2}, new long[] {1, 3}, 1, base.storage());
    Program program = x().constant("c", Constant.buffer(transposed)).program("c");
    assertThat(run(program, X)).containsExactly(new float[] {1, 4, 2, 5, 3, 6});
  }

  @Test
  void run_stridedSample_isReadByItsGeometry() {
    TensorData base = TensorData.ofFloats(new float[] {1, 2, 3, 4}, 4);
    TensorData transposed =
        new TensorData(DType.FLOAT32, new long[] {2, 2}, new long[] {1, 2}, 0, base.storage());
    Program program =
        new GraphSketch()
            .input("x", 2, 2)
            .call("y", "aten.mul.Scalar", sizes(2, 2), "x", Argument.of(2))
            .program("y");
    assertThat(run(program, transposed)).containsExactly(new float[] {2, 6, 4, 8});
  }

  @Test
  void run_everyDType_comesBackUnchanged() {
    for (DType dtype : DType.values()) {
      TensorSpec spec = TensorSpec.contiguous(dtype, 1);
      Program program =
          new GraphSketch()
              .add(new Node.Placeholder("x", new Value.Tensor(spec), Map.of()))
              .program("x");
      byte[] bytes = new byte[dtype.bytes()];
      bytes[0] = 1;
      TensorData data = TensorData.contiguous(dtype, Storage.of(ByteBuffer.wrap(bytes)), 1);
      try (GraphRunner runner = GraphRunner.load(program)) {
        assertThat(runner.run(List.of(data))).containsExactly(data);
      }
    }
  }

  @Test
  void run_partsOfTupleNobodyReads_areIgnored() {
    Value part = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 4));
    Program program =
        x().add(
                new Node.Call(
                    "s",
                    "aten.sort.default",
                    List.of(NamedArgument.positional("self", Argument.ref("x"))),
                    new Value.Several(List.of(part, part), false),
                    Map.of()))
            .add(Node.Call.getitem("values", "s", 0, part))
            .program("values");
    assertThat(run(program, X)).containsExactly(new float[] {-3, -1, 2, 4});
  }

  @Test
  void run_sameSampleOnTwoThreadsAndRunners_sameBits() throws InterruptedException {
    Program program =
        new GraphSketch()
            .input("x", 1, 8, 16, 16)
            .weight("w", 8, 8, 3, 3)
            .call("y", "aten.conv2d.default", sizes(1, 8, 14, 14), "x", "w")
            .call("z", "aten.softmax.int", sizes(1, 8, 14, 14), "y", Argument.of(1))
            .program("z");
    float[] values = new float[8 * 16 * 16];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i * 0.37);
    }
    TensorData sample = TensorData.ofFloats(values, 1, 8, 16, 16);
    try (CompiledProgram compiled = CompiledProgram.of(program)) {
      List<TensorData> results = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        Thread thread =
            new Thread(
                () -> {
                  try (GraphRunner runner = compiled.newRunner()) {
                    for (int i = 0; i < 20; i++) {
                      List<TensorData> result = runner.run(List.of(sample));
                      synchronized (results) {
                        results.addAll(result);
                      }
                    }
                  }
                });
        thread.start();
        threads.add(thread);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(results).hasSize(40);
      assertThat(results).allMatch(results.get(0)::equals);
    }
  }

  @Test
  void run_thousandSamples_nativeMemoryStaysBounded() {
    Program program =
        new GraphSketch()
            .input("x", 256, 1024)
            .call("y", "aten.relu.default", sizes(256, 1024), "x")
            .call("z", "aten.add.Tensor", sizes(256, 1024), "y", "x")
            .call("s", "aten.sum.default", sizes(), "z")
            .program("s");
    TensorData sample = TensorData.ofFloats(new float[256 * 1024], 256, 1024);
    try (GraphRunner runner = GraphRunner.load(program)) {
      for (int i = 0; i < 50; i++) {
        runner.run(List.of(sample));
      }
      long before = Pointer.physicalBytes();
      for (int i = 0; i < 1000; i++) {
        runner.run(List.of(sample));
      }
      // One leaked tensor per sample would be 1000 MiB; the heap may still grow by itself.
      assertThat(Pointer.physicalBytes() - before).isLessThan(200L << 20);
    }
  }

  @Test
  void newRunner_afterProgramIsClosed_runnersGoOnAndNoNewOnesAreMade() {
    Program program = x().call("y", "aten.relu.default", sizes(4), "x").program("y");
    CompiledProgram compiled = CompiledProgram.of(program);
    try (GraphRunner runner = compiled.newRunner()) {
      compiled.close();
      assertThat(runner.run(List.of(X)).get(0).toFloats()).containsExactly(0, 2, 0, 4);
      assertThatThrownBy(compiled::newRunner)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("The compiled program is closed");
    }
  }

  @Test
  void cpuCapability_always_isNamed() {
    assertThat(Libtorch.cpuCapability()).isNotBlank();
    assertThat(Libtorch.version()).matches("\\d+\\.\\d+\\.\\d+.*");
  }

  @Test
  void close_whileAnotherThreadRunsASample_waitsForIt() throws Exception {
    GraphRunner runner =
        GraphRunner.load(x().call("y", "aten.relu.default", sizes(4), "x").program("y"));
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    ForwardListener waiting =
        new ForwardListener() {
          @Override
          public void enter(CodePath path) {
            running.countDown();
            try {
              goOn.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<List<TensorData>> result = threads.submit(() -> runner.run(List.of(X), waiting));
      running.await();
      Future<?> closing = threads.submit(runner::close);
      assertThatThrownBy(() -> closing.get(100, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      goOn.countDown();
      assertThat(result.get().get(0).toFloats()).containsExactly(0, 2, 0, 4);
      closing.get();
    } finally {
      threads.shutdownNow();
    }
  }
}
