package org.calibeam.pipeline.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgressNotesTest {
  @TempDir private Path folder;

  private static ProgressCounts counts(long done, long bad) {
    return new ProgressCounts(0, done, bad, new TreeMap<>(Map.of("main", done)));
  }

  @Test
  void read_twoWorkers_addsThemUp() {
    ProgressNotes notes = new ProgressNotes(folder.resolve("progress-").toString());
    ProgressNotes.Writer a = notes.newWriter();
    ProgressNotes.Writer b = notes.newWriter();
    a.add(counts(3, 1));
    a.add(counts(4, 0));
    a.write();
    b.add(counts(5, 0));
    b.write();

    assertThat(notes.read()).isEqualTo(counts(12, 1));
  }

  @Test
  void read_halfWrittenNote_leavesItOut() throws IOException {
    ProgressNotes notes = new ProgressNotes(folder.resolve("progress-").toString());
    Files.writeString(folder.resolve("progress-x"), "done 7\nba");

    assertThat(notes.read()).isEqualTo(ProgressCounts.NONE);
  }

  @Test
  void read_noFolder_isNothing() {
    assertThat(new ProgressNotes(folder.resolve("none/progress-").toString()).read())
        .isEqualTo(ProgressCounts.NONE);
  }
}
