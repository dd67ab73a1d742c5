package org.calibeam.pipeline.combine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.CoderException;
import org.calibeam.core.observe.Statistic;

/** Encodes a {@link Statistic} as its canonical bytes: equal statistics have equal bytes. */
public final class StatisticCoder extends AtomicCoder<Statistic> {
  private static final long serialVersionUID = 1;
  private static final StatisticCoder INSTANCE = new StatisticCoder();
  private static final ByteArrayCoder BYTES = ByteArrayCoder.of();

  private StatisticCoder() {}

  public static StatisticCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(Statistic statistic, OutputStream out) throws IOException {
    BYTES.encode(statistic.toBytes(), out);
  }

  @Override
  public Statistic decode(InputStream in) throws IOException {
    try {
      return Statistic.fromBytes(BYTES.decode(in));
    } catch (IllegalArgumentException e) {
      throw new CoderException(e.getMessage(), e);
    }
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
