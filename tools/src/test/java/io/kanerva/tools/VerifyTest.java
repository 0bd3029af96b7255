package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kpp verify} on other models than bundles, and what it writes. */
class VerifyTest {
    private static final Path BUNDLE = Path.of("..", "models", "bundles", "fashion-mnist");

    @TempDir
    Path temporary;

    @Test
    void anyModelWithVectorsIsCheckedAndReportedInFourForms() throws IOException {
        Path html = temporary.resolve("page.html");
        Path junit = temporary.resolve("junit.xml");
        Path json = temporary.resolve("findings.json");
        CommandRun run = CommandRun.kpp(
                "verify",
                "model",
                BUNDLE.resolve("decoder.onnx").toString(),
                "--vectors",
                BUNDLE.resolve("vectors/decoder").toString(),
                "--html",
                html.toString(),
                "--junit",
                junit.toString(),
                "--json",
                json.toString(),
                "--details");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains(
                        "ONNX Runtime 1.29.0, Java", "ONNX Runtime 1.29.0, Java, CUDA", "comparisons passed", "logits");
        assertThat(Files.readString(html))
                .contains("Conformance of decoder.onnx", "<svg", "data:image/png;base64,", "<details>", "Did not run: ")
                .doesNotContain("http://", "<script", "<details open>");
        assertThat(Files.readString(junit)).startsWith("<?xml").contains("<testsuite name=\"onnxruntime-java\"");
        assertThat(Files.readString(json)).contains("\"subject\" : \"decoder.onnx\"", "\"holds\" : true");
    }

    @Test
    void vectorsThatAreWrongEndWithTheFirstThatIsAndNameTheNode() throws IOException {
        Path vectors = temporary.resolve("vectors/test_data_set_0");
        Files.createDirectories(vectors);
        Path source = BUNDLE.resolve("vectors/decoder");
        Path html = temporary.resolve("page.html");
        for (String file : new String[] {"input_0.pb", "input_1.pb"}) {
            Files.copy(source.resolve("test_data_set_0").resolve(file), vectors.resolve(file));
        }
        byte[] output = Files.readAllBytes(source.resolve("test_data_set_0/output_0.pb"));
        output[output.length - 1] ^= 0x40; // the sign and the size of the last number are in its last byte
        Files.write(vectors.resolve("output_0.pb"), output);
        CommandRun run = CommandRun.kpp(
                "verify",
                "model",
                BUNDLE.resolve("decoder.onnx").toString(),
                "--vectors",
                vectors.getParent().toString(),
                "--random",
                "0",
                "--bisect",
                "--runtimes",
                "onnxruntime-java",
                "--html",
                html.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .contains("onnxruntime-java, optimisations off: graph 'decoder.onnx', output 'logits' (vectors 0) "
                        + "differs by");
        assertThat(run.out()).contains("NOT onnxruntime-java", "so the model itself differs");
        String page = Files.readString(html);
        assertThat(page)
                .contains(
                        "2 comparisons failed.",
                        "<h2>Failures</h2>",
                        "<details open>",
                        "<tr class=\"wrong\"><th scope=\"row\">decoder.onnx logits</th><td>NO</td>")
                .contains("<text x=\"0\"", ">expected</text>", ">onnxruntime-java</text>");
    }

    @Test
    void aBundlesOwnChecksAreMadeWhateverRuntimesAreChosen() throws IOException {
        Path missing = Files.createDirectories(temporary.resolve("runtimes/missing"));
        Files.writeString(missing.resolve("runtime.json"), """
                {"title": "Missing", "engine": "x", "device": "cpu", "optimisations": ["on"],
                 "needs": [["no-such-toolchain"]], "setup": ["true"], "run": ["true"]}
                """);
        CommandRun run = CommandRun.kpp(
                "verify",
                BUNDLE.toString(),
                "--runtimes",
                "missing",
                "--runtimes-folder",
                missing.getParent().toString(),
                "--details");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("missing: expected a runtime that runs, found one that does not (");
        assertThat(run.out())
                .containsPattern("onnxruntime-java vectors .* encoder .* content")
                .containsPattern("onnxruntime-java djl-pytorch .* memory-writer +memory ")
                .containsPattern("onnxruntime-java the four graphs .* index .* contents")
                .containsPattern("kanerva +vectors .* bundle .* logits")
                .doesNotContain("NOT ");
    }

    @Test
    void everyReportTellsOfAWholeCallThatIsNotTheFourGraphs() throws IOException {
        Path bundle = changed(
                "index",
                graph -> graph.getInitializerBuilderList().stream()
                        // Not a tensor of the four graphs: those are compared when the bundle is opened.
                        .filter(weight -> weight.getName().startsWith("constant_") && weight.getDataType() == 1)
                        .forEach(weight -> addToFirst(weight, 0.01f)));
        Path html = temporary.resolve("page.html");
        Path junit = temporary.resolve("junit.xml");
        Path json = temporary.resolve("findings.json");
        CommandRun run = CommandRun.kpp(
                "verify",
                bundle.toString(),
                "--runtimes",
                "onnxruntime-java",
                "--random",
                "0",
                "--html",
                html.toString(),
                "--junit",
                junit.toString(),
                "--json",
                json.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("against the four graphs: graph 'index', output 'contents'");
        assertThat(run.out())
                .contains("NOT onnxruntime-java, optimisations off, against the four graphs: graph 'index'");
        assertThat(Files.readString(html))
                .contains("comparisons failed.", "the four graphs", "<details open>")
                .doesNotContain("Every output of every runtime");
        assertThat(Files.readString(junit))
                .contains(
                        "<testsuite name=\"onnxruntime-java\"",
                        "<failure message=\"onnxruntime-java, optimisations off, against the four graphs");
        assertThat(Files.readString(json)).contains("\"holds\" : false", "\"reference\" : \"the four graphs\"");
    }

    @Test
    void theNodeOfAnyModelThatWasChangedIsFoundByOneThatIsRight() throws IOException {
        Path bundle = changed(
                "decoder",
                graph -> graph.getInitializerBuilderList().stream()
                        .filter(weight -> weight.getName().equals("features/block1a/weight"))
                        .forEach(weight -> addToFirst(weight, 0.1f)));
        String changed = bundle.resolve("decoder.onnx").toString();
        CommandRun run = CommandRun.kpp(
                "verify",
                "model",
                changed,
                "--vectors",
                bundle.resolve("vectors/decoder").toString(),
                "--random",
                "0",
                "--runtimes",
                "onnxruntime-java",
                "--bisect",
                "--against",
                BUNDLE.resolve("decoder.onnx").toString());
        assertThat(run.exitCode()).isEqualTo(1);
        String node = ModelProto.parseFrom(Files.readAllBytes(Path.of(changed))).getGraph().getNodeList().stream()
                .filter(candidate -> candidate.getInputList().contains("features/block1a/weight"))
                .findFirst()
                .orElseThrow()
                .getName();
        assertThat(run.out()).contains("the first node whose value differs is '" + node + "' (Conv)");
        assertThat(CommandRun.kpp("verify", "--model", changed, "--bisect", "--against", "no-such.onnx")
                        .err())
                .contains("no-such.onnx: expected an ONNX model, found no such file");
    }

    @Test
    void aSuiteFailsWhereATestFailsThatIsNotKnownTo() throws IOException {
        Path test = temporary.resolve("suite/test_wrong");
        Files.createDirectories(test.resolve("test_data_set_0"));
        Files.copy(BUNDLE.resolve("decoder.onnx"), test.resolve("model.onnx"));
        for (String file : new String[] {"input_0.pb", "input_1.pb", "output_0.pb"}) {
            Files.copy(
                    BUNDLE.resolve("vectors/decoder/test_data_set_" + (file.startsWith("output") ? 1 : 0))
                            .resolve(file),
                    test.resolve("test_data_set_0").resolve(file));
        }
        Path failures = temporary.resolve("failures.txt");
        CommandRun first = CommandRun.kpp(
                "verify",
                "suite",
                test.getParent().toString(),
                "--runtimes",
                "onnxruntime-java",
                "--failures",
                failures.toString());
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(CommandRun.kpp(
                                "verify",
                                "suite",
                                test.getParent().toString(),
                                "--runtimes",
                                "onnxruntime-java",
                                "--known",
                                failures.toString())
                        .exitCode())
                .isZero();
        Path nothing = Files.writeString(temporary.resolve("nothing.txt"), "skipped\n");
        CommandRun second = CommandRun.kpp(
                "verify",
                "suite",
                test.getParent().toString(),
                "--runtimes",
                "onnxruntime-java",
                "--known",
                nothing.toString());
        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.err()).contains("test 'test_wrong': expected a pass, found 'differs'");
        Path table =
                Files.writeString(temporary.resolve("table.txt"), "runtimes onnxruntime-java\ntests 2\ntest_wrong D\n");
        assertThat(CommandRun.kpp(
                                "verify",
                                "suite",
                                test.getParent().toString(),
                                "--runtimes",
                                "onnxruntime-java",
                                "--expect",
                                table.toString())
                        .err())
                .contains("expected the 2 tests of the table " + table + ", found 1");
        assertThat(CommandRun.kpp("verify", "--suite", test.getParent().toString(), "--known", "no-such.txt")
                        .err())
                .contains("no-such.txt: expected a file written by --failures, found none");
    }

    @Test
    void severalBundlesAreCheckedInOneGoAndTheRuntimeThatWantsTheirModelIsNamedForOne() {
        CommandRun both = CommandRun.kpp(
                "verify",
                BUNDLE.toString(),
                BUNDLE.resolveSibling("mnist-fp16").toString(),
                "--runtimes",
                "onnxruntime-java",
                "--random",
                "1");
        assertThat(both.exitCode()).as(both.err()).isZero();
        assertThat(both.out()).contains("2 of 2 runtimes ran"); // with the Kanerva runtime
        CommandRun one = CommandRun.kpp(
                "verify", BUNDLE.toString(), "--runtimes", "onnxruntime-java,djl-pytorch", "--random", "0");
        assertThat(one.exitCode()).isEqualTo(1); // since it was asked for
        assertThat(one.err())
                .contains("djl-pytorch: expected a runtime that runs, found one that does not (it needs the model that "
                        + "the bundle was exported from: --run RUN)");
        assertThat(one.out())
                .contains(
                        "DJL's blocks on PyTorch",
                        "did not run: it needs the model that the bundle was exported from: --run RUN");
        assertThat(CommandRun.kpp("verify", BUNDLE.toString(), BUNDLE.toString(), "--against", BUNDLE.toString())
                        .err())
                .contains("Expected one BUNDLE with --run or --against, found 2");
    }

    @Test
    void testImagesThatAFolderLacksAreThoseThatShip() throws IOException {
        CommandRun run = CommandRun.kpp(
                "verify",
                BUNDLE.toString(),
                BUNDLE.resolveSibling("mnist-fp16").toString(),
                "--runtimes",
                "onnxruntime-java",
                "--random",
                "0",
                "--bound",
                "30",
                "--data",
                temporary.toString(),
                "--html",
                temporary.resolve("page.html").toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("onnxruntime-java, optimisations on, against kanerva: "
                        + "graph 'fashion-mnist/bound', output 'nats' (30 images) has a mean of");
        // MNIST's may have been fetched to this machine; else the page says that they are missing.
        assertThat(run.out())
                .containsAnyOf(
                        "graph 'mnist-fp16/bound', output 'nats' (30 images) has a mean of",
                        "mnist-fp16: no test images are scored: data set 'mnist': expected a folder");
        assertThat(Files.readString(temporary.resolve("page.html")))
                .containsAnyOf(">mnist-fp16<", "<p>mnist-fp16: no test images are scored");
    }

    @Test
    void whatCannotBeCheckedIsSaidBeforeAnyWork() {
        assertThat(CommandRun.kpp("verify").exitCode()).isEqualTo(2);
        assertThat(CommandRun.kpp("verify").err()).contains("Expected a bundle, or a model or suite, found none");
        assertThat(CommandRun.kpp("verify", BUNDLE.toString(), "--model", "x.onnx")
                        .exitCode())
                .isEqualTo(2);
        assertThat(CommandRun.kpp("verify", BUNDLE.toString(), "--runtimes", "no-such")
                        .err())
                .contains("expected some of onnxruntime-java, onnxruntime-java-cuda");
        assertThat(CommandRun.kpp("verify", "--model", "no-such.onnx").err())
                .contains("no-such.onnx: expected an ONNX model, found no such file");
        assertThat(CommandRun.kpp("verify", "--suite", "no-such").err())
                .contains("no-such: expected a folder of tests, found no such folder");
        assertThat(CommandRun.kpp("verify", BUNDLE.toString(), "--runtimes", "onnxruntime-java-cuda", "--require")
                        .exitCode())
                .isNotZero();
        String decoder = BUNDLE.resolve("decoder.onnx").toString();
        assertThat(CommandRun.kpp(
                                "verify",
                                "--model",
                                BUNDLE.resolve("bundle.json").toString())
                        .err())
                .contains("bundle.json: expected an ONNX model, found something else")
                .doesNotContain("unexpected");
        for (String value : new String[] {"-1", "NaN"}) {
            assertThat(CommandRun.kpp("verify", "--model", decoder, "--atol", value)
                            .err())
                    .contains("Invalid value for option '--atol': expected at least 0, found " + Double.valueOf(value));
        }
    }

    @Test
    void aClientCanBeChosenByName() {
        System.setProperty("kpp.root", ".."); // as tools/kpp says where the checkout is
        try {
            // It runs if it is installed here.
            assertThat(CommandRun.kpp("verify", BUNDLE.toString(), "--runtimes", "python", "--random", "0")
                            .out())
                    .contains("Client in Python", " of 3 runtimes ran") // with those of the bundle's own checks
                    .doesNotContain("Client in JavaScript", "ONNX Runtime 1.29.0, Java, CUDA", "tract");
            assertThat(CommandRun.kpp("verify", BUNDLE.toString(), "--runtimes", "no-such")
                            .err())
                    .contains("tract, javascript, python, found 'no-such'");
        } finally {
            System.clearProperty("kpp.root");
        }
    }

    @Test
    void anOptionThatNothingWouldComeOfIsRefused() {
        String bundle = BUNDLE.toString();
        String decoder = BUNDLE.resolve("decoder.onnx").toString();
        String[][] wrong = {
            {"Unknown option: '--vectors'", bundle, "--vectors", bundle},
            {"Unknown option: '--rtol'", bundle, "--rtol", "1"},
            {"Unknown option: '--failures'", bundle, "--failures", "x"},
            {"Unknown options: '--known'", "model", decoder, "--known", "x"},
            {"Unknown options: '--vectors'", "suite", bundle, "--vectors", bundle},
            {"Expected --against together with --bisect", "model", decoder, "--against", bundle},
            {"Unknown options: '--bound'", "model", decoder, "--bound", "5"},
            {"Expected --data together with --run or --bound", bundle, "--data", bundle},
            {"Expected --episodes together with --run", bundle, "--episodes", "5", "--bound", "5"},
            {"Unknown option: '--details'", "suite", bundle, "--details"},
            {"Expected a subcommand directly after 'kpp verify', found other arguments", bundle, "model", decoder},
            {"Expected a subcommand directly after 'kpp verify', found other arguments", "--bisect", "suite", bundle}
        };
        for (String[] words : wrong) {
            String[] command = words.clone();
            command[0] = "verify";
            CommandRun run = CommandRun.kpp(command);
            assertThat(run.exitCode()).as(words[0]).isEqualTo(2);
            assertThat(run.err()).contains(words[0]);
        }
    }

    /** A copy of the bundle in which one graph was changed, and whose digests are those of its files. */
    private Path changed(String graph, Consumer<GraphProto.Builder> change) throws IOException {
        Path copy = temporary.resolve("changed");
        try (Stream<Path> files = Files.walk(BUNDLE)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(BUNDLE.relativize(file).toString()));
            }
        }
        byte[] before = Files.readAllBytes(copy.resolve(graph + ".onnx"));
        ModelProto.Builder model = ModelProto.parseFrom(before).toBuilder();
        change.accept(model.getGraphBuilder());
        byte[] after = model.build().toByteArray();
        assertThat(after).isNotEqualTo(before);
        Files.write(copy.resolve(graph + ".onnx"), after);
        Path description = copy.resolve("bundle.json");
        Files.writeString(description, Files.readString(description).replace(digest(before), digest(after)));
        return copy;
    }

    private static void addToFirst(TensorProto.Builder weight, float step) {
        ByteBuffer values = ByteBuffer.wrap(weight.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        values.putFloat(0, values.getFloat(0) + step);
        weight.setRawData(ByteString.copyFrom(values.array()));
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
