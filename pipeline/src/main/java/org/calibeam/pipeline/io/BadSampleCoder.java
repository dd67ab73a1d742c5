package org.calibeam.pipeline.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;

/** Encodes a {@link BadSample} field by field. */
public final class BadSampleCoder extends AtomicCoder<BadSample> {
  private static final long serialVersionUID = 1;
  private static final BadSampleCoder INSTANCE = new BadSampleCoder();
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();

  private BadSampleCoder() {}

  public static BadSampleCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(BadSample bad, OutputStream out) throws IOException {
    TEXT.encode(bad.id().file(), out);
    VarLongCoder.of().encode(bad.id().number(), out);
    TEXT.encode(bad.stage(), out);
    TEXT.encode(bad.reason(), out);
    TEXT.encode(bad.source(), out);
  }

  @Override
  public BadSample decode(InputStream in) throws IOException {
    SampleId id = new SampleId(TEXT.decode(in), VarLongCoder.of().decode(in));
    return new BadSample(id, TEXT.decode(in), TEXT.decode(in), TEXT.decode(in));
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
