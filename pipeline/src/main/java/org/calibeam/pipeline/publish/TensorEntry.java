package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Optional;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.convert.QuantizeConstant;
import org.calibeam.core.observe.Histogram;
import org.calibeam.core.observe.QuantizationError;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.tensor.TensorData;

/** What the report says of one tensor: what was seen, what was chosen, what that costs. */
final class TensorEntry {
  /** Enough to see the shape of a distribution, few enough for thousands of tensors in one file. */
  static final int SHOWN_BINS = 128;

  private final ObjectNode node = JsonNodeFactory.instance.objectNode();

  private TensorEntry() {}

  static ObjectNode of(
      ObserverId id,
      PreparedObserver observer,
      Optional<Statistic> statistic,
      Optional<ConvertedProgram> converted) {
    TensorEntry entry = new TensorEntry();
    entry
        .node
        .put("codePath", id.codePath().text())
        .put("observer", id.name())
        .put("kind", kind(observer));
    statistic.ifPresent(entry::add);
    if (observer instanceof PreparedObserver.Weight weight) {
      entry.add(weight.value());
    }
    if (converted.isPresent()) {
      QParams qparams = converted.get().qparams().get(id);
      if (qparams != null) {
        entry.add(qparams);
        statistic.ifPresent(s -> entry.addCost(s, qparams));
        if (observer instanceof PreparedObserver.Weight weight) {
          entry.addSqnr(QuantizeConstant.sqnr(weight.value(), qparams));
        }
      }
      String note = converted.get().notes().get(id);
      if (note != null) {
        entry.node.put("note", note);
      }
    }
    return entry.node;
  }

  private static String kind(PreparedObserver observer) {
    if (observer instanceof PreparedObserver.Activation) {
      return "activation";
    }
    if (observer instanceof PreparedObserver.Weight) {
      return "weight";
    }
    if (observer instanceof PreparedObserver.Bias) {
      return "bias";
    }
    return observer instanceof PreparedObserver.Dynamic ? "dynamic" : "fixed";
  }

  private void add(Statistic statistic) {
    node.put("samples", statistic.samples())
        .put("elements", statistic.elements())
        .put("zeros", statistic.counts().zeros())
        .put("nans", statistic.counts().nans())
        .put("infinities", statistic.counts().infinities());
    if (statistic.counts().finite() > 0) {
      node.put("min", statistic.min()).put("max", statistic.max());
    }
    if (!statistic.histogram().isEmpty()) {
      add(statistic.histogram());
    }
  }

  /** Neighbouring bins added up until few enough are left to be drawn. */
  private void add(Histogram histogram) {
    // Bin 0 is twice as wide as the others: its values are shown half on either side of zero.
    int zero = -histogram.first();
    int slots = histogram.occupied() + (zero >= 0 && zero < histogram.occupied() ? 1 : 0);
    int together = (slots + SHOWN_BINS - 1) / SHOWN_BINS;
    ObjectNode shown =
        node.putObject("histogram")
            .put("from", histogram.low(0))
            .put("width", histogram.width() * together);
    ArrayNode counts = shown.putArray("counts");
    long sum = 0;
    for (int slot = 0; slot < slots; slot++) {
      sum += inSlot(histogram, slot, zero);
      if ((slot + 1) % together == 0 || slot == slots - 1) {
        counts.add(sum);
        sum = 0;
      }
    }
  }

  private static long inSlot(Histogram histogram, int slot, int zero) {
    boolean splits = zero >= 0 && zero < histogram.occupied();
    if (!splits || slot < zero) {
      return histogram.count(slot);
    }
    long middle = histogram.count(zero);
    if (slot == zero) {
      return middle / 2;
    }
    return slot == zero + 1 ? middle - middle / 2 : histogram.count(slot - 1);
  }

  private void add(TensorData weight) {
    float least = Float.POSITIVE_INFINITY;
    float greatest = Float.NEGATIVE_INFINITY;
    for (float value : weight.toFloats()) {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    node.put("elements", weight.elements());
    if (least <= greatest) {
      node.put("min", least).put("max", greatest);
    }
  }

  private void add(QParams qparams) {
    node.put("dtype", qparams.dtype().torchName())
        .put("qscheme", qparams.qscheme().toString().toLowerCase(Locale.ROOT))
        .put("quantMin", qparams.quantMin())
        .put("quantMax", qparams.quantMax());
    ArrayNode scales = node.putArray("scale");
    for (float scale : qparams.scales()) {
      scales.add(scale);
    }
    ArrayNode zeroPoints = node.putArray("zeroPoint");
    for (int zeroPoint : qparams.zeroPoints()) {
      zeroPoints.add(zeroPoint);
    }
  }

  private void addCost(Statistic statistic, QParams qparams) {
    if (statistic.counts().finite() == 0 || qparams.scales().length != 1) {
      return;
    }
    addSqnr(QuantizationError.sqnr(statistic, qparams));
    node.put("saturated", QuantizationError.saturationRate(statistic, qparams));
  }

  private void addSqnr(double sqnr) {
    if (Double.isFinite(sqnr)) {
      node.put("sqnrDb", sqnr);
    }
  }
}
