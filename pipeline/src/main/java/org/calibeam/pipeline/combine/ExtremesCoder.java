package org.calibeam.pipeline.combine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.BigEndianIntegerCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;

/** Encodes {@link Extremes}, the values by their bits; deterministic. */
public final class ExtremesCoder extends AtomicCoder<Extremes> {
  private static final long serialVersionUID = 1;
  private static final ExtremesCoder INSTANCE = new ExtremesCoder();
  private static final BigEndianIntegerCoder BITS = BigEndianIntegerCoder.of();
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();

  private ExtremesCoder() {}

  public static ExtremesCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(Extremes value, OutputStream out) throws IOException {
    encode(value.least(), out);
    encode(value.greatest(), out);
  }

  private static void encode(Extremes.Owned owned, OutputStream out) throws IOException {
    BITS.encode(Float.floatToIntBits(owned.value()), out);
    TEXT.encode(owned.shard(), out);
  }

  @Override
  public Extremes decode(InputStream in) throws IOException {
    return new Extremes(owned(in), owned(in));
  }

  private static Extremes.Owned owned(InputStream in) throws IOException {
    return new Extremes.Owned(Float.intBitsToFloat(BITS.decode(in)), TEXT.decode(in));
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
