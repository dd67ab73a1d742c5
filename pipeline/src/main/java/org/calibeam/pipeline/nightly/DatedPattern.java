package org.calibeam.pipeline.nightly;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.io.Reading;
import org.calibeam.pipeline.io.SampleFiles;
import org.calibeam.pipeline.io.Shard;

/**
 * A glob of sample files in which {@code {date}} stands where the path names a day: {@code
 * samples/{date}/*.avro} with {@code 2026-11-21}, or written otherwise, {@code {date:yyyy/MM/dd}}.
 */
final class DatedPattern {
  private static final Pattern PLACE = Pattern.compile("\\{date(?::([^{}]+))?\\}");
  private static final String DEFAULT_FORMAT = "yyyy-MM-dd";
  private static final Pattern FIELD = Pattern.compile("y+|M+|d+|[^yMd]+");

  private final String text;
  private final String glob;
  private final Pattern path;
  private final DateTimeFormatter format;

  private DatedPattern(String text, String glob, Pattern path, DateTimeFormatter format) {
    this.text = text;
    this.glob = glob;
    this.path = path;
    this.format = format;
  }

  /**
   * Files found by day.
   *
   * @param ignored paths that match but name no day that there is
   */
  record Found(List<Partition> partitions, List<String> ignored) {}

  /**
   * The pattern that {@code text} writes.
   *
   * @throws ConfigurationException if it has no date, several, or one in an unknown form
   */
  static DatedPattern of(String text) {
    Matcher place = PLACE.matcher(text);
    if (!place.find()) {
      throw new ConfigurationException(
          "'%s' has no {date}. Write it where the path names the day, for example samples/{date}/*.avro."
              .formatted(text));
    }
    int start = place.start();
    int end = place.end();
    String written = place.group(1) == null ? DEFAULT_FORMAT : place.group(1);
    if (place.find()) {
      throw new ConfigurationException(
          "'%s' has {date} twice. Write it once; {date:yyyy/MM/dd} may span folders."
              .formatted(text));
    }
    StringBuilder glob = new StringBuilder(text.substring(0, start));
    StringBuilder regex = new StringBuilder();
    readFormat(text, written, glob, regex);
    glob.append(text.substring(end));
    Pattern path =
        Pattern.compile(
            regexOf(text.substring(0, start)) + "(" + regex + ")" + regexOf(text.substring(end)));
    return new DatedPattern(
        text,
        glob.toString(),
        path,
        DateTimeFormatter.ofPattern(written.replace('y', 'u'), Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT));
  }

  private static void readFormat(
      String text, String written, StringBuilder glob, StringBuilder regex) {
    Matcher field = FIELD.matcher(written);
    StringBuilder fields = new StringBuilder();
    while (field.find()) {
      String f = field.group();
      if (f.equals("yyyy") || f.equals("MM") || f.equals("dd")) {
        fields.append(f.charAt(0));
        glob.append("?".repeat(f.length()));
        regex.append("\\d{").append(f.length()).append('}');
      } else if (f.matches("[-_./=]+")) {
        glob.append(f);
        regex.append(Pattern.quote(f));
      } else {
        throw new ConfigurationException(
            "'%s' writes the date with '%s'. Use yyyy, MM and dd, and - _ . / = between them."
                .formatted(text, f));
      }
    }
    if (fields.length() != 3 || fields.chars().distinct().count() != 3) {
      throw new ConfigurationException(
          "'%s' must write the date with yyyy, MM and dd, once each.".formatted(text));
    }
  }

  /** What Beam's globs mean: {@code *} and {@code ?} do not match a slash, {@code **} does. */
  private static String regexOf(String glob) {
    StringBuilder regex = new StringBuilder();
    int depth = 0;
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      switch (c) {
        case '*' -> {
          boolean twice = i + 1 < glob.length() && glob.charAt(i + 1) == '*';
          regex.append(twice ? ".*" : "[^/]*");
          i += twice ? 1 : 0;
        }
        case '?' -> regex.append("[^/]");
        case '{' -> {
          depth++;
          regex.append("(?:");
        }
        case '}' -> {
          depth--;
          regex.append(')');
        }
        case ',' -> regex.append(depth > 0 ? "|" : ",");
        case '[' -> {
          int close = glob.indexOf(']', i + 2);
          if (close < 0) {
            regex.append("\\[");
          } else {
            regex.append(glob, i, close + 1);
            i = close;
          }
        }
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return regex.toString();
  }

  /**
   * All partitions that there are, oldest first.
   *
   * @param reading what the files do not say themselves
   */
  Found find(Reading reading) {
    TreeMap<LocalDate, List<Shard>> days = new TreeMap<>();
    List<String> ignored = new ArrayList<>();
    for (Shard shard : SampleFiles.find(glob)) {
      Matcher named = path.matcher(shard.path());
      if (!named.find()) {
        ignored.add(shard.path());
        continue;
      }
      try {
        LocalDate day = LocalDate.parse(named.group(1), format);
        days.computeIfAbsent(day, d -> new ArrayList<>()).add(shard);
      } catch (DateTimeException e) {
        ignored.add(shard.path());
      }
    }
    List<Partition> partitions = new ArrayList<>();
    for (Map.Entry<LocalDate, List<Shard>> day : days.entrySet()) {
      partitions.add(new Partition(day.getKey(), SampleFiles.read(day.getValue(), reading)));
    }
    return new Found(List.copyOf(partitions), List.copyOf(ignored));
  }

  @Override
  public String toString() {
    return text;
  }
}
