package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.tensor.DType;

/** What a {@code report.json} says was chosen for each tensor. */
public final class ReportedQParams {
  private ReportedQParams() {}

  /** The qparams by observer; what stays in floating point has none. */
  public static SortedMap<ObserverId, QParams> of(JsonNode report) {
    TreeMap<ObserverId, QParams> qparams = new TreeMap<>();
    for (JsonNode tensor : report.path("observers")) {
      if (tensor.has("scale")) {
        qparams.put(
            new ObserverId(
                new CodePath(tensor.path("codePath").asText()), tensor.path("observer").asText()),
            qparams(tensor));
      }
    }
    return qparams;
  }

  private static QParams qparams(JsonNode tensor) {
    int channels = tensor.path("scale").size();
    float[] scales = new float[channels];
    int[] zeroPoints = new int[channels];
    for (int i = 0; i < channels; i++) {
      scales[i] = tensor.path("scale").path(i).floatValue();
      zeroPoints[i] = tensor.path("zeroPoint").path(i).asInt();
    }
    return new QParams(
        scales,
        zeroPoints,
        DType.ofTorchName(tensor.path("dtype").asText()),
        tensor.path("quantMin").asInt(),
        tensor.path("quantMax").asInt(),
        QScheme.valueOf(tensor.path("qscheme").asText().toUpperCase(Locale.ROOT)),
        0);
  }

  /**
   * The share of its width by which either end of a range moved, that of the worst channel;
   * infinite if the integers are others.
   */
  public static double moved(QParams now, QParams then) {
    if (!areAlike(now, then)) {
      return Double.POSITIVE_INFINITY;
    }
    float[] scales = now.scales();
    float[] before = then.scales();
    int[] zeroPoints = now.zeroPoints();
    int[] zeroPointsBefore = then.zeroPoints();
    double most = 0;
    for (int i = 0; i < scales.length; i++) {
      double width = ((double) then.quantMax() - then.quantMin()) * before[i];
      for (int end : new int[] {then.quantMin(), then.quantMax()}) {
        double is = ((double) end - zeroPoints[i]) * scales[i];
        double was = ((double) end - zeroPointsBefore[i]) * before[i];
        most = Math.max(most, Math.abs(is - was) / width);
      }
    }
    return most;
  }

  private static boolean areAlike(QParams a, QParams b) {
    return a.dtype() == b.dtype()
        && a.qscheme() == b.qscheme()
        && a.quantMin() == b.quantMin()
        && a.quantMax() == b.quantMax()
        && a.scales().length == b.scales().length;
  }
}
