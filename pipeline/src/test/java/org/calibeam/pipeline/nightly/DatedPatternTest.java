package org.calibeam.pipeline.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.calibeam.pipeline.io.Reading;
import org.calibeam.pipeline.io.Shard;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatedPatternTest {
  @TempDir private Path folder;

  @BeforeEach
  void files() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  private void files(String... names) throws IOException {
    for (String name : names) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, new byte[3]);
    }
  }

  private DatedPattern.Found find(String pattern) {
    return DatedPattern.of(folder + "/" + pattern).find(Reading.PLAIN);
  }

  @Test
  void find_foldersByDay_areOrdered() throws IOException {
    files("s/2026-11-21/b.npz", "s/2026-11-20/a.npz", "s/2026-11-21/a.npz", "s/latest/a.npz");
    DatedPattern.Found found = find("s/{date}/*.npz");
    assertThat(found.ignored()).isEmpty();
    assertThat(found.partitions().stream().map(p -> p.day().toString()))
        .containsExactly("2026-11-20", "2026-11-21");
    assertThat(found.partitions().get(1).shards().stream().map(Shard::name))
        .containsExactly("a.npz", "b.npz");
  }

  @Test
  void find_dateOverFoldersAndInNames_isRead() throws IOException {
    files("s/2026/11/21/x/a.npz", "t/cam1-20261120-part7.avro", "t/cam2-20261120-part7.avro");
    assertThat(find("s/{date:yyyy/MM/dd}/{x,y}/*.npz").partitions()).hasSize(1);
    assertThat(find("s/{date:yyyy/MM/dd}/**.npz").partitions()).hasSize(1);
    assertThat(find("t/cam[12]-{date:yyyyMMdd}-part?.avro").partitions())
        .singleElement()
        .satisfies(p -> assertThat(p.day()).isEqualTo("2026-11-20"))
        .satisfies(p -> assertThat(p.shards()).hasSize(2));
  }

  @Test
  void find_noSuchDay_isIgnoredAndTold() throws IOException {
    files("s/2026-02-30/a.npz", "s/abcd-ef-gh/a.npz", "s/2026-02-28/a.npz");
    DatedPattern.Found found = find("s/{date}/*.npz");
    assertThat(found.partitions()).hasSize(1);
    assertThat(found.ignored()).hasSize(2);
  }

  @Test
  void find_nothing_isEmpty() {
    assertThat(find("none/{date}/*.npz").partitions()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s/*.npz",
        "{date}/{date}.npz",
        "{date:yyyy-MM}.npz",
        "{date:yyyy-MM-dd HH}.npz",
        "{date:yyyyMMddMM}.npz"
      })
  void of_noUsableDate_isRefused(String pattern) {
    assertThatThrownBy(() -> DatedPattern.of(pattern)).hasMessageContaining(pattern);
  }

  @Test
  void window_lastSinceExcludeAndUntil_choose() {
    List<Partition> all =
        LocalDate.of(2026, 11, 1)
            .datesUntil(LocalDate.of(2026, 11, 11))
            .filter(day -> day.getDayOfMonth() != 5)
            .map(day -> new Partition(day, List.of()))
            .toList();
    LocalDate sixth = LocalDate.of(2026, 11, 6);
    Window last =
        new Window(OptionalInt.of(3), Optional.empty(), Set.of(LocalDate.of(2026, 11, 4)));
    assertThat(days(last.of(all, Optional.of(sixth)))).containsExactly(2, 3, 6);
    Window since = new Window(OptionalInt.empty(), Optional.of(sixth), Set.of());
    assertThat(days(since.of(all, Optional.empty()))).containsExactly(6, 7, 8, 9, 10);
  }

  private static List<Integer> days(List<Partition> partitions) {
    return partitions.stream().map(p -> p.day().getDayOfMonth()).toList();
  }
}
