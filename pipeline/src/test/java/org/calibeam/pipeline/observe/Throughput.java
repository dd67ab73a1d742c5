package org.calibeam.pipeline.observe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.SampleFiles;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;

/**
 * Milliseconds a sample in a warm process, for {@code deploy/bench}: arguments MODEL CONFIG SAMPLES
 * ROUNDS WORKERS… Prints one line of JSON for each number of workers and each round:
 *
 * <ul>
 *   <li>{@code bare}: only the forward of the float model, samples in memory;
 *   <li>{@code observing}: the same forward with every observer;
 *   <li>{@code pipeline}: the whole calibration as a Beam pipeline, samples read from the file.
 * </ul>
 *
 * Each is the time of a pass over all samples, by all workers together, divided by the samples. The
 * three take turns, so that their ratios survive a machine whose speed changes; a first round that
 * only warms up is not printed.
 */
final class Throughput {
  private final CalibrationTask task;
  private final List<Shard> shards;
  private final List<InputSample> samples;
  private final int rounds;

  private Throughput(CalibrationTask task, List<Shard> shards, int rounds) {
    this.task = task;
    this.shards = shards;
    this.samples = read(shards);
    this.rounds = rounds;
  }

  public static void main(String[] args) throws Exception {
    String configuration = Files.readString(Path.of(args[1]));
    Throughput throughput =
        new Throughput(
            new CalibrationTask(ModelFile.of(args[0]), configuration),
            SampleFiles.match(args[2]),
            Integer.parseInt(args[3]));
    for (int i = 4; i < args.length; i++) {
      throughput.print(Integer.parseInt(args[i]));
    }
  }

  private void print(int workers) throws Exception {
    PreparedModel model = PreparedModel.acquire(task);
    ExecutorService threads = Executors.newFixedThreadPool(workers);
    List<GraphRunner> bare = new ArrayList<>();
    List<PartObserver> observers = new ArrayList<>();
    for (int i = 0; i < workers; i++) {
      bare.add(GraphRunner.load(task.model().read()));
      observers.add(new PartObserver(model.prepared(), model.newRunner()));
    }
    for (int round = 0; round <= rounds; round++) {
      double forward =
          perSample(() -> split(threads, workers, (w, s) -> bare.get(w).run(s.inputs()), w -> {}));
      double observing =
          perSample(
              () ->
                  split(
                      threads,
                      workers,
                      (w, s) -> observers.get(w).observe(s),
                      w -> observers.get(w).take()));
      double pipeline = perSample(() -> runPipeline(workers));
      if (round > 0) {
        System.out.printf(
            Locale.ROOT,
            "{\"workers\": %d, \"bare\": %.4f, \"observing\": %.4f, \"pipeline\": %.4f}%n",
            workers,
            forward,
            observing,
            pipeline);
      }
    }
    bare.forEach(GraphRunner::close);
    observers.forEach(PartObserver::close);
    threads.shutdown();
    model.release();
  }

  private interface Work {
    void on(int worker, InputSample sample);
  }

  private interface End {
    void of(int worker);
  }

  private interface Pass {
    void run() throws Exception;
  }

  private double perSample(Pass pass) throws Exception {
    long start = System.nanoTime();
    pass.run();
    return (System.nanoTime() - start) / 1e6 / samples.size();
  }

  private void split(ExecutorService threads, int workers, Work work, End end)
      throws InterruptedException, ExecutionException {
    List<Callable<Boolean>> shares = new ArrayList<>();
    for (int w = 0; w < workers; w++) {
      int worker = w;
      shares.add(
          () -> {
            for (int i = worker; i < samples.size(); i += workers) {
              work.on(worker, samples.get(i));
            }
            end.of(worker);
            return true;
          });
    }
    for (Future<Boolean> share : threads.invokeAll(shares)) {
      share.get();
    }
  }

  private void runPipeline(int workers) {
    DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);
    options.setTargetParallelism(workers);
    options.setEnforceEncodability(false);
    options.setEnforceImmutability(false);
    Pipeline pipeline = Pipeline.create(options);
    pipeline.apply(Calibration.of(task, shards, 0));
    pipeline.run().waitUntilFinish();
  }

  private static List<InputSample> read(List<Shard> shards) {
    List<InputSample> samples = new ArrayList<>();
    for (Shard shard : shards) {
      for (ShardPart part : shard.parts()) {
        part.read(
            new ShardPart.Visitor() {
              @Override
              public void sample(InputSample sample) {
                samples.add(sample);
              }

              @Override
              public void unreadable(SampleId id, String reason) {
                throw new IllegalArgumentException(id + ": " + reason);
              }
            });
      }
    }
    return samples;
  }
}
