package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.exporter.trace.MethodReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The README's table of methods is what the code does; {@code -Dmethods.write=true} writes it anew instead of checking
 * it.
 */
class MethodTableTest {
    private static final Path README = Path.of("README.md");
    private static final String BEGIN = "<!-- The table below is generated: see MethodTableTest. -->\n";
    private static final String END = "<!-- End of the generated table. -->\n";

    @Test
    void theReadmeSaysOfEveryMethodWhatTheCodeDoes() throws IOException {
        String readme = Files.readString(README);
        int begin = readme.indexOf(BEGIN) + BEGIN.length();
        int end = readme.indexOf(END);
        if (Boolean.getBoolean("methods.write")) {
            Files.writeString(README, readme.substring(0, begin) + MethodTable.markdown() + readme.substring(end));
        }
        assertThat(Files.readString(README).substring(begin))
                .as("run this test with -Dmethods.write=true to write the table anew")
                .startsWith(MethodTable.markdown() + END);
    }

    @Test
    void everyRefusalHasAReason() {
        assertThat(MethodReport.rows())
                .allSatisfy(row -> assertThat(row.operation().orElse(row.remark()))
                        .isNotBlank()
                        .doesNotContain("this version of the tracer does not know it"));
    }
}
