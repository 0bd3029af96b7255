package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        CommandRun run = CommandRun.kpp("verify", "--model", BUNDLE.resolve("decoder.onnx").toString(), "--vectors", BUNDLE.resolve("vectors/decoder").toString(),
                "--html", html.toString(), "--junit", junit.toString(), "--json", json.toString(), "--details");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("ONNX Runtime 1.29.0, Java", "ONNX Runtime 1.29.0, Java, CUDA", "comparisons are as they should be", "logits");
        assertThat(Files.readString(html)).contains("Conformance of decoder.onnx", "<svg", "data:image/png;base64,", "<details>", "Did not run: ").doesNotContain("http://", "<script", "<details open>");
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
        CommandRun run = CommandRun.kpp("verify", "--model", BUNDLE.resolve("decoder.onnx").toString(), "--vectors", vectors.getParent().toString(), "--random", "0", "--bisect",
                "--runtimes", "onnxruntime-java", "--html", html.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("onnxruntime-java, optimisations off: graph 'decoder.onnx', output 'logits' (vectors 0) differs by");
        assertThat(run.out()).contains("NOT onnxruntime-java", "so it is the model that differs");
        String page = Files.readString(html);
        assertThat(page).contains("2 comparisons are not as they should be.", "What is not as it should be", "<details open>", "<tr class=\"wrong\"><th scope=\"row\">decoder.onnx logits</th><td>NO</td>")
                .contains("<text x=\"0\"", ">expected</text>", ">onnxruntime-java</text>");
    }

    @Test
    void aSuiteFailsWhereATestFailsThatIsNotKnownTo() throws IOException {
        Path test = temporary.resolve("suite/test_wrong");
        Files.createDirectories(test.resolve("test_data_set_0"));
        Files.copy(BUNDLE.resolve("decoder.onnx"), test.resolve("model.onnx"));
        for (String file : new String[] {"input_0.pb", "input_1.pb", "output_0.pb"}) {
            Files.copy(BUNDLE.resolve("vectors/decoder/test_data_set_" + (file.startsWith("output") ? 1 : 0)).resolve(file), test.resolve("test_data_set_0").resolve(file));
        }
        Path failures = temporary.resolve("failures.txt");
        CommandRun first = CommandRun.kpp("verify", "--suite", test.getParent().toString(), "--runtimes", "onnxruntime-java", "--suite-failures", failures.toString());
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(CommandRun.kpp("verify", "--suite", test.getParent().toString(), "--runtimes", "onnxruntime-java", "--suite-known", failures.toString()).exitCode()).isZero();
        Path nothing = Files.writeString(temporary.resolve("nothing.txt"), "skipped\n");
        CommandRun second = CommandRun.kpp("verify", "--suite", test.getParent().toString(), "--runtimes", "onnxruntime-java", "--suite-known", nothing.toString());
        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.err()).contains("expected test 'test_wrong' to pass, found that it differs");
        assertThat(CommandRun.kpp("verify", "--suite", test.getParent().toString(), "--suite-known", "no-such.txt").err())
                .contains("no-such.txt: expected a file that --suite-failures wrote, found none");
    }

    @Test
    void severalBundlesAreCheckedInOneGoAndTheRuntimeThatWantsTheirModelIsNamedForOne() {
        CommandRun both = CommandRun.kpp("verify", BUNDLE.toString(), BUNDLE.resolveSibling("mnist-fp16").toString(), "--runtimes", "onnxruntime-java", "--random", "1");
        assertThat(both.exitCode()).as(both.err()).isZero();
        assertThat(both.out()).contains("1 of 1 runtimes ran");
        CommandRun one = CommandRun.kpp("verify", BUNDLE.toString(), "--runtimes", "onnxruntime-java,djl-pytorch", "--random", "0");
        assertThat(one.exitCode()).as(one.err()).isZero();
        assertThat(one.out()).contains("DJL's blocks on PyTorch", "did not run: it needs the model that the bundle was exported from: --run RUN");
        assertThat(CommandRun.kpp("verify", BUNDLE.toString(), BUNDLE.toString(), "--bisect").err()).contains("Expected one BUNDLE with --run, --against or --bisect, found 2");
    }

    @Test
    void testImagesThatAFolderLacksAreThoseThatShip() throws IOException {
        CommandRun run = CommandRun.kpp("verify", BUNDLE.toString(), BUNDLE.resolveSibling("cifar10").toString(), "--runtimes", "onnxruntime-java", "--random", "0", "--bound", "30",
                "--data", temporary.toString(), "--html", temporary.resolve("page.html").toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("onnxruntime-java, fashion-mnist: bound of 30 images");
        // CIFAR-10's may have been fetched to this machine; else the page says that they are missing.
        assertThat(run.out()).containsAnyOf("onnxruntime-java, cifar10: bound of 30 images", "cifar10: no test images are scored: data set 'cifar10': expected a folder");
        assertThat(Files.readString(temporary.resolve("page.html"))).containsAnyOf(">cifar10<", "<p>cifar10: no test images are scored");
    }

    @Test
    void whatCannotBeCheckedIsSaidBeforeAnyWork() {
        assertThat(CommandRun.kpp("verify").exitCode()).isEqualTo(2);
        assertThat(CommandRun.kpp("verify").err()).contains("Expected a bundle, --model with --vectors, or --suite, found none");
        assertThat(CommandRun.kpp("verify", BUNDLE.toString(), "--model", "x.onnx").exitCode()).isEqualTo(2);
        assertThat(CommandRun.kpp("verify", BUNDLE.toString(), "--runtimes", "no-such").err()).contains("expected some of onnxruntime-java, onnxruntime-java-cuda");
        assertThat(CommandRun.kpp("verify", "--model", "no-such.onnx").err()).contains("no-such.onnx: expected an ONNX model, found no such file");
        assertThat(CommandRun.kpp("verify", "--suite", "no-such").err()).contains("no-such: expected a folder of tests, found no such folder");
        assertThat(CommandRun.kpp("verify", BUNDLE.toString(), "--runtimes", "onnxruntime-java-cuda", "--require").exitCode()).isNotZero();
    }
}
