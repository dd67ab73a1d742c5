package org.calibeam.core.pt2;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Device;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/** Lays out weights and constants: one payload for each storage, however many tensors see it. */
final class ConstantsWriter {

  /** A payload is shared by what has the same storage and type, within one folder. */
  private record PayloadKey(Storage storage, DType dtype, String folder) {}

  private final Program program;
  private final Map<String, Device> devices = new HashMap<>();
  private final Map<PayloadKey, String> paths = new HashMap<>();
  private final Map<String, Integer> counters = new HashMap<>();
  private final Map<String, ByteBuffer> payloads = new LinkedHashMap<>();
  private final Map<String, ObjectNode> configs = new LinkedHashMap<>();

  private ConstantsWriter(Program program) {
    this.program = program;
    for (Node node : program.main().nodes()) {
      if (node instanceof Node.GetAttr attr) {
        attr.spec().ifPresent(s -> devices.putIfAbsent(attr.constant(), s.device()));
      }
    }
    configs.put(ArchiveLayout.WEIGHTS, JsonNodeFactory.instance.objectNode());
    configs.put(ArchiveLayout.CONSTANTS, JsonNodeFactory.instance.objectNode());
  }

  /** Entries by path, payloads before the two configurations. */
  static Map<String, ByteBuffer> write(Program program) {
    ConstantsWriter writer = new ConstantsWriter(program);
    program.constants().forEach(writer::add);
    Map<String, ByteBuffer> entries = writer.payloads;
    entries.put(
        ArchiveLayout.weightsConfig(ArchiveLayout.MODEL), writer.config(ArchiveLayout.WEIGHTS));
    entries.put(
        ArchiveLayout.constantsConfig(ArchiveLayout.MODEL), writer.config(ArchiveLayout.CONSTANTS));
    return entries;
  }

  private ByteBuffer config(String folder) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("config", config(folder, configs));
    return ByteBuffer.wrap(Json.bytes(json));
  }

  private static ObjectNode config(String folder, Map<String, ObjectNode> configs) {
    ObjectNode config = configs.get(folder);
    if (config == null) {
      throw new IllegalStateException("No configuration for " + folder);
    }
    return config;
  }

  private void add(String name, Constant constant) {
    if (constant.kind() == Constant.Kind.CUSTOM_OBJECT) {
      config(ArchiveLayout.CONSTANTS, configs)
          .set(name, Envelope.customObject(program.envelope(), name));
      return;
    }
    boolean weight =
        constant.kind() == Constant.Kind.PARAMETER || constant.kind() == Constant.Kind.BUFFER;
    String folder = weight ? ArchiveLayout.WEIGHTS : ArchiveLayout.CONSTANTS;
    TensorData tensor = constant.tensor();
    String path =
        paths.computeIfAbsent(
            new PayloadKey(tensor.storage(), tensor.dtype(), folder),
            key -> payload(key, weight ? ArchiveLayout.WEIGHT : ArchiveLayout.TENSOR_CONSTANT));
    ObjectNode entry = config(folder, configs).putObject(name);
    entry.put("path_name", path);
    entry.put("is_param", constant.kind() == Constant.Kind.PARAMETER);
    entry.put("use_pickle", false);
    TensorSpec spec = tensor.spec();
    entry.set(
        "tensor_meta",
        TensorFormat.writeSpec(
            new TensorSpec(
                spec.dtype(),
                spec.sizes(),
                spec.strides(),
                spec.storageOffset(),
                devices.getOrDefault(name, Device.CPU),
                constant.requiresGrad(),
                spec.layout())));
  }

  private String payload(PayloadKey key, String prefix) {
    String name;
    do {
      name = prefix + (counters.merge(key.folder, 1, Integer::sum) - 1);
    } while (program.attachments().containsKey(key.folder + name));
    payloads.put(key.folder + name, key.storage.bytes());
    return name;
  }
}
