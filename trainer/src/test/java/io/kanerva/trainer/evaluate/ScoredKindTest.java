package io.kanerva.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.data.ImageShape;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Preset;
import io.kanerva.trainer.train.TrainingEpisodes;
import io.kanerva.trainer.train.TrainingPlan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a model is scored on is what its likelihood describes, however it was trained. */
class ScoredKindTest {
    private static final int COUNT = 8;
    private static final ImageShape SHAPE = new ImageShape(1, 28, 28);

    @TempDir
    private Path folder;

    static Stream<Arguments> all() {
        List<Arguments> all = new ArrayList<>();
        for (DataSource source : DataSource.values()) {
            for (ImageLikelihood likelihood : ImageLikelihood.values()) {
                for (Binarisation binarisation : Binarisation.values()) {
                    all.add(Arguments.of(source, likelihood, binarisation));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @MethodSource("all")
    void everyCombinationIsRefusedOrScoredOnWhatItIsTrainedOn(
            DataSource source, ImageLikelihood likelihood, Binarisation binarisation) throws IOException {
        boolean fits = (likelihood == ImageLikelihood.BERNOULLI) == (binarisation != Binarisation.NONE);
        if (!fits) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> plan(source, likelihood, binarisation))
                    .withMessage(
                            "a %s likelihood needs %s, found the binarisation %s",
                            likelihood,
                            likelihood == ImageLikelihood.BERNOULLI
                                    ? "binary images"
                                    : "images of 256 levels (binarisation none)",
                            binarisation);
            return;
        }
        TrainingPlan plan = plan(source, likelihood, binarisation);
        Binarisation scored =
                source.testBinarisation(plan.settings().likelihood().isBinary());
        assertThat(scored).isNotEqualTo(Binarisation.DYNAMIC);
        assertThat(scored.isBinary()).isEqualTo(likelihood == ImageLikelihood.BERNOULLI);
        if (source != DataSource.MNIST && source != DataSource.FASHION_MNIST && source != DataSource.MNIST_FIXED) {
            // The rule is the same for all; the values are compared where the files are simple.
            return;
        }
        writeFiles();
        Images train = source.train(folder);
        if (binarisation == Binarisation.FIXED && source != DataSource.MNIST_FIXED) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new TrainingEpisodes(train, plan))
                    .withMessage(
                            "'%s train': expected only pixels 0 and 255 for the binarisation fixed, found grey ones: "
                                    + "use dynamic or threshold",
                            source.id());
            return;
        }
        float[] trained = new TrainingEpisodes(train, plan).draw(0).images();
        float[] tested = new TestEpisodes(source.test(folder, scored, SHAPE), scored, COUNT, 1).episode(0);
        assertThat(hasGrey(tested)).isEqualTo(hasGrey(trained));
        assertThat(hasGrey(trained))
                .isEqualTo(likelihood != ImageLikelihood.BERNOULLI && source != DataSource.MNIST_FIXED);
    }

    @Test
    void aModelRefusesImagesOfTheOtherKind() {
        ImageSet grey = new ImageSet("grey", COUNT, 1, TinyModels.SIDE, TinyModels.SIDE, levels(COUNT * 64));
        try (KanervaModel model = new KanervaModel(TinyModels.heap(), Device.cpu(), 1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CleanBound.evaluate(
                            model,
                            new TestEpisodes(grey, Binarisation.NONE, COUNT, 1),
                            NoiseSource.seeded(1),
                            0,
                            done -> {}))
                    .withMessage(
                            "a bernoulli likelihood: expected binary images to score, found the binarisation none");
        }
        ImageSet colour = new ImageSet("colour", COUNT, 3, TinyModels.SIDE, TinyModels.SIDE, levels(COUNT * 192));
        try (KanervaModel model = new KanervaModel(TinyModels.colour(), Device.cpu(), 1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CleanBound.evaluate(
                            model,
                            new TestEpisodes(colour, Binarisation.THRESHOLD, COUNT, 1),
                            NoiseSource.seeded(1),
                            0,
                            done -> {}))
                    .withMessage("a discretized_logistic_mixture likelihood: expected images of 256 levels to score, "
                            + "found the binarisation threshold");
        }
    }

    @Test
    void theLevelsOfMnistAreNotThoseOfItsFixedBinarisation() throws IOException {
        writeFiles();
        Files.delete(folder.resolve("mnist/t10k-images-idx3-ubyte"));
        assertThat(DataSource.MNIST.test(folder, Binarisation.FIXED, SHAPE).count())
                .isEqualTo(COUNT);
        assertThatThrownBy(() -> DataSource.MNIST.test(folder, Binarisation.NONE, SHAPE))
                .isInstanceOf(DataFormatException.class)
                .hasMessageContaining("expected the test images of mnist as mnist/t10k-images-idx3-ubyte");
    }

    private static TrainingPlan plan(DataSource source, ImageLikelihood likelihood, Binarisation binarisation) {
        return Preset.named("fashion-mnist")
                .plan()
                .with(
                        "data=" + source.id(),
                        "episodes=1",
                        "episodeLength=" + COUNT,
                        "model.likelihood=" + likelihood,
                        "binarisation=" + binarisation);
    }

    private static boolean hasGrey(float[] values) {
        for (float value : values) {
            if (value != 0 && value != 1) {
                return true;
            }
        }
        return false;
    }

    private void writeFiles() throws IOException {
        put("mnist/train-images-idx3-ubyte", idx());
        put("mnist/t10k-images-idx3-ubyte", idx());
        put("fashion-mnist/train-images-idx3-ubyte", idx());
        put("fashion-mnist/t10k-images-idx3-ubyte", idx());
        byte[] text = ("0 1 ".repeat(392) + "\n").repeat(COUNT).getBytes(StandardCharsets.US_ASCII);
        put("binarized_mnist_static/binarized_mnist_train.amat", text);
        put("binarized_mnist_static/binarized_mnist_test.amat", text);
    }

    private static byte[] idx() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(ByteBuffer.allocate(16)
                .putInt(0x803)
                .putInt(COUNT)
                .putInt(28)
                .putInt(28)
                .array());
        bytes.writeBytes(levels(COUNT * 784));
        return bytes.toByteArray();
    }

    private static byte[] levels(int count) {
        byte[] levels = new byte[count];
        for (int i = 0; i < count; i++) {
            levels[i] = (byte) (i % 251);
        }
        return levels;
    }

    private void put(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }
}
