package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a person can get wrong: each is one sentence on standard error, nothing on standard output, and exit code 1 (or
 * 2 for the command line itself).
 */
class BadInputTest {
    @TempDir
    private Path folder;

    private Path bundle;
    private Path out;

    @BeforeEach
    void copyTheBundle() throws IOException {
        Quick.start();
        bundle = folder.resolve("bundle");
        out = folder.resolve("out.png");
        try (Stream<Path> files = Files.walk(Quick.BUNDLE)) {
            for (Path file : files.toList()) {
                Files.copy(file, bundle.resolve(Quick.BUNDLE.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Test
    void labelsInsteadOfImages() throws IOException {
        Path labels = Files.write(folder.resolve("labels"), new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 7});
        assertThat(failure("write", "--bundle", bundle, "--images", labels, "--memory", out))
                .isEqualTo(
                        labels + ": expected images (IDX magic 00000803), found a file of labels (IDX magic 00000801)");
    }

    @Test
    void aTruncatedDataFile() throws IOException {
        Path images = Files.write(
                folder.resolve("images"), new byte[] {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2});
        assertThat(failure("write", "--bundle", bundle, "--images", images, "--memory", out))
                .isEqualTo(
                        images + ": expected 4 bytes of pixels (1 images of 2 x 2), found 2 (the file is truncated)");
    }

    /** A message quotes little of a file, and nothing that a terminal obeys. */
    @Test
    void aNumPyHeaderOfBlanksAndControls() throws IOException {
        byte[] header = ("{\u001b[2J'descr'" + " ".repeat(60_000) + "}").getBytes(StandardCharsets.ISO_8859_1);
        byte[] start = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length, (byte) (header.length >> 8)};
        byte[] file = Arrays.copyOf(start, start.length + header.length);
        System.arraycopy(header, 0, file, start.length, header.length);
        Path images = Files.write(folder.resolve("images.npy"), file);
        assertThat(failure("write", "--bundle", bundle, "--images", images, "--memory", out))
                .isEqualTo(images + ": expected a plain 'descr' in the NumPy header, found {\\u001b[2J'descr'"
                        + " ".repeat(200 - "{_[2J'descr'".length()) + "...");
    }

    @Test
    void imagesOfAnotherShape() throws IOException {
        Path images = Files.write(
                folder.resolve("images"), new byte[] {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2});
        assertThat(failure("write", "--bundle", bundle, "--images", images, "--memory", out))
                .isEqualTo(images + ": expected images of [1, 28, 28] for this model, found [1, 1, 2]");
    }

    @Test
    void aRangeBeyondTheImages() {
        assertThat(failure("write", "--bundle", bundle, "--range", "1590:1610", "--memory", out))
                .isEqualTo("the Fashion-MNIST images that ship: expected the images 1590:1610, found 1600 images");
    }

    @Test
    void aBundleWithAMissingOrChangedGraph() throws IOException {
        Path decoder = bundle.resolve("decoder.onnx");
        byte[] content = Files.readAllBytes(decoder);
        content[content.length / 2] ^= 1;
        Files.write(decoder, content);
        assertThat(failure("info", "--bundle", bundle)).contains("decoder.onnx");
        Files.delete(decoder);
        assertThat(failure("info", "--bundle", bundle)).contains("decoder.onnx", "missing");
    }

    @Test
    void aBundleWithAForeignGraph() throws IOException {
        Files.copy(bundle.resolve("encoder.onnx"), bundle.resolve("decoder.onnx"), StandardCopyOption.REPLACE_EXISTING);
        assertThat(failure("info", "--bundle", bundle)).contains("decoder.onnx");
    }

    @Test
    void aBundleOfANewerFormat() throws IOException {
        Path description = bundle.resolve("bundle.json");
        Files.writeString(
                description,
                Files.readString(description).replaceFirst("\"formatVersion\" *: *2", "\"formatVersion\" : 3"));
        assertThat(failure("info", "--bundle", bundle)).contains("expected bundle format version 2, found 3");
    }

    @Test
    void aChangedMissingOrAddedFileThatIsNoGraph() throws IOException {
        Files.writeString(bundle.resolve("MODEL_CARD.md"), "better than it is");
        assertThat(failure("verify", "--bundle", bundle))
                .startsWith(bundle + ": 'MODEL_CARD.md' was changed: expected SHA-256 ");
        Files.writeString(bundle.resolve("notes.txt"), "");
        assertThat(failure("verify", "--bundle", bundle)).endsWith("(and 1 more like this)");
    }

    @Test
    void aBundleThatIsNotOfTheRun() {
        CommandRun.kpp(
                "train",
                "--preset",
                "quickstart",
                "--steps",
                "1",
                "--seed",
                "2",
                "--run",
                folder.resolve("run").toString());
        CommandRun run = CommandRun.kpp(
                "verify",
                "--bundle",
                bundle.toString(),
                "--run",
                folder.resolve("run").toString(),
                "--episodes",
                "1");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .contains(bundle + ": expected the bound of the run " + folder.resolve("run")
                        + ", found one that differs by ");
    }

    @Test
    void aMemoryFileThatIsNoneOrDamagedOrOfAnotherModel() throws IOException {
        Path memory = folder.resolve("memory");
        assertThat(failure("recall", "--bundle", bundle, "--memory", memory, "--out", out))
                .contains(memory.toString());
        byte[] content = Files.readAllBytes(Quick.MEMORY);
        Files.write(memory, Arrays.copyOf(content, content.length - 100));
        assertThat(failure("recall", "--bundle", bundle, "--memory", memory, "--out", out))
                .contains(memory.toString());
        Path other = folder.resolve("other");
        assertThat(CommandRun.kpp(
                                "train",
                                "--preset",
                                "quickstart",
                                "--steps",
                                "1",
                                "--seed",
                                "2",
                                "--run",
                                folder.resolve("run").toString())
                        .exitCode())
                .isZero();
        assertThat(CommandRun.kpp("export", "--run", folder.resolve("run").toString(), "--out", other.toString())
                        .exitCode())
                .isZero();
        assertThat(failure("generate", "--bundle", other, "--memory", Quick.MEMORY, "--out", out))
                .contains("model");
    }

    @Test
    void anOutputThatCannotBeWrittenIsSaidBeforeAnyWork() throws IOException {
        Path below = Files.writeString(folder.resolve("file"), "").resolve("out.png");
        for (List<Object> command : List.of(
                List.<Object>of("write", "--bundle", "/nowhere", "--memory", below),
                List.<Object>of("recall", "--bundle", "/nowhere", "--memory", Quick.MEMORY, "--out", below),
                List.<Object>of("generate", "--bundle", "/nowhere", "--memory", Quick.MEMORY, "--out", below),
                List.<Object>of("train", "--preset", "quickstart", "--run", below),
                List.<Object>of("export", "--run", Quick.RUN, "--out", below))) {
            assertThat(failure(command.toArray()))
                    .as(command.toString())
                    .contains("expected a writable path, found an unwritable one");
        }
    }

    @Test
    void cudaWithoutAGpu() {
        assumeFalse(Files.exists(Path.of("/dev/nvidia0")), "this machine has a GPU");
        assertThat(failure("info", "--bundle", bundle, "--device", "cuda")).containsIgnoringCase("cuda");
        assertThat(failure("train", "--preset", "quickstart", "--run", folder.resolve("run"), "--device", "cuda"))
                .isEqualTo("--device cuda: expected a CUDA GPU that DJL can use, found none");
    }

    @Test
    void aRunWithoutOrWithADamagedCheckpoint() throws IOException {
        Path run = Files.createDirectory(folder.resolve("run"));
        assertThat(failure("evaluate", "--run", run)).contains("last.ckpt");
        byte[] content = Files.readAllBytes(Quick.RUN.resolve("last.ckpt"));
        Files.write(run.resolve("last.ckpt"), Arrays.copyOf(content, content.length / 2));
        assertThat(failure("train", "--resume", "--run", run)).contains("last.ckpt", "truncated or damaged");
    }

    @Test
    void aDataSetThatIsNotThere() {
        assertThat(failure("train", "--preset", "mnist", "--run", folder.resolve("run")))
                .isEqualTo("data set 'mnist': expected a folder (--data DIR) or a fetched copy in "
                        + System.getenv("KANERVA_CACHE") + ", found neither: 'kpp data fetch mnist' downloads it");
        assertThat(failure("evaluate", "--bundle", bundle, "--data-set", "svhn"))
                .startsWith("data set 'svhn': expected one of ");
    }

    /** Runs a command that must fail with exit code 1, and returns its one sentence. */
    private static String failure(Object... arguments) {
        CommandRun run =
                CommandRun.kpp(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        // Progress lines may stand before it; the sentence is the last line.
        List<String> lines = run.err().lines().toList();
        assertThat(lines).isNotEmpty().noneMatch(line -> line.startsWith("\tat "));
        return lines.get(lines.size() - 1);
    }
}
