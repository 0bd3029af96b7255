package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real signal to {@code kpp verify} in a process of its own, while a runtime hangs: what was found is kept. */
class VerifyInterruptedTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aSignalEndsTheRunAndWhatWasFoundIsReported(String signal, int code) throws Exception {
        // Java leaves a signal alone that was ignored when it started.
        Assumptions.assumeFalse(signal.equals("INT") && Signals.areInterruptsIgnored(), "SIGINT is ignored here");
        Path json = temporary.resolve("report.json");
        Process kpp = ended(
                signal,
                "model",
                UnaryModel.write(temporary.resolve("model.onnx"), "Neg").toString(),
                "--json",
                json.toString());
        String out = Files.readString(temporary.resolve("out.txt"), StandardCharsets.UTF_8);
        assertThat(kpp.exitValue()).as(out).isEqualTo(code);
        assertThat(out)
                .contains(
                        "hangs                                          did not run: the run ended before it had run");
        assertThat(out.strip().lines().reduce("", (before, line) -> line))
                .isEqualTo("kpp verify FAILED: wrong 0 of 4 comparisons, cannot run 0, adapter cannot 0, "
                        + "runtimes 1 of 2, engines 1; expected a run to its end, found one that was ended early: this "
                        + "process was terminated");
        assertThat(Files.readString(json)).contains("\"runtime\" : \"onnxruntime-java\"");
    }

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aSuiteThatIsTerminatedReportsWhatWasFoundAndNothingUnexpected() throws Exception {
        Path test = Files.createDirectories(temporary.resolve("suite/test_neg"));
        UnaryModel.write(test.resolve("model.onnx"), "Neg");
        Tensor.of("x", new float[] {1, 2}, 2)
                .write(Files.createDirectory(test.resolve("test_data_set_0")).resolve("input_0.pb"));
        Process kpp = ended("TERM", "suite", temporary.resolve("suite").toString());
        assertThat(kpp.exitValue()).isEqualTo(143);
        assertThat(Files.readString(temporary.resolve("out.txt"))).contains("| 1 of 1, 100.0 % |");
        assertThat(Files.readString(temporary.resolve("err.txt"))).doesNotContain("unexpected");
    }

    /** The process of a check that was sent a signal while a runtime hung. */
    private Process ended(String signal, String... words) throws Exception {
        Path fifo = temporary.resolve("started");
        run("mkfifo", fifo.toString());
        hangs(fifo);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Kpp.class.getName(),
                "verify"));
        command.addAll(List.of(words));
        command.addAll(List.of(
                "--runtimes",
                "onnxruntime-java,hangs",
                "--runtimes-folder",
                temporary.resolve("runtimes").toString()));
        Process kpp = new ProcessBuilder(command)
                .redirectError(temporary.resolve("err.txt").toFile())
                .redirectOutput(temporary.resolve("out.txt").toFile())
                .start();
        try {
            // Whoever reads waits until the runtime has opened it, which is after ONNX Runtime has run.
            assertThat(Files.readString(fifo)).isEqualTo("runs\n");
            run("kill", "-" + signal, Long.toString(kpp.pid()));
            assertThat(kpp.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            kpp.descendants().forEach(ProcessHandle::destroyForcibly);
            kpp.destroyForcibly();
        }
        return kpp;
    }

    private void hangs(Path fifo) throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("runtimes/hangs"));
        Files.writeString(folder.resolve("runtime.json"), """
                {"title": "hangs", "engine": "hangs 1", "device": "cpu", "optimisations": ["on"],
                 "needs": [["true"]], "setup": [], "run": ["./run"]}
                """);
        Path run = Files.writeString(
                folder.resolve("run"), "#!/bin/sh\necho runs > '%s'\nexec tail -f /dev/null\n".formatted(fifo));
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}
