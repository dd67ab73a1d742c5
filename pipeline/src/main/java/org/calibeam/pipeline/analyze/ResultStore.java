package org.calibeam.pipeline.analyze;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.io.FinalName;
import org.calibeam.pipeline.io.StoredFile;
import org.calibeam.pipeline.observe.Hashes;

/**
 * What was found out about candidates, a file of JSON each. Its name is a hash of all that decides
 * what is in it, so none is ever stale; any of them may be deleted at any time.
 *
 * @param prefix of the files' paths
 * @param content of the task, see {@link AnalysisTask#content}
 */
record ResultStore(String prefix, String content) implements Serializable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What is known, empty if nothing is, or it cannot be read. */
  Optional<JsonNode> find(Candidate candidate) {
    try (InputStream in = Channels.newInputStream(StoredFile.open(file(candidate)))) {
      JsonNode found = JSON.readTree(in);
      return found.isObject() ? Optional.of(found) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Keeps a result: there is all of it or nothing. */
  void keep(Candidate candidate, JsonNode result) {
    ResourceId file = file(candidate);
    ResourceId part = FileSystems.matchNewResource(file + "." + UUID.randomUUID(), false);
    try {
      try (OutputStream out = Channels.newOutputStream(FileSystems.create(part, "text/plain"))) {
        out.write(result.toString().getBytes(StandardCharsets.UTF_8));
      }
      FinalName.give(part, file);
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot keep results at %s: %s. Check that you may write there and that there is room."
              .formatted(prefix, e.getMessage()),
          e);
    }
  }

  private ResourceId file(Candidate candidate) {
    String name =
        Hashes.of(
            "%s\n%s %d\n%s"
                .formatted(content, candidate.what(), candidate.most(), candidate.configuration()));
    return FileSystems.matchNewResource(prefix + name + ".json", false);
  }
}
