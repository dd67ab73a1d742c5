package org.calibeam.core.pt2;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Attachment;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.tensor.Storage;

/**
 * The entries of an archive below its root folder. It remembers which were read, so that the others
 * can be kept as they are.
 */
final class Archive {
  private final String name;
  private final ZipDirectory zip;
  private final Map<String, ZipDirectory.Entry> entries = new LinkedHashMap<>();
  private final Set<String> used = new HashSet<>();

  private Archive(String name, ZipDirectory zip) {
    this.name = name;
    this.zip = zip;
  }

  static Archive open(String name, ByteSource source) throws IOException {
    ZipDirectory zip = ZipDirectory.open(name, source);
    Archive archive = new Archive(name, zip);
    String root = archive.root();
    for (ZipDirectory.Entry entry : zip.entries().values()) {
      if (!entry.name().startsWith(root)) {
        throw Complaint.of(
            name, "the entry %s is not in the folder %s".formatted(entry.name(), root));
      }
      if (!entry.name().endsWith("/")) {
        archive.entries.put(entry.name().substring(root.length()), entry);
      }
    }
    archive.expect(ArchiveLayout.FORMAT, ArchiveLayout.FORMAT_VALUE);
    archive.expect(ArchiveLayout.VERSION, ArchiveLayout.VERSION_VALUE);
    return archive;
  }

  private String root() {
    if (zip.entries().containsKey("serialized_exported_program.json")) {
      throw Complaint.of(
          name, "this is the flat layout of torch < 2.8. Load and save it again with torch >= 2.9");
    }
    String first = zip.entries().keySet().stream().findFirst().orElse("");
    int slash = first.indexOf('/');
    if (slash <= 0) {
      throw Complaint.of(name, "this zip file is no .pt2 archive: it has no root folder");
    }
    return first.substring(0, slash + 1);
  }

  private void expect(String entry, String value) throws IOException {
    if (!entries.containsKey(entry)) {
      throw Complaint.of(
          name, "this zip file is no .pt2 archive: the entry %s is missing".formatted(entry));
    }
    String found = StandardCharsets.UTF_8.decode(read(entry)).toString();
    if (!found.equals(value)) {
      throw error(entry, "it says '%s', only '%s' is supported".formatted(found, value));
    }
  }

  /** Names of all entries. */
  Set<String> names() {
    return entries.keySet();
  }

  boolean contains(String entry) {
    return entries.containsKey(entry);
  }

  ByteBuffer read(String entry) throws IOException {
    ZipDirectory.Entry found = entries.get(entry);
    if (found == null) {
      throw error(entry, "the entry is missing");
    }
    used.add(entry);
    return zip.read(found);
  }

  JsonView json(String entry) throws IOException {
    ByteBuffer bytes = read(entry);
    if (bytes.remaining() > Json.LARGEST) {
      throw error(entry, "%d bytes of JSON are too many".formatted(bytes.remaining()));
    }
    JsonNode json;
    try {
      json = Json.parse(bytes);
    } catch (IOException e) {
      String problem =
          e instanceof JsonProcessingException j ? j.getOriginalMessage() : e.getMessage();
      throw Complaint.of(name + ", " + entry, "this is no JSON: " + problem, e);
    }
    return JsonView.root(json, name + ", " + entry);
  }

  /** Makes sure that {@code entry} exists and is kept. */
  void attach(String entry) {
    if (!entries.containsKey(entry)) {
      throw error(entry, "the entry is missing");
    }
    used.remove(entry);
  }

  /** Everything that was not read. */
  Map<String, Attachment> unread() throws IOException {
    Map<String, Attachment> rest = new LinkedHashMap<>();
    for (Map.Entry<String, ZipDirectory.Entry> entry : entries.entrySet()) {
      if (!used.contains(entry.getKey())) {
        rest.put(entry.getKey(), new Attachment(Storage.of(zip.read(entry.getValue()))));
      }
    }
    return rest;
  }

  ModelException error(String entry, String problem) {
    return Complaint.of(name + ", " + entry, problem);
  }
}
