package org.calibeam.pipeline.combine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.OptionalCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.io.BadSampleCoder;

/** Encodes a {@link Finding}: a byte that says which it is, then its fields; deterministic. */
public final class FindingCoder extends AtomicCoder<Finding> {
  private static final long serialVersionUID = 1;
  private static final FindingCoder INSTANCE = new FindingCoder();
  private static final Coder<Optional<Extremes>> EXTREMES = OptionalCoder.of(ExtremesCoder.of());

  private static final int OBSERVED = 0;
  private static final int COUNTED = 1;
  private static final int SET_ASIDE = 2;

  private FindingCoder() {}

  public static FindingCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(Finding finding, OutputStream out) throws IOException {
    if (finding instanceof Finding.Observed observed) {
      out.write(OBSERVED);
      ObserverIdCoder.of().encode(observed.id(), out);
      VarIntCoder.of().encode(observed.group(), out);
      StatisticCoder.of().encode(observed.statistic(), out);
      EXTREMES.encode(observed.extremes(), out);
    } else if (finding instanceof Finding.Counted counted) {
      out.write(COUNTED);
      StringUtf8Coder.of().encode(counted.shard(), out);
      ShardTallyCoder.of().encode(counted.tally(), out);
    } else if (finding instanceof Finding.SetAside setAside) {
      out.write(SET_ASIDE);
      BadSampleCoder.of().encode(setAside.sample(), out);
    }
  }

  @Override
  public Finding decode(InputStream in) throws IOException {
    int kind = in.read();
    switch (kind) {
      case OBSERVED -> {
        ObserverId id = ObserverIdCoder.of().decode(in);
        int group = VarIntCoder.of().decode(in);
        Statistic statistic = StatisticCoder.of().decode(in);
        return new Finding.Observed(id, group, statistic, EXTREMES.decode(in));
      }
      case COUNTED -> {
        String shard = StringUtf8Coder.of().decode(in);
        return new Finding.Counted(shard, ShardTallyCoder.of().decode(in));
      }
      case SET_ASIDE -> {
        return new Finding.SetAside(BadSampleCoder.of().decode(in));
      }
      default -> throw new CoderException("There is no finding of kind " + kind);
    }
  }

  @Override
  public boolean consistentWithEquals() {
    return true;
  }
}
