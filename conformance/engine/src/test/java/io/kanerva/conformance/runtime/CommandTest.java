package io.kanerva.conformance.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandTest {
    @TempDir
    Path temporary;

    @Test
    void onlyARegistryThatGivesNoAnswerIsNamedSo() throws IOException {
        String silent = "the package registry gives no answer or has no such package: ";
        assertThat(problem("error: Could not resolve host: example.org")).startsWith(silent);
        assertThat(problem("error: could not resolve proxy: example.org")).startsWith(silent);
        assertThat(problem("npm error Could not resolve dependency:\nnpm error peer a@1 from b@2"))
                .isEqualTo("npm error peer a@1 from b@2");
    }

    private String problem(String log) throws IOException {
        return Command.problem(Files.writeString(temporary.resolve("log"), log));
    }
}
