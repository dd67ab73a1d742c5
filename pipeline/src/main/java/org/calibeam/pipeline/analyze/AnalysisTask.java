package org.calibeam.pipeline.analyze;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.Hashes;
import org.calibeam.pipeline.observe.ModelFile;

/**
 * What is analyzed, in a form that travels.
 *
 * @param calibrate samples that choose the ranges of each candidate
 * @param measure samples that tell how good it is
 */
record AnalysisTask(ModelFile model, List<Shard> calibrate, List<Shard> measure)
    implements Serializable {
  AnalysisTask {
    calibrate = List.copyOf(calibrate);
    measure = List.copyOf(measure);
  }

  /** All that decides how a candidate does, but for its configuration: hashes of contents. */
  String content() {
    List<String> lines = new ArrayList<>();
    lines.add("1 " + model.sha256());
    calibrate.forEach(shard -> lines.add("calibrate " + content(shard)));
    measure.forEach(shard -> lines.add("measure " + content(shard)));
    return String.join("\n", lines);
  }

  private static String content(Shard shard) {
    return Hashes.of(shard) + shard.reading().preprocessing("");
  }
}
