package org.calibeam.pipeline.io;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.Optional;

/**
 * Which samples of a shard are read: all of them, those that are held out to judge a model with, or
 * those left to calibrate it.
 *
 * <p>What a sample holds decides, not where it lies: its hash, read as a fraction of one, is below
 * the share that is held out. So a sample is on the same side in every run and in every file, twins
 * stay together, and nothing that judges has ever calibrated. A sample that cannot be read belongs
 * to both.
 *
 * @param heldOut share of the samples to hold out, in [0, 1)
 */
public record Share(Side side, double heldOut) implements Serializable {
  /** Every sample. */
  public static final Share ALL = new Share(Side.ALL, 0);

  private static final int BITS = 32;
  private static final BigInteger MASK = BigInteger.ONE.shiftLeft(BITS).subtract(BigInteger.ONE);

  /** Which of the two sides is read. */
  public enum Side {
    ALL,
    CALIBRATION,
    HELD_OUT
  }

  public Share {
    if (!(heldOut >= 0 && heldOut < 1)) {
      throw new IllegalArgumentException("A share of %s cannot be held out".formatted(heldOut));
    }
  }

  /** The samples that are left when a share is held out. */
  public static Share toCalibrate(double heldOut) {
    return heldOut == 0 ? ALL : new Share(Side.CALIBRATION, heldOut);
  }

  /** The samples that are held out. */
  public static Share toJudge(double heldOut) {
    return new Share(Side.HELD_OUT, heldOut);
  }

  private long threshold() {
    return Math.round(heldOut * (1L << BITS));
  }

  boolean holds(InputSample sample) {
    if (side == Side.ALL) {
      return true;
    }
    boolean isHeldOut = ContentHash.of(sample).sum().and(MASK).longValueExact() < threshold();
    return isHeldOut == (side == Side.HELD_OUT);
  }

  /** Tells shares apart within a name; empty for all samples. */
  public Optional<String> key() {
    return side == Side.ALL
        ? Optional.empty()
        : Optional.of(
            "%s-%08x".formatted(side == Side.HELD_OUT ? "judge" : "calibrate", threshold()));
  }

  /** {@code visitor} that sees only these samples, and is told of the others. */
  ShardPart.Visitor visiting(ShardPart.Visitor visitor) {
    if (side == Side.ALL) {
      return visitor;
    }
    return new ShardPart.Visitor() {
      @Override
      public void sample(InputSample sample) {
        if (holds(sample)) {
          visitor.sample(sample);
        } else {
          visitor.leftOut(sample.id());
        }
      }

      @Override
      public void unreadable(SampleId id, String reason) {
        visitor.unreadable(id, reason);
      }

      @Override
      public void leftOut(SampleId id) {
        visitor.leftOut(id);
      }
    };
  }
}
