package org.calibeam.pipeline.io;

import java.util.ArrayList;
import java.util.List;

/** Keeps what a shard gives. */
record SampleCollector(List<InputSample> samples, List<String> unreadable)
    implements ShardPart.Visitor {
  static SampleCollector read(Shard shard) {
    SampleCollector collector = new SampleCollector(new ArrayList<>(), new ArrayList<>());
    shard.parts().forEach(part -> part.read(collector));
    return collector;
  }

  static SampleCollector read(ShardPart part) {
    SampleCollector collector = new SampleCollector(new ArrayList<>(), new ArrayList<>());
    part.read(collector);
    return collector;
  }

  @Override
  public void sample(InputSample sample) {
    samples.add(sample);
  }

  @Override
  public void unreadable(SampleId id, String reason) {
    unreadable.add(id + ": " + reason);
  }
}
