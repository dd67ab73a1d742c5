package org.calibeam.pipeline.nightly;

import java.time.LocalDate;
import java.util.List;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.Share;

/**
 * The files of one day.
 *
 * @param shards ordered by path
 */
record Partition(LocalDate day, List<Shard> shards) {
  Partition {
    shards = List.copyOf(shards);
  }

  /** The same files, a share of their samples. */
  List<Shard> shards(Share share) {
    return shards.stream().map(shard -> shard.with(share)).toList();
  }
}
