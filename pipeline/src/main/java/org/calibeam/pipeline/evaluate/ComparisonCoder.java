package org.calibeam.pipeline.evaluate;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.BigIntegerCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.ObserverIdCoder;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.BadSampleCoder;

/** Encodes a {@link Comparison} with its maps in order; deterministic. */
public final class ComparisonCoder extends AtomicCoder<Comparison> {
  private static final long serialVersionUID = 1;
  private static final ComparisonCoder INSTANCE = new ComparisonCoder();
  private static final VarLongCoder NUMBER = VarLongCoder.of();
  private static final VarIntCoder SIZE = VarIntCoder.of();
  private static final BigIntegerCoder SUM = BigIntegerCoder.of();
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final Coder<List<String>> TEXTS = ListCoder.of(TEXT);
  private static final Coder<List<BadSample>> BAD = ListCoder.of(BadSampleCoder.of());

  private ComparisonCoder() {}

  public static ComparisonCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(Comparison value, OutputStream out) throws IOException {
    SIZE.encode(value.files().size(), out);
    for (Map.Entry<String, Long> file : value.files().entrySet()) {
      TEXT.encode(file.getKey(), out);
      NUMBER.encode(file.getValue(), out);
    }
    TEXTS.encode(value.outputs(), out);
    SIZE.encode(value.groups().size(), out);
    for (Map.Entry<Group, Tally> group : value.groups().entrySet()) {
      TEXT.encode(group.getKey().path().text(), out);
      SIZE.encode(group.getKey().output(), out);
      encode(group.getValue(), out);
    }
    SIZE.encode(value.tensors().size(), out);
    for (Map.Entry<ObserverId, Saturation> tensor : value.tensors().entrySet()) {
      ObserverIdCoder.of().encode(tensor.getKey(), out);
      Saturation s = tensor.getValue();
      NUMBER.encode(s.elements(), out);
      NUMBER.encode(s.lowest(), out);
      NUMBER.encode(s.highest(), out);
      NUMBER.encode(s.clippedLow(), out);
      NUMBER.encode(s.clippedHigh(), out);
    }
    BAD.encode(value.bad(), out);
  }

  private static void encode(Tally tally, OutputStream out) throws IOException {
    for (Tally.Count count : Tally.Count.values()) {
      NUMBER.encode(tally.count(count), out);
    }
    for (Tally.Sum sum : Tally.Sum.values()) {
      SUM.encode(tally.sum(sum).units(), out);
    }
  }

  @Override
  public Comparison decode(InputStream in) throws IOException {
    TreeMap<String, Long> files = new TreeMap<>();
    for (int i = SIZE.decode(in); i > 0; i--) {
      files.put(TEXT.decode(in), NUMBER.decode(in));
    }
    List<String> outputs = TEXTS.decode(in);
    TreeMap<Group, Tally> groups = new TreeMap<>();
    for (int i = SIZE.decode(in); i > 0; i--) {
      groups.put(new Group(new CodePath(TEXT.decode(in)), SIZE.decode(in)), tally(in));
    }
    TreeMap<ObserverId, Saturation> tensors = new TreeMap<>();
    for (int i = SIZE.decode(in); i > 0; i--) {
      tensors.put(
          ObserverIdCoder.of().decode(in),
          new Saturation(
              NUMBER.decode(in),
              NUMBER.decode(in),
              NUMBER.decode(in),
              NUMBER.decode(in),
              NUMBER.decode(in)));
    }
    return new Comparison(files, outputs, groups, tensors, BAD.decode(in));
  }

  private static Tally tally(InputStream in) throws IOException {
    long[] counts = new long[Tally.COUNTS];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = NUMBER.decode(in);
    }
    BigInteger[] sums = new BigInteger[Tally.SUMS];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = SUM.decode(in);
    }
    return new Tally(counts, sums);
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
