package org.calibeam.pipeline.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class ReportPageTest {

  @Test
  void of_namesWithMarkup_areShownNotRun() throws Exception {
    String page =
        ReportPage.of(
            new ObjectMapper()
                .readTree(
                    """
                    {"model": {"path": "<script>alert(1)</script>"},
                     "codePaths": [{"path": "main", "samples": 5, "share": 1.0}],
                     "unquantized": [{"codePath": "main", "node": "a\\"b", "reason": "x & y"}]}
                    """));

    assertThat(page)
        .doesNotContain("<script>")
        .contains("&lt;script&gt;", "a&quot;b", "x &amp; y", "100.0 %");
  }
}
