package org.calibeam.core.annotate;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Recognizes a grid sampler that moves an image by a flow field: {@code grid_sampler(image,
 * permute(base + flow[:, a:a+2], [0, 2, 3, 1]), bilinear, border, align_corners)} with {@code base}
 * the identity grid in [-1, 1].
 *
 * <p>VGF runs this form with observed qparams; any other grid sampler has fixed ones. After {@code
 * _is_canonical_flow_offset_grid_sampler} of ExecuTorch 1.5.1.
 */
final class FlowOffsetGridSampler {
  private static final Set<String> CASTS =
      Set.of("aten.to.dtype", "aten.to.dtype_layout", "aten.alias.default");
  private static final Set<String> SLICES = Set.of("aten.slice.Tensor", "aten.slice_copy.Tensor");

  private final GraphView view;
  private final long height;
  private final long width;

  private FlowOffsetGridSampler(GraphView view, long height, long width) {
    this.view = view;
    this.height = height;
    this.width = width;
  }

  static boolean matches(GraphView view, String name) {
    Node.Call call = view.call(name).orElse(null);
    if (call == null
        || !call.isTarget("aten.grid_sampler.default")
        || !isInt(call, 2, 0)
        || !isInt(call, 3, 1)
        || !call.argument(4).equals(Optional.of(Argument.of(true)))) {
      return false;
    }
    Optional<long[]> image = call.ref(0).flatMap(view::spec).flatMap(FlowOffsetGridSampler::sizes);
    Optional<long[]> output = view.spec(name).flatMap(FlowOffsetGridSampler::sizes);
    if (image.isEmpty() || output.isEmpty() || !Arrays.equals(image.get(), output.get())) {
      return false;
    }
    long[] size = image.get();
    if (size.length != 4
        || size[0] != 1
        || size[1] != 3 && size[1] != 4
        || size[2] <= 1
        || size[3] <= 1) {
      return false;
    }
    return new FlowOffsetGridSampler(view, size[2], size[3]).isGrid(call.ref(1));
  }

  private boolean isGrid(Optional<String> grid) {
    Optional<Node.Call> permute = calling(grid, Set.of("aten.permute.default"));
    if (permute.isEmpty() || !isInts(permute.get(), 1, 0, 2, 3, 1)) {
      return false;
    }
    Optional<Node.Call> add = calling(permute.get().ref(0), Set.of("aten.add.Tensor"));
    if (add.isEmpty()
        || add.get().argument("alpha").flatMap(GraphView::number).orElse(1.0) != 1.0) {
      return false;
    }
    Optional<String> left = add.get().ref(0);
    Optional<String> right = add.get().ref(1);
    return isBase(left) && isFlow(right) || isBase(right) && isFlow(left);
  }

  private boolean isFlow(Optional<String> name) {
    Optional<Node.Call> slice = calling(name, SLICES);
    if (slice.isEmpty() || !isInt(slice.get(), 1, 1)) {
      return false;
    }
    Node.Call s = slice.get();
    boolean range = isInt(s, 2, 0) && isInt(s, 3, 2) || isInt(s, 2, 2) && isInt(s, 3, 4);
    boolean step = s.argument("step").flatMap(GraphView::number).orElse(1.0) == 1.0;
    return range && step && hasSizes(s.ref(0), 1, 4, height, width);
  }

  private boolean isBase(Optional<String> name) {
    Optional<String> base = name;
    while (calling(base, CASTS).isPresent()) {
      base = calling(base, CASTS).flatMap(c -> c.ref(0));
    }
    Optional<Node.Call> cat = calling(base, Set.of("aten.cat.default"));
    if (cat.isEmpty()
        || !hasSizes(base, 1, 2, height, width)
        || !isInt(cat.get(), 1, 1)
        || !(cat.get().argument(0).orElse(Argument.NONE) instanceof Argument.Refs axes)
        || axes.refs().size() != 2) {
      return false;
    }
    return isAxis(
            axes.refs().get(0).node(),
            width,
            List.of(1L, 1L, 1L, width),
            List.of(1L, -1L, height, -1L))
        && isAxis(
            axes.refs().get(1).node(),
            height,
            List.of(1L, 1L, height, 1L),
            List.of(1L, -1L, -1L, width));
  }

  private boolean isAxis(String name, long extent, List<Long> viewed, List<Long> expanded) {
    Optional<Node.Call> expand =
        calling(Optional.of(name), Set.of("aten.expand.default", "aten.expand_copy.default"));
    Optional<Node.Call> reshaped =
        expand.flatMap(
            e -> calling(e.ref(0), Set.of("aten.view.default", "aten.view_copy.default")));
    Optional<Node.Call> linspace =
        reshaped.flatMap(v -> calling(v.ref(0), Set.of("aten.linspace.default")));
    if (linspace.isEmpty()) {
      return false;
    }
    Argument dtype = linspace.get().argument("dtype").orElse(Argument.NONE);
    return (dtype instanceof Argument.None
            || dtype.equals(new Argument.ScalarTypeValue(DType.FLOAT32)))
        && view.number(linspace.get().name(), 0).equals(Optional.of(-1.0))
        && view.number(linspace.get().name(), 1).equals(Optional.of(1.0))
        && isInt(linspace.get(), 2, extent)
        && reshaped.get().argument(1).equals(Optional.of(new Argument.IntList(viewed)))
        && expand.get().argument(1).equals(Optional.of(new Argument.IntList(expanded)));
  }

  private Optional<Node.Call> calling(Optional<String> name, Set<String> targets) {
    return name.flatMap(view::call).filter(c -> targets.contains(c.target()));
  }

  private boolean hasSizes(Optional<String> name, long... expected) {
    return name.flatMap(view::spec)
        .flatMap(FlowOffsetGridSampler::sizes)
        .map(s -> Arrays.equals(s, expected))
        .orElse(false);
  }

  private static Optional<long[]> sizes(TensorSpec spec) {
    return spec.isStatic() ? Optional.of(spec.fixedSizes()) : Optional.empty();
  }

  private static boolean isInt(Node.Call call, int index, long expected) {
    return call.argument(index).equals(Optional.of(Argument.of(expected)));
  }

  private static boolean isInts(Node.Call call, int index, long... expected) {
    return call.argument(index).equals(Optional.of(Argument.ints(expected)));
  }
}
