package org.calibeam.core.observe;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Observing, merging and encoding. To run it, from the top directory:
 *
 * <pre>
 * mvn -q -pl quantizer-core test-compile dependency:build-classpath \
 *     -Dmdep.outputFile=target/classpath.txt -Dmdep.includeScope=test
 * cd quantizer-core
 * java -cp target/test-classes:target/classes:$(cat target/classpath.txt) \
 *     org.openjdk.jmh.Main StatisticBenchmark
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class StatisticBenchmark {
  @Param({"gauss", "relu"})
  public String data = "";

  @Param({"1000", "100000", "1000000"})
  public int elements;

  private FloatBuffer values = FloatBuffer.allocate(0);
  private StatisticAccumulator accumulator = new StatisticAccumulator();
  private Statistic statistic = Statistic.EMPTY;
  private float min;
  private float max;
  private byte[] bytes = {};

  @Setup
  public void setUp() {
    values = ByteBuffer.allocateDirect(4 * elements).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    Random random = new Random(1);
    for (int i = 0; i < elements; i++) {
      float value = (float) random.nextGaussian();
      values.put(i, data.equals("relu") ? Math.max(0, value) : value);
    }
    accumulator = new StatisticAccumulator();
    observeAndFindExtremes();
    statistic = accumulator.snapshot();
    min = statistic.min();
    max = statistic.max();
    bytes = statistic.toBytes();
  }

  /** One tensor of one sample, its extremes already known. */
  @Benchmark
  public void observe() {
    accumulator.observe(values, min, max);
    accumulator.sampleDone();
  }

  /** The same with the extremes to be found. */
  @Benchmark
  public void observeAndFindExtremes() {
    accumulator.observe(values);
    accumulator.sampleDone();
  }

  @Benchmark
  public Statistic merge() {
    return Statistic.merge(statistic, statistic);
  }

  @Benchmark
  public byte[] encode() {
    return statistic.toBytes();
  }

  @Benchmark
  public Statistic decode() {
    return Statistic.fromBytes(bytes);
  }
}
