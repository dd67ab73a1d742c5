package org.calibeam.core.transform;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.Convolutions;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.TensorSpec;

/**
 * How the channels that one layer computes reach the only layer that reads them, with nothing in
 * between that would notice if a channel were scaled by a positive factor and scaled back behind.
 *
 * @param reader the second layer
 * @param repeat how many inputs of it in a row belong to one channel; more than 1 behind flattening
 */
record ChannelFlow(Node.Call reader, int repeat) {
  static final String LINEAR = "aten.linear.default";

  private static final Set<String> POINTWISE =
      Set.of(
          "aten.relu.default",
          "aten.relu_.default",
          "aten.clone.default",
          "aten.contiguous.default");

  private static final Set<String> DROPOUT =
      Set.of("aten.dropout.default", "aten.dropout_.default");

  private static final Set<String> POOLS =
      Set.of(
          "aten.max_pool1d.default",
          "aten.max_pool2d.default",
          "aten.max_pool3d.default",
          "aten.avg_pool1d.default",
          "aten.avg_pool2d.default",
          "aten.avg_pool3d.default",
          "aten.adaptive_avg_pool1d.default",
          "aten.adaptive_avg_pool2d.default",
          "aten.adaptive_avg_pool3d.default");

  private static final Set<String> FLATTENING =
      Set.of("aten.flatten.using_ints", "aten.view.default", "aten.reshape.default");

  static boolean isLayer(Node.Call call) {
    return call.isTarget(LINEAR) || Convolutions.includes(call);
  }

  /**
   * The flow behind {@code layer}; empty if its channels go elsewhere or through something else.
   */
  static Optional<ChannelFlow> from(Rewriting rewriting, Node.Call layer) {
    int rank = Rewriting.firstSpec(layer).rank();
    int axis = layer.isTarget(LINEAR) ? rank - 1 : rank - 1 - spatial(layer);
    int repeat = 1;
    Node.Call at = layer;
    while (true) {
      Optional<Node.Call> next = onlyReader(rewriting, at);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      Node.Call call = next.get();
      TensorSpec from = Rewriting.firstSpec(at);
      if (isLayer(call)) {
        int wanted = call.isTarget(LINEAR) ? from.rank() - 1 : from.rank() - 1 - spatial(call);
        return axis == wanted ? Optional.of(new ChannelFlow(call, repeat)) : Optional.empty();
      }
      if (FLATTENING.contains(call.target())) {
        OptionalLong inner = flattened(from, Rewriting.firstSpec(call), axis);
        if (inner.isEmpty()) {
          return Optional.empty();
        }
        repeat = Math.toIntExact(repeat * inner.getAsLong());
      } else if (!keepsChannels(call, from.rank(), axis, repeat)) {
        return Optional.empty();
      }
      at = call;
    }
  }

  private static int spatial(Node.Call convolution) {
    return convolution.target().charAt("aten.conv".length()) - '0';
  }

  private static Optional<Node.Call> onlyReader(Rewriting rewriting, Node.Call call) {
    List<String> users = rewriting.editor().users(call.name());
    boolean once = users.size() == 1 && !rewriting.editor().isOutput(call.name());
    return once
            && rewriting.editor().node(users.get(0)) instanceof Node.Call reader
            && reader.ref(0).equals(Optional.of(call.name()))
            && reader.references().filter(call.name()::equals).count() == 1
        ? Optional.of(reader)
        : Optional.empty();
  }

  private static boolean keepsChannels(Node.Call call, int rank, int axis, int repeat) {
    if (POINTWISE.contains(call.target())) {
      return true;
    }
    if (DROPOUT.contains(call.target())) {
      return !Arguments.of(call).flag("train");
    }
    if (POOLS.contains(call.target())) {
      int pooled = call.target().charAt(call.target().indexOf("pool") + "pool".length()) - '0';
      return repeat == 1 && axis == rank - 1 - pooled;
    }
    if (call.isTarget("aten.mean.dim") && repeat == 1) {
      List<Long> dims = Arguments.of(call).integers("dim").orElse(List.of());
      return !dims.isEmpty() && dims.stream().allMatch(d -> Geometry.axis(d, rank) > axis);
    }
    return false;
  }

  /**
   * How many elements of a channel come together when all dimensions from {@code axis} on become
   * one; empty if that is not what happens.
   */
  private static OptionalLong flattened(TensorSpec from, TensorSpec to, int axis) {
    if (to.rank() != axis + 1
        || !to.sizes().subList(0, axis).equals(from.sizes().subList(0, axis))) {
      return OptionalLong.empty();
    }
    long inner = 1;
    for (int d = axis + 1; d < from.rank(); d++) {
      OptionalLong size = from.sizes().get(d).fixed();
      if (size.isEmpty()) {
        return OptionalLong.empty();
      }
      inner *= size.getAsLong();
    }
    return OptionalLong.of(inner);
  }
}
