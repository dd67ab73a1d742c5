import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.calibeam.pipeline.cli.Main;

/**
 * Runs command lines one after the other in one process, which spares a start of the JVM for each: a JSON list of arguments per line
 * on stdin, and per line on stdout {@code {"status": …, "stdout": …, "stderr": …}}.
 */
class Commands {
  public static void main(String[] none) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err); // whatever else would print must not come between
    ObjectMapper json = new ObjectMapper();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int status =
          Main.run(
              json.readValue(line, String[].class),
              new PrintStream(out, true, StandardCharsets.UTF_8),
              new PrintStream(err, true, StandardCharsets.UTF_8));
      answers.println(
          json.writeValueAsString(
              Map.of(
                  "status",
                  status,
                  "stdout",
                  out.toString(StandardCharsets.UTF_8),
                  "stderr",
                  err.toString(StandardCharsets.UTF_8))));
      answers.flush();
    }
    System.exit(0);
  }
}
