package org.calibeam.pipeline.combine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.prepare.ObserverId;

/** Encodes an {@link ObserverId} as its two texts; deterministic, so it may be a key. */
public final class ObserverIdCoder extends AtomicCoder<ObserverId> {
  private static final long serialVersionUID = 1;
  private static final ObserverIdCoder INSTANCE = new ObserverIdCoder();
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();

  private ObserverIdCoder() {}

  public static ObserverIdCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(ObserverId id, OutputStream out) throws IOException {
    TEXT.encode(id.codePath().text(), out);
    TEXT.encode(id.name(), out);
  }

  @Override
  public ObserverId decode(InputStream in) throws IOException {
    return new ObserverId(new CodePath(TEXT.decode(in)), TEXT.decode(in));
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
