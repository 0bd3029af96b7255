package io.kanerva.conformance.bundle.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.bundle.Subject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Spoilt bundles give clear errors: never a crash, never a file from outside. A few hundred here; many more with
 *
 * <pre>
 * mvn -pl conformance/bundle -am test -Dtest=BundleFuzzTest \
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dfuzz.count=20000 -Dfuzz.seed=1000
 * </pre>
 */
class BundleFuzzTest {
    /** Address space: what a spoilt size asks for must fail to be had, not take the machine's memory. */
    private static final String KILOBYTES = "12000000";

    @TempDir
    Path temporary;

    @Test
    void spoiltBundlesAreRefusedInWordsOrWork() throws Exception {
        int count = Integer.getInteger("fuzz.count", 250);
        Path output = temporary.resolve("output.txt");
        ProcessBuilder builder = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -v " + KILOBYTES + "; exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:ErrorFile=/dev/stdout",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BundleFuzz.class.getName(),
                        Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE).toString(),
                        Integer.toString(count),
                        Long.toString(Long.getLong("fuzz.seed", 1)),
                        temporary.resolve("work").toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        Process process = builder.start();
        boolean ended = process.waitFor(600 + count, TimeUnit.SECONDS);
        process.destroyForcibly();
        List<String> lines = Files.readAllLines(output, StandardCharsets.ISO_8859_1);
        String last = lines.isEmpty()
                ? "nothing"
                : lines.stream()
                        .filter(line -> line.startsWith("case "))
                        .reduce((one, other) -> other)
                        .orElse("no case");
        assertThat(ended).as("it ends in time; it was at: %s", last).isTrue();
        assertThat(process.exitValue())
                .as(
                        "exit status; it was at: %s%n%s",
                        last, String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size())))
                .isZero();
        lines.stream().filter(line -> line.startsWith("tally")).forEach(System.out::println);
        assertThat(lines).contains("done " + count).noneMatch(line -> line.startsWith("BAD"));
    }
}
