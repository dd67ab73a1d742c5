package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;

/**
 * Brings a graph into the form that annotation expects: composite operators become the arithmetic
 * that the backend computes in integers, numbers become constants.
 *
 * <p>Rewrites run once each, in a fixed order. Most leave a node alone that carries {@link
 * #DISALLOW} with the value {@code "true"}; whoever annotates on trial sets it, and takes it away
 * with {@link #erase} afterwards. Behaviour follows {@code ArmPassManager
 * .transform_for_annotation_pipeline} of ExecuTorch 1.5.1; where it differs, the rewrite says so.
 *
 * @param evaluator computes what depends on constants alone
 */
public record TransformForAnnotation(ConstantEvaluator evaluator, Mode mode) {

  /** Node metadata: {@code "true"} keeps rewrites away from a node. */
  public static final String DISALLOW = "_arm_disallow_tfa";

  /** What the graph is prepared for. */
  public enum Mode {
    /** Calibration after training: batch norm behind a convolution has been folded. */
    POST_TRAINING,
    /** Quantization-aware training: batch norm behind a convolution stays for later. */
    TRAINING
  }

  private List<Rewrite> rewrites() {
    return List.of(
        new RemoveGraphAsserts(),
        new FoldConstants(evaluator),
        new DecomposeIndexCopy(),
        new DecomposeSelectScatter(),
        new DecomposeSliceScatter(),
        new ConvertInt64Constants(),
        new ConvertInt64Results(),
        new InsertInt32Casts(),
        new FoldScalarMulIntoConv(mode),
        new DecomposeEmbedding(),
        new DecomposeAttention(),
        new DecomposeLogit(),
        new DecomposeSign(),
        new DecomposeTril(),
        new DecomposeAddmm(),
        new DecomposeRemainder(),
        new DecomposeFloorDivide(),
        new DecomposeDivTensorMode(),
        new DecomposeEinsum(),
        new RewriteInplaceArithmetic(),
        new DecomposeAddSubAlpha(),
        new ConvertEluFamily(),
        new DecomposeGroupNorm(),
        new DecomposeLayerNorm(),
        new DecomposeBatchNorm(mode),
        new DecomposeVar(),
        new DecomposeMean(),
        new DecomposeAdaptiveAvgPool2d(),
        new DecomposeAvgPool2d(),
        new DecomposePRelu(),
        new ReplaceScalarWithTensor(),
        new ScalarsToAttribute(),
        new DecomposeGru(),
        new DecomposeLstm(),
        new DecomposeRnn(),
        new DecomposeNotEqual(),
        new DecomposeCosineSimilarity(),
        new DecomposeGlu(),
        new DecomposeDiv(),
        new DecomposeVectorNorm(),
        new DecomposeSqrt(),
        new DecomposeSoftmax(),
        new ConvertMinMax(),
        new AccumulateIndexPut(),
        new DecomposeMatmul(),
        new ReplaceInfAndLimitValues(),
        new DecomposeMaskedFill(),
        new DeduplicateConstants());
  }

  /** Applies all rewrites to {@code input}. */
  public Transformed apply(GraphAndConstants input) {
    GraphAndConstants current = input;
    List<String> notes = new ArrayList<>();
    for (Rewrite rewrite : rewrites()) {
      current = apply(rewrite, current, mode, notes);
    }
    return new Transformed(current, notes);
  }

  /** Applies one rewrite; {@code notes} receives why it did not fire. */
  static GraphAndConstants apply(
      Rewrite rewrite, GraphAndConstants input, Mode mode, List<String> notes) {
    Rewriting rewriting = new Rewriting(input);
    try {
      Rewrite.Outcome outcome = rewrite.apply(rewriting);
      notes.addAll(rewriting.notes());
      Graph graph = rewriting.editor().isChanged() ? rewriting.editor().build() : input.graph();
      if (outcome == Rewrite.Outcome.RETRACED) {
        graph = Retrace.of(input.graph(), graph, mode);
      }
      return input.with(graph, rewriting.constants());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "%s broke the graph: %s".formatted(rewrite.name(), e.getMessage()), e);
    }
  }

  /** {@code graph} without the marks that keep rewrites away. */
  public static Graph erase(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node node : graph.nodes()) {
      if (node.metadata().containsKey(DISALLOW)) {
        Map<String, String> metadata = new HashMap<>(node.metadata());
        metadata.remove(DISALLOW);
        editor.replace(node.withMetadata(metadata));
      }
    }
    return editor.isChanged() ? editor.build() : graph;
  }
}
