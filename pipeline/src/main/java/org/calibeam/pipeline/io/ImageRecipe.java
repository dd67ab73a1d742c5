package org.calibeam.pipeline.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/**
 * How an image becomes a tensor of float32, as torchvision's {@code Resize}, {@code CenterCrop},
 * {@code ToTensor} and {@code Normalize} do on a Pillow image: resized by {@link BilinearResize},
 * the middle cut out, each channel divided by 255, minus {@code mean}, divided by {@code std}, all
 * in float32.
 *
 * @param resize {@code [shorter side]}, {@code [height, width]} or empty for none. Of the shorter
 *     side the longer one follows, rounded down, so that the proportions stay
 * @param crop {@code [side]}, {@code [height, width]} or empty for none
 * @param mean by channel, red first
 * @param std by channel
 */
public record ImageRecipe(
    List<Integer> resize, List<Integer> crop, List<Float> mean, List<Float> std, Layout layout)
    implements Serializable {

  /** Order of the axes. */
  enum Layout {
    NCHW,
    NHWC,
    CHW,
    HWC
  }

  private static final Set<String> FIELDS = Set.of("resize", "crop", "mean", "std", "layout");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  public ImageRecipe {
    resize = List.copyOf(resize);
    crop = List.copyOf(crop);
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /**
   * Reads {@code {"resize": 256, "crop": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224,
   * 0.225], "layout": "NCHW"}}; what is left out is not done, the layout is then NCHW.
   *
   * @param name of the file, for messages
   * @throws ConfigurationException if it says something else
   */
  static ImageRecipe parse(String json, String name) {
    try {
      JsonNode root = JSON.readTree(json);
      if (!root.isObject()) {
        throw new IllegalArgumentException("it is no object");
      }
      TreeSet<String> unknown = new TreeSet<>();
      root.fieldNames().forEachRemaining(unknown::add);
      unknown.removeAll(FIELDS);
      if (!unknown.isEmpty()) {
        throw new IllegalArgumentException(
            "there is no %s, only %s".formatted(unknown.first(), new TreeSet<>(FIELDS)));
      }
      return new ImageRecipe(
          sides(root, "resize"),
          sides(root, "crop"),
          channels(root, "mean", 0),
          channels(root, "std", 1),
          Layout.valueOf(root.path("layout").asText(Layout.NCHW.name())));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot read the preprocessing of images in %s: %s. See README, Samples."
              .formatted(name, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    }
  }

  private static List<Integer> sides(JsonNode root, String field) {
    JsonNode node = root.path(field);
    List<Integer> sides = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(n -> sides.add(side(n, field)));
    } else if (!node.isMissingNode()) {
      sides.add(side(node, field));
    }
    if (sides.size() > 2 || (sides.isEmpty() && !node.isMissingNode())) {
      throw new IllegalArgumentException(
          "%s is %s, wanted is one number or [height, width]".formatted(field, node));
    }
    return sides;
  }

  private static int side(JsonNode node, String field) {
    if (!node.isInt() || node.asInt() < 1 || node.asInt() > 1 << 14) {
      throw new IllegalArgumentException(
          "%s has %s, wanted are numbers of pixels from 1 to %d".formatted(field, node, 1 << 14));
    }
    return node.asInt();
  }

  private static List<Float> channels(JsonNode root, String field, float otherwise) {
    JsonNode node = root.path(field);
    if (node.isMissingNode()) {
      return List.of(otherwise, otherwise, otherwise);
    }
    List<Float> values = new ArrayList<>();
    for (JsonNode n : node) {
      if (!n.isNumber() || (otherwise == 1 && n.floatValue() <= 0)) {
        throw new IllegalArgumentException("%s has %s".formatted(field, n));
      }
      values.add(n.floatValue());
    }
    if (values.size() != Pixels.CHANNELS) {
      throw new IllegalArgumentException("%s is %s, wanted are 3 numbers".formatted(field, node));
    }
    return values;
  }

  /** The same declaration always as the same text: what identifies it. */
  String json() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode sizes = root.putArray("resize");
    resize.forEach(sizes::add);
    ArrayNode crops = root.putArray("crop");
    crop.forEach(crops::add);
    ArrayNode means = root.putArray("mean");
    mean.forEach(means::add);
    ArrayNode stds = root.putArray("std");
    std.forEach(stds::add);
    return root.put("layout", layout.name()).toString();
  }

  /**
   * The tensor of {@code image}.
   *
   * @throws DamagedException if it is too small to be cropped
   */
  TensorData apply(Pixels image) throws DamagedException {
    return tensor(cropped(resized(image)));
  }

  private Pixels resized(Pixels image) {
    if (resize.isEmpty()) {
      return image;
    }
    int height = resize.get(0);
    if (resize.size() == 2) {
      return BilinearResize.resize(image, resize.get(1), height);
    }
    return image.width() <= image.height()
        ? BilinearResize.resize(
            image, height, (int) ((long) height * image.height() / image.width()))
        : BilinearResize.resize(
            image, (int) ((long) height * image.width() / image.height()), height);
  }

  private Pixels cropped(Pixels image) throws DamagedException {
    if (crop.isEmpty()) {
      return image;
    }
    int height = crop.get(0);
    int width = crop.get(crop.size() - 1);
    if (image.width() < width || image.height() < height) {
      throw new DamagedException(
          "it has %d x %d pixels, %d x %d cannot be cut out"
              .formatted(image.width(), image.height(), width, height));
    }
    return image.crop(
        middle(image.width() - width), middle(image.height() - height), width, height);
  }

  /** Half of it; what is in between goes to the even number, as Python's round does. */
  private static int middle(int rest) {
    return (int) Math.rint(rest / 2.0);
  }

  private TensorData tensor(Pixels image) {
    int area = image.width() * image.height();
    boolean planes = layout == Layout.NCHW || layout == Layout.CHW;
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(area * Pixels.CHANNELS, DType.FLOAT32.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int c = 0; c < Pixels.CHANNELS; c++) {
      float minus = mean.get(c);
      float by = std.get(c);
      for (int i = 0; i < area; i++) {
        float value = ((image.rgb()[i * Pixels.CHANNELS + c] & 0xFF) / 255f - minus) / by;
        int at = planes ? c * area + i : i * Pixels.CHANNELS + c;
        data.putFloat(at * DType.FLOAT32.bytes(), value);
      }
    }
    return TensorData.contiguous(DType.FLOAT32, Storage.of(data), sizes(image));
  }

  private long[] sizes(Pixels image) {
    return switch (layout) {
      case NCHW -> new long[] {1, Pixels.CHANNELS, image.height(), image.width()};
      case NHWC -> new long[] {1, image.height(), image.width(), Pixels.CHANNELS};
      case CHW -> new long[] {Pixels.CHANNELS, image.height(), image.width()};
      case HWC -> new long[] {image.height(), image.width(), Pixels.CHANNELS};
    };
  }
}
