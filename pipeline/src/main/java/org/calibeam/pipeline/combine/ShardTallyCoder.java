package org.calibeam.pipeline.combine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.BigIntegerCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.pipeline.io.SampleId;

/** Encodes a {@link ShardTally}, code paths in their order; deterministic. */
public final class ShardTallyCoder extends AtomicCoder<ShardTally> {
  private static final long serialVersionUID = 1;
  private static final ShardTallyCoder INSTANCE = new ShardTallyCoder();
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final VarLongCoder NUMBER = VarLongCoder.of();
  private static final BigIntegerCoder HASH = BigIntegerCoder.of();

  private ShardTallyCoder() {}

  public static ShardTallyCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(ShardTally tally, OutputStream out) throws IOException {
    NUMBER.encode(tally.expected(), out);
    NUMBER.encode(tally.observed(), out);
    NUMBER.encode(tally.bad(), out);
    NUMBER.encode(tally.leftOut(), out);
    HASH.encode(tally.content().sum(), out);
    NUMBER.encode((long) tally.kernelLevels().size(), out);
    for (String level : tally.kernelLevels()) {
      TEXT.encode(level, out);
    }
    NUMBER.encode((long) tally.paths().size(), out);
    for (Map.Entry<CodePath, PathTally> path : tally.paths().entrySet()) {
      TEXT.encode(path.getKey().text(), out);
      NUMBER.encode(path.getValue().samples(), out);
      TEXT.encode(path.getValue().first().file(), out);
      NUMBER.encode(path.getValue().first().number(), out);
    }
    NUMBER.encode(tally.state().kept(), out);
    NUMBER.encode(tally.state().run(), out);
    NUMBER.encode(tally.state().unreadable(), out);
  }

  @Override
  public ShardTally decode(InputStream in) throws IOException {
    long expected = NUMBER.decode(in);
    long observed = NUMBER.decode(in);
    long bad = NUMBER.decode(in);
    long leftOut = NUMBER.decode(in);
    BigInteger content = HASH.decode(in);
    TreeSet<String> kernelLevels = new TreeSet<>();
    for (long left = NUMBER.decode(in); left > 0; left--) {
      kernelLevels.add(TEXT.decode(in));
    }
    TreeMap<CodePath, PathTally> paths = new TreeMap<>();
    for (long left = NUMBER.decode(in); left > 0; left--) {
      CodePath path = new CodePath(TEXT.decode(in));
      long samples = NUMBER.decode(in);
      paths.put(path, new PathTally(samples, new SampleId(TEXT.decode(in), NUMBER.decode(in))));
    }
    StateUse state = new StateUse(NUMBER.decode(in), NUMBER.decode(in), NUMBER.decode(in));
    return new ShardTally(
        expected, observed, bad, leftOut, new ContentHash(content), kernelLevels, paths, state);
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
