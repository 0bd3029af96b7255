package io.kanerva.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.train.Preset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinearStartTest {
    private static final int IMAGES = 60;

    /** The presets' number, and as many pixels of larger images, which would not fit into memory else. */
    @Test
    void fitsToFewerImagesIfTheyAreLarge() {
        KanervaSettings cifar = Preset.named("cifar10").plan().settings();
        assertThat(LinearStart.images(cifar)).isEqualTo(2000);
        KanervaSettings large = Preset.named("cifar10")
                .plan()
                .with(
                        "model.image.height=64",
                        "model.image.width=128",
                        "model.block.rows=16",
                        "model.block.columns=32",
                        "model.memory.height=64",
                        "model.memory.width=256")
                .settings();
        assertThat(LinearStart.images(large)).isEqualTo(250);
    }

    /**
     * y = 2 a - 3 b + 1 exactly, z = a b: by hand the best line through z's four points (0, 0, 0, 1) is -1/4 + a/2 +
     * b/2, with errors of 1/4.
     */
    @Test
    void leastSquaresFindsWhatAHandComputationFinds() {
        LeastSquares sums = new LeastSquares(5);
        for (double[] point : new double[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}}) {
            sums.add(new double[] {1, point[0], point[1], 2 * point[0] - 3 * point[1] + 1, point[0] * point[1]});
        }
        double[][] coefficients = sums.solve(3, 3, 2, 1e-12);
        assertThat(coefficients[0]).containsExactly(new double[] {1, 2, -3}, within(1e-9));
        assertThat(coefficients[1]).containsExactly(new double[] {-0.25, 0.5, 0.5}, within(1e-9));
        assertThat(sums.error(3, coefficients[0])).isCloseTo(0, within(1e-9));
        assertThat(sums.error(4, coefficients[1])).isCloseTo(1.0 / 16, within(1e-9));
    }

    @Test
    void leastSquaresSharesACoefficientOutAmongInputsThatAreEqual() {
        LeastSquares sums = new LeastSquares(3);
        for (double x = 1; x < 5; x++) {
            sums.add(new double[] {x, x, 4 * x});
        }
        assertThat(sums.solve(2, 2, 1, 1e-9)[0]).containsExactly(new double[] {2, 2}, within(1e-6));
    }

    /** Variances 9 along (3, 4) / 5 and 1 along (4, -3) / 5: the code is x along each, over 3 and over 1. */
    @Test
    void principalComponentsAreTheDirectionsOfTheGreatestVarianceAtUnitVariance() {
        double[][] covariance = new double[2][2];
        double[][] directions = {{0.6, 0.8}, {0.8, -0.6}};
        double[] variances = {9, 1};
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < 2; i++) {
                for (int j = 0; j < 2; j++) {
                    covariance[i][j] += variances[k] * directions[k][i] * directions[k][j];
                }
            }
        }
        PrincipalComponents code = PrincipalComponents.of(new double[] {10, 20}, covariance, 3);
        assertThat(code.weights()[0]).containsExactly(new double[] {0.2, 0.8 / 3}, within(1e-12));
        assertThat(code.weights()[1]).containsExactly(directions[1], within(1e-12));
        assertThat(code.weights()[2]).containsOnly(0);
        assertThat(code.bias()).containsExactly(new double[] {-(2 + 16 / 3.0), -(8 - 12), 0}, within(1e-12));
    }

    @Test
    void whatDoesNotVaryHasNoComponent() {
        PrincipalComponents code = PrincipalComponents.of(new double[] {1, 1}, new double[][] {{4, 4}, {4, 4}}, 2);
        assertThat(code.weights()[0])
                .containsExactly(
                        new double[] {Math.sqrt(0.5) / Math.sqrt(8), Math.sqrt(0.5) / Math.sqrt(8)}, within(1e-12));
        assertThat(code.weights()[1]).containsOnly(0);
    }

    /** Every pixel of a patch alike: one number a patch says all, and what is read back is the image. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void imagesThatTheCodeCanHoldAreReconstructed(boolean pooled) {
        DecoderSettings decoder = DecoderSettings.of(8, 1).withNeighbours(12, 2);
        KanervaSettings settings = (pooled ? TinyModels.pooledColour(decoder) : TinyModels.colour(decoder))
                .withLatent(3, LatentLayout.VECTOR);
        float[] images = new float[IMAGES * 3 * 64];
        SplittableRandom random = new SplittableRandom(3);
        int[] greys =
                IntStream.range(0, IMAGES * 16).map(i -> random.nextInt(256)).toArray();
        for (int i = 0; i < images.length; i++) {
            images[i] = greys[i / 192 * 16 + i / 16 % 4 * 4 + i % 8 / 2] / 255f;
        }
        try (KanervaModel model = new KanervaModel(settings, Device.cpu(), 1)) {
            List<Integer> progress = new ArrayList<>();
            LinearStart.fit(model, images, progress::add);
            assertThat(progress)
                    .isEqualTo(IntStream.rangeClosed(1, LinearStart.work(settings))
                            .boxed()
                            .toList());
            float[] means = settings.likelihood()
                    .means(settings, decoded(model, images, 4))
                    .toFloatArray();
            for (int i = 0; i < means.length; i++) {
                assertThat(means[i]).isCloseTo(images[i], within(2e-3f));
            }
        }
    }

    /**
     * The decoder's graph gives every pixel the linear model's coefficients: those of its place in the patch, whatever
     * the image.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void itStartsWithTheSameCoefficientsInEveryPatchThatExplainNeighboursErrors(int banks) {
        KanervaSettings settings = TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(4, banks));
        float[] images = smooth(400, 5);
        try (KanervaModel model = new KanervaModel(settings, Device.cpu(), 1)) {
            LinearStart.fit(model, images, done -> {});
            NDArray parameters = decoded(model, images, 2);
            int own = new DiscretizedLogisticMixture(3, 4).mixtureParameters();
            float[] coefficients = parameters.get(":, :, {}:", own + 3).toFloatArray();
            float largest = 0;
            for (int i = 0; i < coefficients.length; i++) {
                int row = i / 8 % 8;
                int column = i % 8;
                int map = i / 64 % 36;
                assertThat(coefficients[i]).isEqualTo(coefficients[map * 64 + row % 2 * 8 + column % 2]);
                largest = Math.max(largest, Math.abs(coefficients[i]));
            }
            assertThat(largest).isGreaterThan(0.1f);
        }
    }

    /**
     * Smooth images under a model fitted to others of their kind cost far fewer bits than under the same without
     * neighbours' coefficients.
     */
    @Test
    void theLinearModelExplainsImagesItHasNotSeen() {
        KanervaSettings settings = TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(12, 2));
        float[] seen = smooth(400, 7);
        float[] unseen = smooth(32, 8);
        try (KanervaModel model = new KanervaModel(settings, Device.cpu(), 1)) {
            double before = bits(model, unseen);
            LinearStart.fit(model, seen, done -> {});
            double after = bits(model, unseen);
            Layers.set(
                    model.parameters().entrySet().stream()
                            .filter(entry -> entry.getKey().endsWith("coefficients_weight"))
                            .findFirst()
                            .orElseThrow()
                            .getValue(),
                    new float[2 * 3 * 12 * 3 * 4]);
            double without = bits(model, unseen);
            assertThat(after).isLessThan(before - 2).isLessThan(without - 0.3);
            assertThat(after).isBetween(2.0, 6.0);
        }
    }

    @Test
    void theSameImagesGiveTheSameWeightsBitForBit() {
        KanervaSettings settings = TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(12, 2));
        List<float[]> weights = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (KanervaModel model = new KanervaModel(settings, Device.cpu(), 1)) {
                LinearStart.fit(model, smooth(50, 9), done -> {});
                model.parameters()
                        .values()
                        .forEach(parameter -> weights.add(parameter.getArray().toFloatArray()));
            }
        }
        int half = weights.size() / 2;
        for (int i = 0; i < half; i++) {
            assertThat(weights.get(i)).isEqualTo(weights.get(half + i));
        }
    }

    @Test
    void withoutAMemoryOnlyMeansAndNeighboursAreFitted() {
        KanervaSettings settings = TinyModels.withoutMemory(
                TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(12, 2)), 32, LatentLayout.MAP);
        try (KanervaModel model = new KanervaModel(settings, Device.cpu(), 1)) {
            double before = bits(model, smooth(32, 8));
            LinearStart.fit(model, smooth(200, 7), done -> {});
            assertThat(bits(model, smooth(32, 8))).isLessThan(before - 1);
        }
    }

    /** The decoder's output for the first images of an episode, [1, T, P, 8, 8]; it belongs to the model. */
    private static NDArray decoded(KanervaModel model, float[] images, int t) {
        NDManager manager = model.manager();
        NDArray episode = manager.create(Arrays.copyOf(images, t * 192), new Shape(1, t, 3, 8, 8));
        EncoderOutput encoded = model.encode(episode, false);
        WriterOutput written = model.write(encoded.content(), false);
        ReaderOutput read = model.read(written.memory(), written.pointers(), false);
        return model.decode(read.priorMean(), read.traces());
    }

    /** Bits a number of the reconstruction of images in episodes of eight. */
    private static double bits(KanervaModel model, float[] images) {
        int b = images.length / 192 / 8;
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray episodes = scratch.create(images, new Shape(b, 8, 3, 8, 8));
            ElboTerms terms = model.pass(
                    episodes,
                    scratch.zeros(new Shape(b, 8, 1, 3)),
                    scratch.zeros(new Shape(b, 8, model.settings().latent())),
                    false);
            return terms.reconstruction().mean().getFloat() / 192 / Math.log(2);
        }
    }

    /** Images of two waves and a little noise, levels over 255. */
    private static float[] smooth(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] images = new float[count * 192];
        for (int image = 0; image < count; image++) {
            double[] wave = random.doubles(8).map(d -> 2 * d - 1).toArray();
            for (int i = 0; i < 192; i++) {
                double y = i / 8 % 8;
                double x = i % 8;
                double value = 127
                        + 60 * Math.sin(wave[0] * y + wave[1] * x + 6 * wave[2])
                        + 50 * Math.sin(wave[3] * y - wave[4] * x + 6 * wave[5] + i / 64 * 0.3)
                        + 2 * random.nextGaussian();
                images[image * 192 + i] = Math.round(Math.max(0, Math.min(255, value))) / 255f;
            }
        }
        return images;
    }
}
