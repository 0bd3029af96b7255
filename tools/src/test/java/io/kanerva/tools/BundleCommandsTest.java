package io.kanerva.tools;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that work with an exported bundle. */
class BundleCommandsTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void haveABundle() {
        Quick.start();
    }

    @Test
    void infoShowsSettingsTensorsAndProvenance() {
        CommandRun run = kpp("info");
        assertThat(run.out())
                .contains(
                        "quickstart: Kanerva++ bundle, format 2, ONNX opset 17 (IR 8), reader by gather",
                        "writer     heap, dereferenced addressing",
                        "memory     [10, 28, 56] = 15,680 floats",
                        "4 rows x 8 columns, as trained; more rows for more samples, up to 547,824",
                        "key_log_variance",
                        "[B, T, 1, 3]",
                        "on fashion-mnist (threshold), 24 steps",
                        "command    kpp quickstart --steps 24");
    }

    @Test
    void writesAMemoryFileIntoAFolderThatItMakes() {
        Path memory = folder.resolve("new/shoes.memory");
        CommandRun run = kpp("write", "--range", "0:32", "--memory", memory.toString());
        assertThat(run.out()).contains("32 samples in [10, 28, 56] floats, model quickstart");
        assertThat(memory).isNotEmptyFile();
    }

    @Test
    void saysHowManyImagesItTookWhereTheMemoryHoldsFewer() {
        String memory = folder.resolve("m").toString();
        assertThat(kpp("write", "--memory", memory).out())
                .contains(
                        "the first 32 of 1,600 in the Fashion-MNIST images that ship (--range takes others)",
                        "32 samples");
        assertThat(kpp("write", "--range", "0:32", "--memory", memory).out()).doesNotContain("the first");
    }

    @Test
    void recallsWhatWasWrittenAndSaysWhichSampleItFound() throws IOException {
        Path memory = folder.resolve("m");
        kpp("write", "--range", "100:120", "--memory", memory.toString());
        Path picture = folder.resolve("recalled.png");
        Path numbers = folder.resolve("recalled.npy");
        CommandRun run = kpp(
                "recall",
                "--memory",
                memory.toString(),
                "--range",
                "103:106",
                "--iterations",
                "1",
                "--out",
                picture.toString(),
                "--npy",
                numbers.toString());
        List<String> matches = run.out()
                .lines()
                .filter(line -> line.matches(" +10[3-5] +[0-9]+ +[01]\\.[0-9]{3}"))
                .toList();
        assertThat(matches.stream().map(line -> line.strip().split(" +")[1])).containsExactly("3", "4", "5");
        BufferedImage image = ImageIO.read(picture.toFile());
        assertThat(image.getWidth()).isEqualTo(3 * (3 * 28 + 2 * 2));
        assertThat(image.getHeight()).isEqualTo(3 * (2 * 28 + 2));
        assertThat(Files.size(numbers)).isEqualTo(128 + 4 * 3 * 784);
    }

    @Test
    void damagesQueriesTheSameWayForTheSameSeed() {
        String first = recallDamaged("erase:right", "1");
        assertThat(recallDamaged("erase:right", "2")).isEqualTo(first);
        String spoiled = recallDamaged("salt-and-pepper:0.3", "1");
        assertThat(recallDamaged("salt-and-pepper:0.3", "1")).isEqualTo(spoiled).isNotEqualTo(first);
        assertThat(recallDamaged("salt-and-pepper:0.3", "2")).isNotEqualTo(spoiled);
    }

    private String recallDamaged(String damage, String seed) {
        return kpp(
                        "recall",
                        "--memory",
                        Quick.MEMORY.toString(),
                        "--damage",
                        damage,
                        "--seed",
                        seed,
                        "--out",
                        folder.resolve("r.png").toString())
                .out();
    }

    @Test
    void generatesTheSamePictureForTheSameSeedOnly() throws IOException {
        for (String[] run : new String[][] {{"a.png", "7"}, {"b.png", "7"}, {"c.png", "8"}}) {
            kpp(
                    "generate",
                    "--memory",
                    Quick.MEMORY.toString(),
                    "--count",
                    "20",
                    "--seed",
                    run[1],
                    "--out",
                    folder.resolve(run[0]).toString());
        }
        assertThat(folder.resolve("b.png")).hasSameBinaryContentAs(folder.resolve("a.png"));
        assertThat(Files.readAllBytes(folder.resolve("c.png")))
                .isNotEqualTo(Files.readAllBytes(folder.resolve("a.png")));
        assertThat(ImageIO.read(folder.resolve("a.png").toFile()).getWidth()).isEqualTo(3 * (16 * 30 - 2));
    }

    @Test
    void readsImagesFromAFolderOfPngFiles() throws IOException {
        BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
        image.createGraphics().fillRect(5, 5, 15, 20);
        Path digits = Files.createDirectory(folder.resolve("digits"));
        ImageIO.write(image, "png", digits.resolve("1.png").toFile());
        ImageIO.write(image, "png", digits.resolve("2.png").toFile());
        assertThat(kpp(
                                "write",
                                "--images",
                                digits.toString(),
                                "--memory",
                                folder.resolve("m").toString())
                        .out())
                .contains("2 samples");
    }

    @Test
    void theSameImagesGiveTheSameMemoryFromPicturesAndFromNumPy() throws IOException {
        Random random = new Random(5);
        byte[] levels = new byte[32 * 784];
        random.nextBytes(levels);
        byte[] header = "{'descr': '|u1', 'fortran_order': False, 'shape': (32, 28, 28), }".getBytes(UTF_8);
        ByteBuffer npy = ByteBuffer.allocate(10 + header.length + levels.length).order(ByteOrder.LITTLE_ENDIAN);
        npy.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length);
        Path array = Files.write(
                folder.resolve("digits.npy"), npy.put(header).put(levels).array());
        Map<String, Integer> kinds = Map.of(
                "grey", BufferedImage.TYPE_BYTE_GRAY,
                "grey16", BufferedImage.TYPE_USHORT_GRAY,
                "colour", BufferedImage.TYPE_3BYTE_BGR);
        for (String kind : kinds.keySet()) {
            Path pictures = Files.createDirectory(folder.resolve(kind));
            for (int i = 0; i < 32; i++) {
                BufferedImage image = new BufferedImage(28, 28, kinds.get(kind));
                for (int k = 0; k < 784; k++) {
                    int level = levels[i * 784 + k] & 0xff;
                    for (int band = 0; band < image.getRaster().getNumBands(); band++) {
                        image.getRaster().setSample(k % 28, k / 28, band, kind.equals("grey16") ? level * 257 : level);
                    }
                }
                ImageIO.write(
                        image, "png", pictures.resolve("%02d.png".formatted(i)).toFile());
            }
            for (String[] option : new String[][] {{}, {"--grey"}}) {
                Path expected = written(array, option);
                assertThat(written(pictures, option)).as(kind).hasSameBinaryContentAs(expected);
            }
        }
    }

    private Path written(Path images, String... option) {
        Path memory = folder.resolve("%s%d.memory".formatted(images.getFileName(), option.length));
        List<String> arguments = new ArrayList<>(List.of("--images", images.toString(), "--memory", memory.toString()));
        arguments.addAll(List.of(option));
        kpp("write", arguments.toArray(String[]::new));
        return memory;
    }

    @Test
    void evaluatesTheBundleToTheSameNumbersAsTheRun() {
        CommandRun graphs = kpp("evaluate", "--episodes", "2", "--recall");
        CommandRun djl =
                CommandRun.kpp("evaluate", "--run", Quick.RUN.toString(), "--episodes", "2", "--importance", "2");
        String bound = graphs.out()
                .lines()
                .filter(line -> line.startsWith("bound"))
                .findFirst()
                .orElseThrow();
        assertThat(djl.out()).contains(bound).contains("importance-weighted with 2 samples");
        assertThat(graphs.out()).contains("of 64 queries with 0 % of their pixels damaged", "with 15 %", "with 30 %");
    }

    @Test
    void makesAVariantThatStatesItsCostAndKeepsItsBudgets() {
        for (String weights : List.of("fp16", "int8")) {
            Path out = folder.resolve(weights);
            CommandRun made = kpp(
                    "variant",
                    "--weights",
                    weights,
                    "--out",
                    out.toString(),
                    "--episodes",
                    weights.equals("fp16") ? "2" : "1");
            assertThat(made.out())
                    .contains("cost ", "nats per image", "size ", "recall ")
                    .doesNotContain("NaN");
            assertThat(made.out().contains("±"))
                    .as("one episode has no standard error")
                    .isEqualTo(weights.equals("fp16"));
            assertThat(out.resolve("MODEL_CARD.md"))
                    .content()
                    .contains("-" + weights + "\n")
                    .contains("cost, nats an image");
            assertThat(CommandRun.kpp("verify", "--bundle", out.toString()).out())
                    .contains("115 of 115 outputs keep their budgets");
        }
    }

    @Test
    void verifiesFilesAndVectorsAndTheRunThatItCameFrom() {
        assertThat(kpp("verify").out())
                .contains("have the SHA-256 that bundle.json states", "115 of 115 outputs keep their budgets");
        CommandRun run = kpp("verify", "--run", Quick.RUN.toString(), "--episodes", "1", "--details");
        assertThat(run.out()).contains("output 'nats' (32 images) has a mean of", "against djl-pytorch", "pipeline");
    }

    @Test
    void writesMoreSamplesThanInTraining(@TempDir Path temporary) {
        Path memory = temporary.resolve("larger.memory");
        CommandRun run = CommandRun.kpp("write", "--range", "0:33", "--memory", memory.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("33 samples in [10, 35, 56] floats");
    }

    @Test
    void exportsARunWithTheReaderAndTheImagesThatAreAskedFor() throws IOException {
        Path bundle = folder.resolve("matmul");
        CommandRun run = CommandRun.kpp(
                "export",
                "--run",
                Quick.RUN.toString(),
                "--out",
                bundle.toString(),
                "--reader",
                "matmul",
                "--name",
                "clothes");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(CommandRun.kpp("info", "--bundle", bundle.toString()).out())
                .startsWith("clothes: Kanerva++ bundle, format 2, ONNX opset 17 (IR 8), reader by gather");
        assertThat(bundle.resolve("vectors")).isDirectory();
        assertThat(kpp("verify", "--against", bundle.toString()).out()).contains("the other bundle (gather)");
        assertThat(bundle.resolve("MODEL_CARD.md")).content().contains("show: fashion-mnist");
        CommandRun drawn = CommandRun.kpp(
                "export",
                "--run",
                Quick.RUN.toString(),
                "--out",
                folder.resolve("drawn").toString(),
                "--show",
                "drawn");
        assertThat(drawn.exitCode()).as(drawn.err()).isZero();
        assertThat(folder.resolve("drawn/MODEL_CARD.md")).content().contains("show: drawn discs");
        assertThat(Files.readAllBytes(folder.resolve("drawn/card.png")))
                .isNotEqualTo(Files.readAllBytes(bundle.resolve("card.png")));
        CommandRun again = CommandRun.kpp("export", "--run", Quick.RUN.toString(), "--out", bundle.toString());
        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.err()).contains("found an existing bundle");
    }

    @Test
    void trainsStopsAndGoesOn() throws IOException {
        Path run = folder.resolve("run");
        CommandRun trained = CommandRun.kpp("train", "--preset", "quickstart", "--steps", "2", "--run", run.toString());
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        assertThat(trained.out()).contains("2 of 2 steps", "kpp evaluate --run " + run);
        assertThat(run.resolve("command.txt")).content().startsWith("kpp train --preset quickstart --steps 2 --run ");
        CommandRun resumed = CommandRun.kpp("train", "--resume", "--run", run.toString());
        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(Files.readString(run.resolve("command.txt"))).doesNotContain("--resume");
        assertThat(CommandRun.kpp("train", "--preset", "quickstart", "--run", run.toString())
                        .err())
                .contains("resume it with --resume, or choose another folder");
    }

    private static CommandRun kpp(String command, String... arguments) {
        String[] all = new String[arguments.length + 3];
        all[0] = command;
        all[1] = "--bundle";
        all[2] = Quick.BUNDLE.toString();
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        CommandRun run = CommandRun.kpp(all);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }
}
