package org.calibeam.pipeline.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class WarningsTest {

  private static List<String> warnings(String report) throws JsonProcessingException {
    return Warnings.of(new ObjectMapper().readTree(report));
  }

  @Test
  void of_goodRun_saysNothing() throws Exception {
    assertThat(
            warnings(
                """
                {"samples": {"observed": 10, "bad": 0}, "data": {"moved": []},
                 "evaluation": {"samples": 1000, "flippedSamples": 9},
                 "observers": [{"codePath": "main", "observer": "x", "sqnrDb": 20.0, "saturated": 0.0099},
                               {"codePath": "main", "observer": "w"}]}
                """))
        .isEmpty();
  }

  @Test
  void of_modelThatLosesItsSignal_saysWhatToDo() throws Exception {
    assertThat(
            warnings(
                """
                {"evaluation": {"samples": 32, "flippedSamples": 0, "sqnrDb": 2.69, "top1Agreement": 0.5}}
                """))
        .containsExactly(
            "The outputs keep only 2.7 dB of their signal; the verb analyze says which modules are to blame.",
            "Only 50.0 % of the decisions are the float model's.");
  }

  @Test
  void of_eachConcern_namesHowManyAndTheWorst() throws Exception {
    assertThat(
            warnings(
                """
                {"samples": {"observed": 10, "bad": 2},
                 "badSamples": [{"id": "a.npz#3", "reason": "input 0: 1 element is NaN"}, {"id": "b.npz#0", "reason": "r"}],
                 "floatingPaths": ["main/true_graph_0"], "borrowedPaths": ["main/false_graph_0"],
                 "evaluation": {"samples": 1000, "flippedSamples": 10},
                 "data": {"moved": [{"codePath": "main", "observer": "relu"}]},
                 "observers": [{"codePath": "main", "observer": "x", "sqnrDb": 19.9, "saturated": 0.01},
                               {"codePath": "main", "observer": "y", "sqnrDb": 3.0, "saturated": 0.25}]}
                """))
        .containsExactly(
            "Code path main/true_graph_0 stays in floating point: too few samples reached it.",
            "The ranges of code path main/false_graph_0 are borrowed: too few samples reached it.",
            "10 of 1000 evaluated samples take another code path once quantized.",
            "2 samples were set aside; the first, a.npz#3: input 0: 1 element is NaN",
            "The scale of 1 tensor depends by more than 5 % on which samples were used, relu of main among them.",
            "2 tensors have at least 1 % of the values beyond the range, most of all y of main with 25.0 %.",
            "2 tensors keep less than 20 dB of the signal, least of all y of main with 3.0 dB.");
  }

  @Test
  void of_repairThatLosesMoreThanATenth_isNamed() throws Exception {
    assertThat(
            warnings(
                """
                {"repairs": {"effect": {"samples": 9, "steps": [
                  {"repairs": [], "sqnrDb": {"value": 30.0}},
                  {"repairs": ["bias"], "sqnrDb": {"value": 29.95}},
                  {"repairs": ["bias", "equalize"], "sqnrDb": {"value": 29.5}}]}}}
                """))
        .containsExactly(
            "The repair equalize lowers the SQNR from 29.95 to 29.50 dB; leave it out.");
  }
}
