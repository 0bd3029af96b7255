package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kpp train --images} and {@code kpp data inspect}, on drawn pictures and with a model that is small. */
class OwnImagesCommandsTest {
    private static final List<String> SMALL = List.of(
            "--steps",
            "2",
            "--set",
            "model.encoder.width=8",
            "--set",
            "model.encoder.depth=1",
            "--set",
            "model.decoder.width=8",
            "--set",
            "model.decoder.depth=1");

    @TempDir
    private Path folder;

    private Path pictures;

    @BeforeEach
    void draw() throws IOException {
        pictures = folder.resolve("my pictures");
        Random random = new Random(3);
        for (int i = 0; i < 100; i++) {
            BufferedImage picture = new BufferedImage(20, 16, BufferedImage.TYPE_BYTE_GRAY);
            int x = random.nextInt(12);
            for (int k = 0; k < 320; k++) {
                picture.getRaster().setSample(k % 20, k / 20, 0, k % 20 >= x && k % 20 < x + 8 ? 100 + k / 20 : k / 20);
            }
            Path file = pictures.resolve("%s/%02d.png".formatted(i % 2 == 0 ? "even" : "odd", i));
            Files.createDirectories(file.getParent());
            picture.getRaster().setSample(19, 15, 0, i); // no two are equal
            ImageIO.write(picture, "png", file.toFile());
        }
    }

    @Test
    void trainsOnAFolderOfPicturesAndScoresAndExportsTheModel() {
        Path run = folder.resolve("run");
        List<String> arguments =
                new ArrayList<>(List.of("train", "--images", pictures.toString(), "--run", run.toString()));
        arguments.addAll(SMALL);
        CommandRun trained = CommandRun.kpp(arguments.toArray(String[]::new));
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        assertThat(trained.err())
                .contains(
                        "fitted     16 x 20 pixels, as they are",
                        "fitted     256 levels of grey, as no picture is in colour",
                        "fitted     episodes of 8, as there are 10 images for testing",
                        "images: 90 images, ");
        assertThat(trained.out()).contains("kpp evaluate --data '" + pictures + "' --run ");
        CommandRun scored = CommandRun.kpp("evaluate", "--data", pictures.toString(), "--run", run.toString());
        assertThat(scored.exitCode()).as(scored.err()).isZero();
        assertThat(scored.out()).contains(pictures + " test, none binarisation, 8 images", "bits       ");
        Path bundle = folder.resolve("bundle");
        CommandRun exported = CommandRun.kpp(
                "export", "--data", pictures.toString(), "--run", run.toString(), "--out", bundle.toString());
        assertThat(exported.exitCode()).as(exported.err()).isZero();
        CommandRun again = CommandRun.kpp("evaluate", "--data", pictures.toString(), "--bundle", bundle.toString());
        assertThat(again.out()).contains(pictures + " test, none binarisation, 8 images");
        assertThat(CommandRun.kpp("evaluate", "--run", run.toString()).err())
                .startsWith("data set 'images': expected the place of your images (--data DIR), found none");
    }

    @Test
    void dividesPicturesByShareAndSeed() throws IOException {
        Path table = folder.resolve("divided.csv");
        List<String> tables = new ArrayList<>();
        // Another name of the table that the first draw writes, which would change too if that was written in place.
        Path first = folder.resolve("first.csv");
        for (String seed : List.of("7", "7", "8")) {
            CommandRun run = CommandRun.kpp(
                    "data", "split", pictures.toString(), "--share", "0.3", "--seed", seed, "--out", table.toString());
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.out()).contains("train      70 pictures", "test       30 pictures");
            tables.add(Files.readString(table));
            if (tables.size() == 1) {
                Files.createLink(first, table);
            }
        }
        assertThat(tables.get(1)).isEqualTo(tables.get(0)).isNotEqualTo(tables.get(2));
        assertThat(CommandRun.kpp(
                                "data",
                                "split",
                                table.toString(),
                                "--share",
                                "0.3",
                                "--seed",
                                "8",
                                "--out",
                                table.toString())
                        .exitCode())
                .isZero();
        assertThat(Files.readString(table)).as("from the table itself").isEqualTo(tables.get(2));
        assertThat(Files.readString(first)).isEqualTo(tables.get(0));
        assertThat(tables.get(0)).startsWith("path,label,split\r\nmy pictures/even/00.png,even,t");
        assertThat(CommandRun.kpp("data", "inspect", table.toString()).out())
                .contains(
                        "images     70 for training, 30 for testing",
                        "classes    2: even (",
                        "sizes      16 x 20 (100)");
        Files.delete(table);
        CommandRun refused =
                CommandRun.kpp("data", "split", pictures.toString(), "--share", "0.001", "--out", table.toString());
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err())
                .startsWith("share of 0.001: expected one of 100 images that leaves some for training and some for");
        assertThat(table).doesNotExist();
    }

    @Test
    void quickstartDoesTheWholeChainOnAFolderOfPictures() throws IOException {
        Path out = folder.resolve("quick");
        CommandRun quick =
                CommandRun.kpp("quickstart", "--images", pictures.toString(), "--steps", "2", "--out", out.toString());
        assertThat(quick.exitCode()).as(quick.err()).isZero();
        assertThat(quick.err()).contains("fitted     16 x 20 pixels, as they are");
        assertThat(quick.out().lines().map(line -> line.split(" ")[0]))
                .containsExactly("bound", "graphs", "recall", "took", "report");
        assertThat(Files.readString(out.resolve("report.html")))
                .contains("was trained on your images", pictures + " test", "<section id=\"agreement\">");
        assertThat(out.resolve("bundle/decoder.onnx")).isNotEmptyFile();
    }

    /** The example of the guide, as it stands there. */
    @Test
    void theExampleTrainsExportsAndFindsWhatItWrote() throws Exception {
        Process example = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dai.djl.offline=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Path.of("../trainer/examples/YourImages.java").toString(),
                        pictures.toString(),
                        folder.toString(),
                        "2")
                .redirectErrorStream(true)
                .start();
        String printed = new String(example.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(example.waitFor()).as(printed).isZero();
        assertThat(printed)
                // One row of eight slots.
                .contains("step 2: ", "memory of 1280 floats", "found [0, 1, 2, 3, ")
                .doesNotContain("NaN");
        assertThat(folder.resolve("bundle/bundle.json")).isNotEmptyFile();
    }

    @Test
    void sweepsOverValuesAndComparesAndGoesOnFromARun() throws IOException {
        Path config = Files.writeString(
                folder.resolve("small.yaml"),
                "model: {encoder: {width: 8, depth: 1}, decoder: {width: 8, depth: 1}}\nlogEvery: 1\nsteps: 2\n");
        Path sweep = folder.resolve("sweep");
        List<String> arguments = List.of(
                "sweep",
                "--images",
                pictures.toString(),
                "--config",
                config.toString(),
                "--run",
                sweep.toString(),
                "--over",
                "seed=1,2",
                "--over",
                "learningRate=1e-3,1e-2");
        CommandRun swept = CommandRun.kpp(arguments.toArray(String[]::new));
        assertThat(swept.exitCode()).as(swept.err()).isZero();
        List<String> table = Files.readAllLines(sweep.resolve("sweep.csv"));
        assertThat(table).hasSize(5);
        assertThat(table.get(0)).startsWith("run,learningRate,seed,steps done,minutes,training bound,");
        assertThat(table.get(2)).startsWith("\"seed=1,learningRate=1e-2\",0.01,1,2,");
        assertThat(Files.readString(sweep.resolve("sweep.html")))
                .contains("stroke:#0072b2", "seed=2,learningRate=1e-3");
        String before = Files.readString(sweep.resolve("sweep.csv"));
        assertThat(CommandRun.kpp(arguments.toArray(String[]::new)).exitCode()).isZero();
        assertThat(sweep.resolve("sweep.csv")).as("trained already").hasContent(before);

        Path first = sweep.resolve("seed=1,learningRate=1e-3");
        Path second = folder.resolve("second");
        CommandRun warm = CommandRun.kpp(
                "train", "--images", pictures.toString(), "--from", first.toString(), "--run", second.toString());
        assertThat(warm.exitCode()).as(warm.err()).isZero();
        CommandRun more = CommandRun.kpp(
                "train", "--resume", "--steps", "3", "--data", pictures.toString(), "--run", second.toString());
        assertThat(more.exitCode()).as(more.err()).isZero();
        assertThat(more.out()).contains("3 of 3 steps");
        Path page = folder.resolve("compared.html");
        CommandRun compared = CommandRun.kpp("compare", first.toString(), second.toString(), "--out", page.toString());
        assertThat(compared.out()).as(compared.err()).contains("run ", "steps", second.toString());
        assertThat(Files.readString(page)).contains("<section id=\"curves\">").doesNotContain("NaN", "<script");
    }

    @Test
    void estimatesWhatARunTakesAndKeepsNothing() {
        List<String> arguments = new ArrayList<>(List.of(
                "train",
                "--estimate",
                "--images",
                pictures.toString(),
                "--run",
                folder.resolve("run").toString()));
        arguments.addAll(SMALL.subList(2, SMALL.size()));
        CommandRun run = CommandRun.kpp(arguments.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("time ", " for 3,000 steps of ", "memory ", "disk ", " MB for 1 checkpoints");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void evaluatesAndExportsWithoutWhatCannotBeReadIfAsked() throws IOException {
        Path broken = pictures.resolve("test/even/broken.png");
        Files.createDirectories(broken.getParent());
        for (int i = 0; i < 18; i += 2) {
            Files.copy(pictures.resolve("even/%02d.png".formatted(i)), broken.resolveSibling("%02d.png".formatted(i)));
        }
        Files.write(broken, new byte[10]);
        Path run = folder.resolve("run");
        List<String> arguments = new ArrayList<>(
                List.of("train", "--skip-unreadable", "--images", pictures.toString(), "--run", run.toString()));
        arguments.addAll(SMALL);
        assertThat(CommandRun.kpp(arguments.toArray(String[]::new)).exitCode()).isZero();
        assertThat(CommandRun.kpp("evaluate", "--data", pictures.toString(), "--run", run.toString())
                        .err())
                .contains(broken + ": expected a PNG");
        CommandRun scored =
                CommandRun.kpp("evaluate", "--skip-unreadable", "--data", pictures.toString(), "--run", run.toString());
        assertThat(scored.exitCode()).as(scored.err()).isZero();
        assertThat(scored.out()).contains(" test, none binarisation, 8 images");
    }

    @Test
    void inspectsAFolderAndDrawsAPage() throws IOException {
        Files.writeString(pictures.resolve("odd/broken.jpg"), "no picture");
        Files.writeString(pictures.resolve("notes.txt"), "left alone");
        Path page = folder.resolve("page.html");
        CommandRun run = CommandRun.kpp("data", "inspect", pictures.toString(), "--out", page.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains(
                        "images     91 for training, 10 for testing (a tenth, drawn at random but always the same)",
                        "kinds      0 in colour, 100 grey, 0 black and white",
                        "sizes      16 x 20 (100)",
                        "classes    2: even (",
                        "left       1 not named like a picture",
                        "unreadable 1",
                        pictures.resolve("odd/broken.jpg") + ": expected a PNG, JPEG",
                        "would fit  16 x 20 pixels, as they are");
        assertThat(Files.readString(page))
                .contains("data:image/png;base64,", "broken.jpg", "16 x 20 (100)")
                .doesNotContain("http:", "https:", "<script");
    }

    @Test
    void saysHowManyPicturesForTestingAreAlsoForTraining() throws IOException {
        Files.move(pictures.resolve("even"), pictures.resolve("train"));
        Files.move(pictures.resolve("odd"), pictures.resolve("test"));
        Files.copy(pictures.resolve("train/04.png"), pictures.resolve("test/copy.png"));
        assertThat(CommandRun.kpp("data", "inspect", pictures.toString()).out())
                .contains("repeated   1 of 51 images for testing are also among those for training, pixel for pixel");
    }

    @Test
    void refusesASizeWhoseStepsNoMemoryHolds() {
        CommandRun run = CommandRun.kpp(
                "train", "--images", pictures.toString(), "--run", "r", "--size", "9996x9996", "--dry-run");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .contains("images of 9996 x 9996 in episodes of 8: expected steps that fit into this machine's ")
                .contains(" GB of memory, found ones that take about 5,116.4 GB: choose a smaller size or shorter "
                        + "episodes");
    }

    @Test
    void looksAtAllPicturesFirstAndLeavesOutWhatCannotBeReadIfAsked() throws IOException {
        Path maze = Files.createDirectories(folder.resolve("data/dmlab/train/maze"));
        for (int i = 0; i < 12; i++) {
            Files.copy(pictures.resolve("even/%02d.png".formatted(2 * i)), maze.resolve("%02d.png".formatted(i)));
        }
        byte[] whole = Files.readAllBytes(maze.resolve("04.png"));
        Files.write(maze.resolve("04.png"), Arrays.copyOf(whole, whole.length / 2));
        Files.write(maze.resolve("07.png"), new byte[0]);
        CommandRun refused = onMazes();
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err())
                .contains(
                        "'dmlab-32 train': expected pictures that can be read, found 2 of 12 that cannot "
                                + "(--skip-unreadable leaves them out):",
                        maze.resolve("04.png") + ": expected a complete PNG file, found a truncated one",
                        maze.resolve("07.png")
                                + ": expected a PNG, JPEG, GIF, BMP, WebP or TIFF file, found an empty file");
        assertThat(folder.resolve("run")).doesNotExist();
        CommandRun trained = onMazes("--skip-unreadable");
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        assertThat(trained.err()).contains("skipped    " + maze.resolve("04.png"), ": 10 images, ");
        for (int i = 0; i < 12; i++) {
            Files.write(maze.resolve("%02d.png".formatted(i)), new byte[0]);
        }
        assertThat(onMazes("--skip-unreadable", "--resume").err())
                .contains("'dmlab-32 train': expected pictures that can be read, found 12 of 12 that cannot:");
    }

    private CommandRun onMazes(String... options) {
        List<String> arguments = new ArrayList<>(List.of(
                "train",
                "--data",
                folder.resolve("data").toString(),
                "--run",
                folder.resolve("run").toString()));
        arguments.addAll(List.of(options));
        if (!arguments.contains("--resume")) {
            arguments.addAll(SMALL);
            arguments.addAll(List.of("--preset", "cifar10", "-T", "8", "--set", "data=dmlab-32"));
        }
        return CommandRun.kpp(arguments.toArray(String[]::new));
    }

    @Test
    void refusesPlacesThatAreNotThere() {
        Path nowhere = folder.resolve("nowhere");
        for (CommandRun run : List.of(
                CommandRun.kpp("data", "inspect", nowhere.toString()),
                CommandRun.kpp(
                        "train",
                        "--images",
                        nowhere.toString(),
                        "--run",
                        folder.resolve("run").toString()))) {
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .startsWith(nowhere + ": expected a folder or file of your images, found no such place");
        }
        CommandRun both = CommandRun.kpp(
                "train",
                "--images",
                pictures.toString(),
                "--data",
                folder.toString(),
                "--run",
                folder.resolve("run").toString());
        assertThat(both.exitCode()).isEqualTo(2);
        assertThat(both.err()).startsWith("Expected --images or --data, found both");
        assertThat(CommandRun.kpp("data", "fetch", "images").exitCode()).isEqualTo(2);
    }
}
