package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that {@code kpp verify} takes and renews: tolerances and golden vectors; and what it says last. */
class VerifyFilesTest {
    @TempDir
    Path temporary;

    private Path set;

    @BeforeEach
    void makeVectorsAndARuntimeThatCopiesItsInput() throws IOException {
        set = temporary.resolve("vectors/test_data_set_0");
        Tensor.of("x", new float[] {1, 2}, 2).write(set.resolve("input_0.pb"));
        Tensor.of("y", new float[] {-1, -2}, 2).write(set.resolve("output_0.pb"));
        Path folder = Files.createDirectories(temporary.resolve("runtimes/copies"));
        Files.writeString(folder.resolve("runtime.json"), """
                {"title": "copies", "engine": "copies 1", "device": "cpu", "optimisations": ["on"],
                 "needs": [["true"]], "setup": [], "run": ["./run"]}
                """);
        Path run = Files.writeString(folder.resolve("run"), """
                #!/bin/sh
                printf 'about\\tcopies\\n'
                n=0
                while IFS='\t' read -r model in out opt; do
                    cp "$in/input_0.pb" "$out/output_0.pb"
                    printf 'done\\t%d\\t%d.5\\n' $n $((10-n))
                    n=$((n+1))
                done < "$1"
                """);
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aToleranceHoldsForItsRuntimeAndOutputAndTheReportSaysWhatItDecided() throws IOException {
        Path model = model("Neg");
        Path file = Files.writeString(temporary.resolve("own.json"), """
                {"tolerances": [{"output": "y", "runtime": "copies", "atol": 4, "why": "it copies"}]}
                """);
        CommandRun without = verify(model, "--random", "0");
        assertThat(without.exitCode()).isEqualTo(1);
        assertThat(lastLine(without))
                .isEqualTo("kpp verify FAILED: wrong 1 of 3 comparisons, cannot run 0, adapter cannot 0, "
                        + "runtimes 2 of 2, engines 2; graph 'model.onnx' (vectors 0): copies alone differs at 'y' "
                        + "at [1]: suspect the engine copies");
        Path json = temporary.resolve("report.json");
        CommandRun run = verify(
                model, "--random", "0", "--tolerances", file.toString(), "--latency", "3", "--json", json.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains(
                        "own.json, entry 1 (it copies): 4e+00, applied to 1 comparisons; 1 pass and 0 fail only "
                                + "because of it",
                        "own.json, entry 1: copies, optimisations on, graph 'model.onnx', output 'y' (vectors 0) "
                                + "passes because of it; without it, the output differs by 4.00e+00 at [1]",
                        "one run in ms, on one thread, as measured by the runtime: the median of 3 after the first");
        // It said 10.5, 9.5, 8.5 and 7.5 ms, of which the first does not count.
        assertThat(run.out())
                .containsPattern("copies +on +model.onnx, vectors 0 +yes +8.500")
                .containsPattern("onnxruntime-java +off +model.onnx, vectors 0 +yes +\\d");
        assertThat(Files.readString(json)).contains("\"milliseconds\" : 8.5");
        assertThat(lastLine(run))
                .isEqualTo("kpp verify passed: wrong 0 of 3 comparisons, cannot run 0, adapter cannot 0, "
                        + "runtimes 2 of 2, engines 2");
    }

    @Test
    void whatAFileOfTolerancesCannotMeanIsRefused() throws IOException {
        Path model = model("Neg");
        String[][] wrong = {
            {"{\"output\": \"z\", \"atol\": 1}", "entry 1: expected a known output (y), found 'z'"},
            {"{\"runtime\": \"copy\", \"atol\": 1}", "entry 1: expected a known runtime (copies, "},
            {"{\"graph\": \"g\", \"atol\": 1}", "entry 1: expected a known graph (model.onnx), found 'g'"},
            {"{\"output\": \"y\", \"atol\": -1}", "entry 1: expected atol as a number of at least 0, found -1.0"},
            {"{\"output\": \"y\", \"atol\": \"1\"}", "found another kind of value at tolerances[0].atol"},
            {"{\"output\": \"y\", \"tol\": 1}", "found Unrecognized field \"tol\""},
            {"{\"output\": \"y\", \"atol\": 1, \"atol\": 2}", "found Duplicate field 'atol'"},
            {"{\"output\": \"y\"}", "entry 1: expected atol or rtol, found neither"},
            {"{\"atol\": 1}", "entry 1: expected a graph, an output or a runtime, found an entry without"},
            {
                "{\"output\": \"y\", \"atol\": 1}, {\"output\": \"y\", \"rtol\": 1}",
                "entry 2: expected one entry for each graph, output and runtime, found a second"
            },
        };
        for (String[] words : wrong) {
            Path file = Files.writeString(temporary.resolve("t.json"), "{\"tolerances\": [%s]}".formatted(words[0]));
            CommandRun run = verify(model, "--tolerances", file.toString());
            assertThat(run.exitCode()).as(words[0]).isEqualTo(2);
            assertThat(run.err()).contains("t.json", words[1]);
        }
        for (String nothing : List.of("null", "{\"tolerances\": null}")) {
            Path file = Files.writeString(temporary.resolve("t.json"), nothing);
            CommandRun run = verify(model, "--tolerances", file.toString());
            assertThat(run.exitCode()).as(nothing).isEqualTo(2);
            assertThat(run.err()).contains("t.json: expected {\"tolerances\": [", "}]}, found null");
        }
    }

    @Test
    void vectorsAreRenewedOnlyWhereTwoEnginesAgree() throws IOException {
        Path model = model("Identity");
        Path output = set.resolve("output_0.pb");
        byte[] before = Files.readAllBytes(output);
        CommandRun alone = renew(model, "onnxruntime-java");
        assertThat(alone.exitCode()).isEqualTo(1);
        assertThat(alone.err()).contains("expected two engines that agree, found only [onnxruntime]; ");
        CommandRun disagree = renew(model("Neg"), "onnxruntime-java,copies");
        assertThat(disagree.exitCode()).isEqualTo(1);
        assertThat(disagree.err()).contains("expected engines that agree, found: copies, ", "nothing was written");
        CommandRun dry = renew(model("Identity"), "onnxruntime-java,copies", "--dry-run");
        assertThat(dry.exitCode()).as(dry.err()).isZero();
        String change =
                "test_data_set_0/output_0.pb  'y'  DIFFERS by at most 4.00e+00; at [1] it was -2.0, is 2.0 (-6 dB)";
        assertThat(dry.out()).contains(change);
        assertThat(lastLine(dry)).startsWith("kpp verify renew: would replace 1 of 1 files in ");
        assertThat(output).hasBinaryContent(before);

        CommandRun renewed = renew(model, "onnxruntime-java,copies");
        assertThat(renewed.exitCode()).as(renewed.err()).isZero();
        assertThat(renewed.out()).contains(change);
        assertThat(Tensor.read(output)).isEqualTo(Tensor.of("y", new float[] {1, 2}, 2));
        try (var files = Files.list(set)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("input_0.pb", "output_0.pb");
        }
        assertThat(verify(model, "--random", "0").exitCode()).isZero();
        CommandRun again = renew(model, "onnxruntime-java,copies");
        assertThat(again.out()).contains("test_data_set_0/output_0.pb  'y'  same bits");
        assertThat(lastLine(again)).startsWith("kpp verify renew: replaced 0 of 1 files in ");
    }

    @Test
    void aSetThatOneEngineAloneCanRunIsNamedAndNoneIsRenewed() throws IOException {
        Path model = model("Identity");
        Path second = set.resolveSibling("test_data_set_1");
        Tensor three = Tensor.of("y", new float[] {3, 4}, 2);
        three.named("x").write(second.resolve("input_0.pb"));
        Path run = temporary.resolve("runtimes/copies/run");
        String refuse = "case $in in *1) printf 'failed\\t%d\\tno\\n' $n; n=$((n+1)); continue;; esac; cp ";
        Files.writeString(run, Files.readString(run).replace("cp ", refuse));
        byte[] before = Files.readAllBytes(set.resolve("output_0.pb"));
        CommandRun renewed = renew(model, "onnxruntime-java,copies");
        assertThat(renewed.exitCode()).isEqualTo(1);
        assertThat(renewed.err())
                .contains("model.onnx: vectors 1: expected two engines that agree, found only [onnxruntime]; ");
        CommandRun required = renew(model, "onnxruntime-java,copies", "--require", "--one-engine");
        assertThat(required.exitCode()).isEqualTo(1);
        assertThat(required.err()).contains("copies, optimisations on: cannot run graph 'model.onnx' (vectors 1): no");
        assertThat(set.resolve("output_0.pb")).hasBinaryContent(before);
        assertThat(second.resolve("output_0.pb")).doesNotExist();
        CommandRun one = renew(model, "onnxruntime-java,copies", "--one-engine");
        assertThat(one.exitCode()).as(one.err()).isZero();
        assertThat(Tensor.read(second.resolve("output_0.pb"))).isEqualTo(three);
    }

    private static String lastLine(CommandRun run) {
        return run.out().strip().lines().reduce("", (before, line) -> line);
    }

    private Path model(String operator) throws IOException {
        return UnaryModel.write(temporary.resolve("model.onnx"), operator);
    }

    private CommandRun verify(Path model, String... options) {
        return kpp("model", model, "onnxruntime-java,copies", options);
    }

    private CommandRun renew(Path model, String runtimes, String... options) {
        return kpp("renew", model, runtimes, options);
    }

    private CommandRun kpp(String command, Path model, String runtimes, String... options) {
        List<String> words = new ArrayList<>(List.of(
                "verify",
                command,
                model.toString(),
                "--vectors",
                set.getParent().toString(),
                "--runtimes",
                runtimes,
                "--runtimes-folder",
                temporary.resolve("runtimes").toString()));
        words.addAll(List.of(options));
        return CommandRun.kpp(words.toArray(String[]::new));
    }
}
