package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
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
