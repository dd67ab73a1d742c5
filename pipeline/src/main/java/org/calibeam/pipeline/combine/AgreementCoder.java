package org.calibeam.pipeline.combine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.BigDecimalCoder;
import org.apache.beam.sdk.coders.VarLongCoder;

/** Encodes an {@link Agreement}; deterministic. */
public final class AgreementCoder extends AtomicCoder<Agreement> {
  private static final long serialVersionUID = 1;
  private static final AgreementCoder INSTANCE = new AgreementCoder();
  private static final VarLongCoder NUMBER = VarLongCoder.of();
  private static final BigDecimalCoder SUM = BigDecimalCoder.of();

  private AgreementCoder() {}

  public static AgreementCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(Agreement value, OutputStream out) throws IOException {
    NUMBER.encode(value.samples(), out);
    SUM.encode(value.signal(), out);
    SUM.encode(value.noise(), out);
    NUMBER.encode(value.decisions(), out);
    NUMBER.encode(value.agreed(), out);
    NUMBER.encode(value.flipped(), out);
  }

  @Override
  public Agreement decode(InputStream in) throws IOException {
    return new Agreement(
        NUMBER.decode(in),
        SUM.decode(in),
        SUM.decode(in),
        NUMBER.decode(in),
        NUMBER.decode(in),
        NUMBER.decode(in));
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
