package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Holds README.md against what there is. */
class ReadmeTest {
  /** Tests run in their module's folder. */
  private static final Path ROOT = Path.of("..");

  @Test
  void commands_firstTwo_areTheDemoAndTheTests() throws IOException {
    assertThat(commands().get(0)).isEqualTo("deploy/demo/run");
    assertThat(commands().get(1)).isEqualTo("./mvnw -B verify");
  }

  @Test
  void commands_all_areRunByContinuousIntegration() throws IOException, InterruptedException {
    Process list =
        new ProcessBuilder("bash", ".ci/run", "--list")
            .directory(ROOT.toFile())
            .redirectErrorStream(true)
            .start();
    String listed = new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(list.waitFor()).as(listed).isZero();
    assertThat(listed.lines()).containsAll(commands());
  }

  @Test
  void commands_all_nameExecutableFiles() throws IOException {
    for (String command : commands()) {
      assertThat(ROOT.resolve(command.split(" ")[0])).as(command).isExecutable();
    }
  }

  @Test
  void verbs_inTheTable_areThoseOfTheCommandLine() throws IOException {
    List<String> verbs = new ArrayList<>();
    for (String line : between("| verb | does |", "")) {
      if (line.startsWith("| `")) {
        verbs.add(line.split("`")[1]);
      }
    }

    assertThat(verbs)
        .containsExactlyInAnyOrderElementsOf(new CommandLine(new Main()).getSubcommands().keySet());
  }

  @Test
  void files_thatAreLinked_exist() throws IOException {
    Matcher link =
        Pattern.compile("]\\(([^)#:]+)\\)").matcher(Files.readString(ROOT.resolve("README.md")));

    assertThat(link.results().map(r -> ROOT.resolve(r.group(1))))
        .isNotEmpty()
        .allSatisfy(file -> assertThat(file).exists());
  }

  /** The lines of all bash blocks, without what follows a {@code #}. */
  private static List<String> commands() throws IOException {
    List<String> commands = new ArrayList<>();
    boolean inBlock = false;
    for (String line : Files.readAllLines(ROOT.resolve("README.md"))) {
      if (line.startsWith("```")) {
        inBlock = line.equals("```bash");
      } else if (inBlock && !line.isBlank()) {
        commands.add(line.replaceFirst(" *# .*", ""));
      }
    }
    return commands;
  }

  private static List<String> between(String first, String last) throws IOException {
    List<String> lines = Files.readAllLines(ROOT.resolve("README.md"));
    int from = lines.indexOf(first);
    assertThat(from).as(first).isNotNegative();
    List<String> rest = lines.subList(from + 1, lines.size());
    return rest.subList(0, rest.indexOf(last));
  }
}
