package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** What a command printed and returned. */
record Outcome(int status, String out, String err) {
  static Outcome of(Object... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    int status =
        Main.run(
            Stream.of(arguments).map(Object::toString).toArray(String[]::new),
            new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false));
    return new Outcome(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** The one line that a failure prints. */
  String error() {
    assertThat(status).isEqualTo(Main.FAILED);
    assertThat(
            err.lines()
                .filter(
                    l ->
                        !l.startsWith("calibrating")
                            && !l.startsWith("evaluating")
                            && !l.startsWith("analyzing"))
                .toList())
        .singleElement()
        .asString()
        .startsWith("error: ");
    return err;
  }
}
