package org.calibeam.pipeline.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.calibeam.core.qspec.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
  @TempDir private Path parent;

  @Test
  void open_untilSomethingIsStaged_writesNothing() {
    OutputFolder.open(path(), false);

    assertThat(parent.resolve("out")).doesNotExist();
  }

  @Test
  void commit_stagedFiles_areMovedUpAndNothingElseIsLeft() throws IOException {
    OutputFolder folder = OutputFolder.open(path(), false);
    stage(folder, OutputFolder.MODEL, OutputFolder.REPORT, OutputFolder.MANIFEST);

    folder.commit();

    assertThat(names()).containsExactlyInAnyOrder("model.pt2", "report.json", "manifest.json");
  }

  @Test
  void commit_overAnEarlierRun_leavesNoneOfItsFiles() throws IOException {
    OutputFolder first = OutputFolder.open(path(), false);
    stage(first, OutputFolder.MODEL, OutputFolder.BAD_SAMPLES, OutputFolder.MANIFEST);
    first.commit();
    OutputFolder second = OutputFolder.open(path(), true);
    stage(second, OutputFolder.STATISTICS, OutputFolder.MANIFEST);

    second.commit();

    assertThat(names()).containsExactlyInAnyOrder("statistics.avro", "manifest.json");
  }

  @Test
  void open_finishedRun_isRefused() {
    OutputFolder first = OutputFolder.open(path(), false);
    stage(first, OutputFolder.MANIFEST);
    first.commit();

    assertThatThrownBy(() -> OutputFolder.open(path(), false))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("already holds a finished run")
        .hasMessageContaining("--overwrite");
  }

  @Test
  void open_unfinishedRun_isNotRefused() {
    OutputFolder first = OutputFolder.open(path(), false);
    stage(first, OutputFolder.MODEL);

    assertThat(OutputFolder.open(path(), false).created()).isFalse();
  }

  @Test
  void discard_newFolder_removesIt() {
    OutputFolder folder = OutputFolder.open(path(), false);
    stage(folder, OutputFolder.MODEL, OutputFolder.STATISTICS);

    folder.discard();

    assertThat(parent.resolve("out")).doesNotExist();
  }

  @Test
  void discard_folderWithOtherFiles_leavesThem() throws IOException {
    Files.createDirectory(parent.resolve("out"));
    Files.writeString(parent.resolve("out/notes.txt"), "mine");
    OutputFolder folder = OutputFolder.open(path(), false);
    stage(folder, OutputFolder.MODEL);

    folder.discard();

    assertThat(names()).containsExactly("notes.txt");
  }

  /**
   * Each turn can go either way, and a path holds about forty: whoever walks it does not come back.
   */
  @Test
  void open_newFolderBesideLinksThatGoInCircles_doesNotFollowThem() throws IOException {
    Files.createSymbolicLink(parent.resolve("a"), parent);
    Files.createSymbolicLink(parent.resolve("b"), parent);

    assertThat(OutputFolder.open(path(), false).created()).isTrue();
  }

  @Test
  void stage_unwritableFolder_saysWhat() throws IOException {
    Files.writeString(parent.resolve("out"), "a file");
    OutputFolder folder = OutputFolder.open(path(), false);

    assertThatThrownBy(() -> stage(folder, OutputFolder.MODEL))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("Cannot write to the output folder");
  }

  private static void stage(OutputFolder folder, String... names) {
    for (String name : names) {
      StagedFile.write(folder, name, name.getBytes(StandardCharsets.UTF_8));
    }
  }

  private String path() {
    return parent.resolve("out").toString();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(parent.resolve("out"))) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }
}
