package org.calibeam.pipeline.publish;

import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.PCollection;
import org.calibeam.pipeline.combine.Finding;
import org.calibeam.pipeline.combine.FindingCoder;

/**
 * Gathers what a {@link org.calibeam.pipeline.observe.Calibration} merged, which is small, in one
 * place and stages the files of the run there.
 */
public final class Publish extends PTransform<PCollection<Finding>, PCollection<String>> {
  private static final long serialVersionUID = 1;

  private final transient Publication publication;
  private final String preprocessing;

  /**
   * @param preprocessing label of what was done to the samples; empty if nothing
   */
  public Publish(Publication publication, String preprocessing) {
    this.publication = publication;
    this.preprocessing = preprocessing;
  }

  @Override
  public PCollection<String> expand(PCollection<Finding> merged) {
    return merged
        .apply("To one place", WithKeys.of(0))
        .setCoder(KvCoder.of(VarIntCoder.of(), FindingCoder.of()))
        .apply("Gather", GroupByKey.create())
        .apply("Stage", ParDo.of(new PublishFn(publication, preprocessing)))
        .setCoder(StringUtf8Coder.of());
  }
}
