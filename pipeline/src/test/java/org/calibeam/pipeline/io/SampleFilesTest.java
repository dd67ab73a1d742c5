package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.calibeam.core.observe.SamplesException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleFilesTest {
  @TempDir private Path folder;

  @BeforeEach
  void writeFiles() throws IOException {
    for (String name : new String[] {"b.npz", "a.npz", "c.npy", "notes.txt"}) {
      Files.write(folder.resolve(name), new byte[] {1, 2, 3});
    }
  }

  @Test
  void match_overlappingPatterns_givesEachFileOnceByPath() {
    String patterns = folder + "/*.npz, " + folder + "/{a,c}.np?";

    assertThat(SampleFiles.match(patterns))
        .extracting(Shard::name)
        .containsExactly("a.npz", "b.npz", "c.npy");
  }

  @Test
  void match_nothing_saysWhichPattern() {
    assertThatThrownBy(() -> SampleFiles.match(folder + "/a.npz," + folder + "/*.avro"))
        .isInstanceOf(SamplesException.class)
        .hasMessageStartingWith("No samples: no file matches " + folder + "/*.avro");
  }

  @Test
  void match_missingFile_saysWhichPattern() {
    assertThatThrownBy(() -> SampleFiles.match(folder + "/none.npz"))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("no file matches");
  }

  @Test
  void match_folder_saysWhatToGive() {
    assertThatThrownBy(() -> SampleFiles.match(folder.toString()))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("is a folder");
  }

  @Test
  void match_unknownEnding_isRefused() {
    assertThatThrownBy(() -> SampleFiles.match(folder + "/*"))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("notes.txt");
  }
}
