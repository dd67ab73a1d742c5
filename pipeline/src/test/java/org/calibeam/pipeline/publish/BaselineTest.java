package org.calibeam.pipeline.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class BaselineTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A report of tensors with the given qparams. */
  private static JsonNode report(String... tensors) throws JsonProcessingException {
    return JSON.readTree(
        """
        {"model": {"graph": "g", "weights": "w"}, "configuration": {}, "conversion": {"calibrator": "mse"},
         "codePaths": [{"path": "main", "share": 1.0}], "observers": [%s]}
        """
            .formatted(String.join(",", tensors)));
  }

  private static String tensor(String name, String dtype, String scales, String zeroPoints) {
    return """
        {"codePath": "main", "observer": "%s", "dtype": "%s", "qscheme": "per_tensor_affine",
         "quantMin": -128, "quantMax": 127, "scale": [%s], "zeroPoint": [%s]}
        """
        .formatted(name, dtype, scales, zeroPoints);
  }

  private static JsonNode since(JsonNode before, JsonNode now) {
    return new Baseline("before", before).compare(now);
  }

  @Test
  void compare_sameReport_findsNothing() throws Exception {
    JsonNode report = report(tensor("x", "int8", "0.5", "3"));

    JsonNode since = since(report, report);

    assertThat(since.path("sameModel").asBoolean()).isTrue();
    assertThat(since.path("tensors").asInt()).isEqualTo(1);
    assertThat(since.path("moved")).isEmpty();
    assertThat(since.path("added")).isEmpty();
    assertThat(since.path("removed")).isEmpty();
  }

  @Test
  void compare_movedTensors_tellsTheShareOfTheirWidthTheMostFirst() throws Exception {
    JsonNode before =
        report(
            tensor("doubled", "int8", "1", "0"),
            tensor("shifted", "int8", "1", "0"),
            tensor("channels", "int8", "1, 1, 1", "0, 0, 0"));
    JsonNode now =
        report(
            tensor("doubled", "int8", "2", "0"),
            tensor("shifted", "int8", "1", "1"),
            tensor("channels", "int8", "1, 1.5, 1", "0, 0, 0"));

    JsonNode moved = since(before, now).path("moved");

    assertThat(moved.findValuesAsText("observer"))
        .containsExactly("doubled", "channels", "shifted");
    assertThat(moved.at("/0/moved").asDouble()).isEqualTo(128.0 / 255);
    assertThat(moved.at("/1/moved").asDouble()).isCloseTo(64.0 / 255, within(1e-6));
    assertThat(moved.at("/2/moved").asDouble()).isEqualTo(1.0 / 255);
    assertThat(moved.at("/0/scaleBefore").asDouble()).isEqualTo(1);
    assertThat(moved.at("/2/zeroPoint").asInt()).isEqualTo(1);
    assertThat(moved.at("/1/channels").asInt()).isEqualTo(3);
  }

  @Test
  void compare_otherTensorsAndIntegers_areToldApart() throws Exception {
    JsonNode before = report(tensor("gone", "int8", "1", "0"), tensor("x", "int8", "1", "0"));
    JsonNode now = report(tensor("new", "int8", "1", "0"), tensor("x", "int16", "1", "0"));

    JsonNode since = since(before, now);

    assertThat(since.at("/added/0/observer").asText()).isEqualTo("new");
    assertThat(since.at("/removed/0/observer").asText()).isEqualTo("gone");
    assertThat(since.at("/moved/0/dtypeBefore").asText()).isEqualTo("int8");
    assertThat(since.at("/moved/0").has("moved")).isFalse();
  }
}
