package org.calibeam.pipeline.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class ReportPageTest {

  @Test
  void of_namesWithMarkup_cannotEndTheScript() throws Exception {
    ObjectMapper json = new ObjectMapper();
    JsonNode report =
        json.readTree(
            """
            {"model": {"path": "</script><script>alert(1)</script>"},
             "unquantized": [{"codePath": "main", "node": "a\\"b", "reason": "x & y <!--"}]}
            """);

    String page = ReportPage.of(report);

    String open = "<script id=\"report\" type=\"application/json\">";
    int start = page.indexOf(open) + open.length();
    String embedded = page.substring(start, page.indexOf("</script>", start));
    assertThat(json.readTree(embedded)).isEqualTo(report);
    assertThat(embedded).doesNotContain("<");
  }
}
