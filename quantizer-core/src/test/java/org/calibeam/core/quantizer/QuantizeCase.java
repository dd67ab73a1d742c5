package org.calibeam.core.quantizer;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.pt2.Pt2Writer;
import org.calibeam.core.split.PathSplitter;
import org.calibeam.core.split.Plan;
import org.calibeam.core.split.PlanFormat;
import org.calibeam.core.tensor.TensorData;

/**
 * Quantizes cases in one process, for comparing archives by hand: each argument is a folder with
 * model.pt2, config.json, calibration.npz and evaluation.npz; the first is where to write.
 */
final class QuantizeCase {
  private QuantizeCase() {}

  public static void main(String[] args) throws Exception {
    Path out = Path.of(args[0]);
    for (String name : List.of(args).subList(1, args.length)) {
      Path folder = Path.of(name);
      try {
        quantize(folder, Files.createDirectories(out.resolve(folder.getFileName())));
      } catch (RuntimeException e) {
        System.out.println(folder.getFileName() + " FAILED " + e);
        if (args.length == 2) {
          e.printStackTrace(System.out);
        }
      }
    }
  }

  private static void quantize(Path folder, Path out) throws Exception {
    Program program = Pt2Reader.read(folder.resolve("model.pt2"));
    VgfQuantizer quantizer =
        (Files.exists(folder.resolve("config.json"))
                ? QuantizerConfiguration.parse(
                    Files.readString(folder.resolve("config.json")), "config.json")
                : QuantizerConfiguration.DEFAULT)
            .quantizer(VgfCompileSpec.DEFAULT);
    if (Boolean.getBoolean("print")) {
      System.out.println(quantizer.prepare(program).program().main());
    }
    long start = System.nanoTime();
    ConvertedProgram converted =
        quantizer.quantizeWithSubmodules(program, Npz.samples(folder.resolve("calibration.npz")));
    long took = System.nanoTime() - start;
    try (OutputStream stream = Files.newOutputStream(out.resolve("model.pt2"))) {
      Pt2Writer.write(converted.program(), stream);
    }
    if (program.graphs().size() > 1) {
      Path paths = Files.createDirectories(out.resolve("paths"));
      Plan plan = PathSplitter.split(converted.program(), new LibtorchEvaluator());
      Files.writeString(paths.resolve("paths.json"), PlanFormat.write(plan));
      for (Map.Entry<String, Program> piece : plan.pieces().entrySet()) {
        try (OutputStream stream =
            Files.newOutputStream(paths.resolve(PlanFormat.archive(piece.getKey())))) {
          Pt2Writer.write(piece.getValue(), stream);
        }
      }
    }
    System.out.printf(
        "%s %.2f dB %.0f ms%n",
        folder.getFileName(),
        sqnr(program, converted.program(), Npz.samples(folder.resolve("evaluation.npz"))),
        took / 1e6);
  }

  /** Of the outputs over {@code samples}, in dB. */
  static double sqnr(Program program, Program quantized, List<List<TensorData>> samples) {
    double signal = 0;
    double noise = 0;
    try (GraphRunner floating = GraphRunner.load(program);
        GraphRunner integer = GraphRunner.load(quantized)) {
      for (List<TensorData> sample : samples) {
        List<TensorData> expected = floating.run(sample);
        List<TensorData> actual = integer.run(sample);
        for (int i = 0; i < expected.size(); i++) {
          float[] e = expected.get(i).toFloats();
          float[] a = actual.get(i).toFloats();
          for (int j = 0; j < e.length; j++) {
            signal += (double) e[j] * e[j];
            noise += ((double) e[j] - a[j]) * ((double) e[j] - a[j]);
          }
        }
      }
    }
    return 10 * Math.log10(signal / noise);
  }
}
