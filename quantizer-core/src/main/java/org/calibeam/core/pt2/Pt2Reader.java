package org.calibeam.core.pt2;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Attachment;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Reads what {@code torch.export.save} of torch 2.9 and later writes.
 *
 * <p>Constants become {@link org.calibeam.core.graph.Node.GetAttr} nodes at their place among the
 * inputs; branches get them as operands still. Everything that a {@link Program} has no type for is
 * kept in its envelope and its attachments.
 */
public final class Pt2Reader {
  /** Entries that say nothing about the program and are made anew when it is written. */
  private static final Set<String> CONTAINER =
      Set.of(
          ArchiveLayout.FORMAT,
          ArchiveLayout.VERSION,
          ArchiveLayout.ZIP_VERSION,
          "version",
          ArchiveLayout.BYTE_ORDER,
          ArchiveLayout.SERIALIZATION_ID);

  private Pt2Reader() {}

  /**
   * The program in the file {@code archive}.
   *
   * @throws ModelException if there is no such file or if it is no sound archive
   */
  public static Program read(Path archive) {
    try (FileChannel channel = FileChannel.open(archive)) {
      return read(archive.toString(), channel);
    } catch (NoSuchFileException e) {
      throw new ModelException(Complaint.oneLine(archive + ": there is no such file"), e);
    } catch (IOException e) {
      throw new ModelException(Complaint.oneLine(archive + ": the file cannot be read: " + e), e);
    }
  }

  /**
   * The program in {@code channel}, which stays open.
   *
   * @param name what messages call it
   * @throws ModelException if it is no sound archive
   */
  public static Program read(String name, SeekableByteChannel channel) throws IOException {
    return read(name, ByteSource.of(channel));
  }

  /** The program in {@code bytes}; see {@link #read(String, SeekableByteChannel)}. */
  public static Program read(String name, byte[] bytes) {
    try {
      return read(name, ByteSource.of(bytes));
    } catch (IOException e) {
      throw new ModelException(Complaint.oneLine(name + ": the archive cannot be read: " + e), e);
    }
  }

  private static Program read(String name, ByteSource source) throws IOException {
    Archive archive = Archive.open(name, source);
    String model = modelName(name, archive);
    JsonView json = archive.json(ArchiveLayout.program(model));
    JsonView module = json.at(Envelope.GRAPH_MODULE);
    Signature signature = Signature.read(module.at("signature"));
    Map<String, String> envelope = Envelope.read(json, signature);
    Graph main = GraphReader.main(module.at("graph"), signature);
    Map<String, Constant> constants = ConstantsReader.read(archive, model, signature, envelope);
    checkShapes(main, constants, archive, model);
    Map<String, Attachment> attachments = archive.unread();
    attachments.keySet().removeAll(CONTAINER);
    Attachment samples = attachments.remove(ArchiveLayout.sampleInputs(model));
    if (samples != null && samples.content().size() > 0) {
      attachments.put(ArchiveLayout.sampleInputs(ArchiveLayout.MODEL), samples);
    }
    return new Program(main, constants, signature.outputKinds(), envelope, attachments);
  }

  /** Fails unless the graph and the payloads agree about type and shape of every constant. */
  private static void checkShapes(
      Graph main, Map<String, Constant> constants, Archive archive, String model) {
    for (Node node : main.nodes()) {
      if (!(node instanceof Node.GetAttr attr)) {
        continue;
      }
      Optional<TensorSpec> here = attr.spec();
      Optional<TensorSpec> there =
          Optional.ofNullable(constants.get(attr.constant()))
              .flatMap(Constant::data)
              .map(TensorData::spec);
      if (!here.map(TensorSpec::dtype).equals(there.map(TensorSpec::dtype))
          || !here.map(TensorSpec::sizes).equals(there.map(TensorSpec::sizes))) {
        throw archive.error(
            ArchiveLayout.program(model),
            "the constant %s is %s, but its payload is %s"
                .formatted(attr.constant(), describe(here), describe(there)));
      }
    }
  }

  private static String describe(Optional<TensorSpec> spec) {
    return spec.map(TensorSpec::toString).orElse("no tensor");
  }

  private static String modelName(String name, Archive archive) {
    List<String> models =
        archive.names().stream()
            .filter(n -> n.startsWith(ArchiveLayout.MODELS) && n.endsWith(ArchiveLayout.JSON))
            .map(
                n ->
                    n.substring(
                        ArchiveLayout.MODELS.length(), n.length() - ArchiveLayout.JSON.length()))
            .toList();
    if (models.size() != 1) {
      throw Complaint.of(
          name,
          models.isEmpty()
              ? "the archive holds no program (no entry models/model.json)"
              : "the archive holds the programs %s, only one is supported. Save each on its own"
                  .formatted(models));
    }
    String legacy = ArchiveLayout.WEIGHTS + models.get(0) + ".pt";
    if (archive.contains(legacy)) {
      throw archive.error(
          legacy,
          "this is the pickled layout of torch < 2.9. Load and save it again with torch >= 2.9");
    }
    return models.get(0);
  }
}
