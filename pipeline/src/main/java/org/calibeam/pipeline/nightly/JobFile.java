package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.core.convert.CalibratorChoice;
import org.calibeam.core.convert.ControlFlowForm;
import org.calibeam.core.convert.UnreachedPathPolicy;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.pipeline.io.Reading;
import org.calibeam.pipeline.io.StoredFile;
import org.calibeam.pipeline.nightly.NightlyJob.HeldOut;
import org.calibeam.pipeline.nightly.NightlyJob.Hooks;
import org.calibeam.pipeline.publish.ConversionSettings;
import org.calibeam.pipeline.publish.ConversionSettings.Pieces;

/**
 * Reads a job file. What it may hold is said by {@code job.schema.json} in this package's
 * resources; what a schema cannot say is checked here, with the same kind of error.
 */
public final class JobFile {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final Pattern ABSOLUTE = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*:)?/.*");

  private final String source;
  private final JsonNode root;

  private JobFile(String source, JsonNode root) {
    this.source = source;
    this.root = root;
  }

  /** The schema's text. */
  public static String schema() {
    try (InputStream in = JobFile.class.getResourceAsStream("job.schema.json")) {
      if (in == null) {
        throw new IllegalStateException("job.schema.json is missing beside " + JobFile.class);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read job.schema.json of this program", e);
    }
  }

  /**
   * The job in the file at {@code path}, on any file system that Beam knows.
   *
   * @throws ConfigurationException if it cannot be read, naming the field that is wrong
   */
  public static NightlyJob read(String path) {
    String at = path;
    String text;
    try {
      MatchResult.Metadata file = StoredFile.at(path);
      at = file.resourceId().toString();
      text = text(file);
    } catch (FileNotFoundException e) {
      throw new ConfigurationException(
          "Cannot read the job %s: there is no such file. Check the path.".formatted(path), e);
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot read the job %s: %s. Check the access to it.".formatted(path, e.getMessage()), e);
    }
    return parse(text, at);
  }

  private static String text(MatchResult.Metadata file) throws IOException {
    try (InputStream in = Channels.newInputStream(StoredFile.open(file.resourceId()))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /**
   * The job that {@code text} describes.
   *
   * @param source path of its file; relative paths are meant from the folder it is in
   */
  static NightlyJob parse(String text, String source) {
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new ConfigurationException(
          "Cannot read the job %s: it is not JSON (line %d: %s)."
              .formatted(
                  source,
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                  e.getOriginalMessage()),
          e);
    }
    JobFile file = new JobFile(source, root);
    file.validate();
    return file.job();
  }

  private void validate() {
    JsonSchema schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema());
    List<ValidationMessage> complaints = new ArrayList<>(schema.validate(root));
    if (complaints.isEmpty()) {
      return;
    }
    complaints.sort(
        Comparator.comparing((ValidationMessage m) -> m.getInstanceLocation().toString())
            .thenComparing(ValidationMessage::getMessage));
    ValidationMessage first = complaints.get(0);
    String field = field(first);
    String message = first.getMessage().substring(first.getMessage().indexOf(": ") + 2);
    String more = complaints.size() == 1 ? "" : " (and %d more)".formatted(complaints.size() - 1);
    throw wrong(field, message.replaceAll("\\.?$", "") + more);
  }

  /** Where a complaint is about, written {@code gates.drift.most}. */
  private static String field(ValidationMessage complaint) {
    StringBuilder field = new StringBuilder();
    for (int i = 0; i < complaint.getInstanceLocation().getNameCount(); i++) {
      Object name = complaint.getInstanceLocation().getElement(i);
      field.append(
          name instanceof Integer ? "[" + name + "]" : (field.isEmpty() ? "" : ".") + name);
    }
    if (complaint.getProperty() != null) {
      field.append(field.isEmpty() ? "" : ".").append(complaint.getProperty());
    }
    return field.isEmpty() ? "the whole" : field.toString();
  }

  private ConfigurationException wrong(String field, String why) {
    return new ConfigurationException(
        "The job %s is wrong at %s: %s. calibeam requantize --schema prints what it may hold."
            .formatted(source, field, why));
  }

  private NightlyJob job() {
    QuantizerConfiguration configuration = configuration();
    String samples = resolved("samples");
    try {
      DatedPattern.of(samples);
    } catch (ConfigurationException e) {
      throw wrong("samples", String.valueOf(e.getMessage()).replaceAll("\\.$", ""));
    }
    Reading reading = reading();
    String store = resolved("store");
    Gates gates = Gates.of(root.path("gates"));
    return new NightlyJob(
        source,
        resolved("model"),
        configuration,
        new ConversionSettings(
            calibrator(configuration),
            gates.minSamplesPerPath(),
            UnreachedPathPolicy.valueOf(
                root.path("unreachedPaths").asText("fail").toUpperCase(Locale.ROOT)),
            root.path("splitPaths").asBoolean() ? Pieces.WRITTEN : Pieces.NONE,
            ControlFlowForm.valueOf(
                root.path("controlFlow").asText("torch").toUpperCase(Locale.ROOT))),
        reading.preprocessing(root.path("preprocessing").asText("")),
        samples,
        reading,
        window(root.path("window")),
        store,
        root.has("state") ? resolved("state") : store.replaceAll("/+$", "") + "/state",
        new HeldOut(
            root.at("/heldOut/share").asDouble(0.1), root.at("/heldOut/samples").asLong(100)),
        gates,
        root.path("tolerance").asDouble(0.005),
        root.at("/retention/runs").asInt(60),
        hooks(root.path("hooks")));
  }

  private QuantizerConfiguration configuration() {
    JsonNode config = root.path("config");
    QuantizerConfiguration configuration = QuantizerConfiguration.DEFAULT;
    if (config.isObject()) {
      configuration =
          QuantizerConfiguration.parse(config.toString(), "config of the job " + source);
    } else if (config.isTextual()) {
      configuration = QuantizerConfiguration.parse(textOf("config"), resolved("config"));
    }
    if (root.path("quantizePredicates").asBoolean()) {
      configuration = configuration.withQuantizedPredicates();
    }
    if (configuration.qat()) {
      throw wrong(
          "config", "is_qat trains on samples in their order, which no statistics can be kept of");
    }
    return configuration;
  }

  /** The file whose path stands in a field. */
  private String textOf(String field) {
    String path = resolved(field);
    try {
      return text(StoredFile.at(path));
    } catch (IOException e) {
      throw wrong(field, "%s cannot be read (%s)".formatted(path, e.getMessage()));
    }
  }

  private Reading reading() {
    Reading reading = Reading.PLAIN;
    if (root.has("columns")) {
      try {
        reading = reading.withColumns(root.get("columns").asText());
      } catch (ConfigurationException e) {
        throw wrong("columns", String.valueOf(e.getMessage()).replaceAll("\\.$", ""));
      }
    }
    JsonNode images = root.path("images");
    if (images.isTextual()) {
      return reading.withImages(textOf("images"), resolved("images"));
    }
    try {
      return images.isObject() ? reading.withImages(images.toString(), "images") : reading;
    } catch (ConfigurationException e) {
      throw wrong("images", String.valueOf(e.getMessage()).replaceAll("\\.$", ""));
    }
  }

  private String calibrator(QuantizerConfiguration configuration) {
    Calibrator chosen;
    try {
      chosen =
          root.has("calibrator")
              ? Calibrator.named(root.get("calibrator").asText().toLowerCase(Locale.ROOT))
              : CalibratorChoice.global(configuration.calibrators()).orElse(Calibrator.histogram());
    } catch (IllegalArgumentException e) {
      throw wrong("calibrator", String.valueOf(e.getMessage()));
    }
    if (chosen.name().equals("reference")) {
      throw wrong("calibrator", "reference needs the samples in their order; statistics have none");
    }
    return chosen.name();
  }

  private Window window(JsonNode window) {
    if (window.has("last") && window.has("since")) {
      throw wrong("window", "it has last and since, give one of them");
    }
    Optional<LocalDate> since =
        window.has("since")
            ? Optional.of(day(window.get("since").asText(), "window.since"))
            : Optional.empty();
    Set<LocalDate> exclude = new TreeSet<>();
    for (int i = 0; i < window.path("exclude").size(); i++) {
      exclude.add(day(window.at("/exclude/" + i).asText(), "window.exclude[" + i + "]"));
    }
    OptionalInt last =
        since.isPresent()
            ? OptionalInt.empty()
            : OptionalInt.of(window.path("last").asInt(Window.DEFAULT_LAST));
    return new Window(last, since, exclude);
  }

  private LocalDate day(String text, String field) {
    try {
      return LocalDate.parse(text);
    } catch (DateTimeException e) {
      throw wrong(field, "%s is no day that there is".formatted(text));
    }
  }

  private static Hooks hooks(JsonNode hooks) {
    List<String> command = new ArrayList<>();
    hooks.path("command").forEach(part -> command.add(part.asText()));
    Set<String> on = new LinkedHashSet<>();
    hooks.path("on").forEach(name -> on.add(name.asText()));
    if (on.isEmpty()) {
      for (Decision.Kind kind : Decision.Kind.values()) {
        on.add(kind.text());
      }
    }
    return new Hooks(
        command,
        hooks.has("webhook") ? Optional.of(hooks.get("webhook").asText()) : Optional.empty(),
        on);
  }

  private String resolved(String field) {
    String path = root.path(field).asText();
    int slash = source.lastIndexOf('/');
    return ABSOLUTE.matcher(path).matches() || slash < 0
        ? path
        : source.substring(0, slash + 1) + path.replaceFirst("^(\\./)+", "");
  }
}
