package org.calibeam.core.pt2;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/** Reads weights and constants; entries that name one payload share its {@link Storage}. */
final class ConstantsReader {
  /** PyTorch takes an empty payload for zeros; this is how many bytes of them we take on trust. */
  private static final long LARGEST_ZEROS = 1L << 26;

  /** How many bytes a tensor that repeats its elements (stride 0) may stand for. */
  private static final long LARGEST_EXPANSION = 1L << 30;

  private final Archive archive;
  private final Map<String, Constant.Kind> kinds = new HashMap<>();
  private final Map<String, Storage> storages = new HashMap<>();
  private final Map<String, Constant> constants = new LinkedHashMap<>();
  private final ObjectNode customObjects = JsonNodeFactory.instance.objectNode();

  private ConstantsReader(Archive archive, Signature signature) {
    this.archive = archive;
    for (Signature.Input input : signature.inputs()) {
      input.constant().ifPresent(c -> input.constantKind().ifPresent(k -> kinds.put(c, k)));
    }
  }

  /**
   * All constants by name, weights first, each group in the order of its configuration.
   *
   * @param envelope gets what the archive says about custom objects
   */
  static Map<String, Constant> read(
      Archive archive, String model, Signature signature, Map<String, String> envelope)
      throws IOException {
    ConstantsReader reader = new ConstantsReader(archive, signature);
    reader.readFolder(ArchiveLayout.WEIGHTS, archive.json(ArchiveLayout.weightsConfig(model)));
    reader.readFolder(ArchiveLayout.CONSTANTS, archive.json(ArchiveLayout.constantsConfig(model)));
    for (Signature.Input input : signature.inputs()) {
      if (input.constant().isPresent() && !reader.constants.containsKey(input.constant().get())) {
        throw archive.error(
            ArchiveLayout.program(model),
            "the input %s is the constant %s, which neither weights nor constants describe"
                .formatted(input.name(), input.constant().get()));
      }
    }
    if (!reader.customObjects.isEmpty()) {
      envelope.put(Envelope.CUSTOM_OBJECTS, reader.customObjects.toString());
    }
    return reader.constants;
  }

  private void readFolder(String folder, JsonView json) throws IOException {
    for (Map.Entry<String, JsonView> entry : json.at("config").members().entrySet()) {
      Constant constant = read(folder, entry.getKey(), entry.getValue());
      if (constants.put(entry.getKey(), constant) != null) {
        throw entry.getValue().error("a weight has the same name");
      }
    }
  }

  private Constant read(String folder, String name, JsonView json) throws IOException {
    String path = folder + json.at("path_name").text();
    boolean parameter = json.at("is_param").bool();
    boolean weight = folder.equals(ArchiveLayout.WEIGHTS);
    Optional<JsonView> meta = json.find("tensor_meta");
    if (json.at("use_pickle").bool() || meta.isEmpty()) {
      if (weight
          || kinds.getOrDefault(name, Constant.Kind.CUSTOM_OBJECT) != Constant.Kind.CUSTOM_OBJECT) {
        throw json.error(
            "the tensor is pickled, and Calibeam does not unpickle. Export plain tensors on CPU");
      }
      archive.attach(path);
      customObjects.set(name, json.json());
      return new Constant(Constant.Kind.CUSTOM_OBJECT, Optional.empty(), false);
    }
    Constant.Kind kind =
        kinds.getOrDefault(
            name,
            parameter
                ? Constant.Kind.PARAMETER
                : weight ? Constant.Kind.BUFFER : Constant.Kind.TENSOR_CONSTANT);
    if ((kind == Constant.Kind.PARAMETER) != parameter
        || (weight != (kind == Constant.Kind.PARAMETER || kind == Constant.Kind.BUFFER))) {
      throw json.error("the signature says this is a %s".formatted(kind));
    }
    TensorSpec spec = TensorFormat.readSpec(meta.get());
    return new Constant(kind, Optional.of(tensor(path, spec, json)), spec.requiresGrad());
  }

  private TensorData tensor(String path, TensorSpec spec, JsonView json) throws IOException {
    long[] sizes = fixed(spec.sizes(), json);
    long[] strides = fixed(spec.strides(), json);
    long offset = fixed(List.of(spec.storageOffset()), json)[0];
    try {
      long bytes = spec.dtype().bytes();
      for (long size : sizes) {
        bytes = Math.multiplyExact(bytes, size);
      }
      Storage storage = storage(path, spec.dtype(), bytes, json);
      if (bytes > Math.max(storage.size(), LARGEST_EXPANSION)) {
        throw json.error("%s is too large for its payload".formatted(spec));
      }
      return new TensorData(spec.dtype(), sizes, strides, offset, storage);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw json.error("%s in %s: %s".formatted(spec, path, e.getMessage()));
    }
  }

  private Storage storage(String path, DType dtype, long needed, JsonView json) throws IOException {
    Storage known = storages.get(path);
    if (known != null) {
      return known;
    }
    ByteBuffer content = archive.read(path);
    if (content.remaining() % dtype.bytes() != 0) {
      throw json.error(
          "%s has %d bytes, which is no multiple of %d"
              .formatted(path, content.remaining(), dtype.bytes()));
    }
    if (!content.hasRemaining() && needed > 0) {
      if (needed > LARGEST_ZEROS) {
        throw json.error("%s is empty, %d bytes were expected".formatted(path, needed));
      }
      content = ByteBuffer.allocate((int) needed);
    }
    Storage storage = Storage.of(content);
    storages.put(path, storage);
    return storage;
  }

  private static long[] fixed(List<Dim> dims, JsonView json) {
    return dims.stream()
        .mapToLong(
            d -> d.fixed().orElseThrow(() -> json.error("a constant has a symbolic size, " + d)))
        .toArray();
  }
}
