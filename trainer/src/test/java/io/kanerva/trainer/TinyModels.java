package io.kanerva.trainer;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.EncoderKind;
import io.kanerva.trainer.model.EncoderSettings;
import io.kanerva.trainer.model.Grid;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.model.MapShape;
import io.kanerva.trainer.model.WriterKind;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Models and images that are small enough for a test: images of 8 x 8, blocks of 4 x 4, memories of 2 x 8 x 16. */
public final class TinyModels {
    /** Image height and width. */
    public static final int SIDE = 8;

    private static final MapShape IMAGE = new MapShape(1, SIDE, SIDE);
    private static final Grid BLOCK = new Grid(4, 4);
    private static final EncoderSettings ENCODER = EncoderSettings.residual(8, 1);

    private TinyModels() {}

    /** A heap of 2 x 4 slots whose keys are dereferenced: space for 8 samples. */
    public static KanervaSettings heap() {
        return heap(KeyAddressing.DEREFERENCED, 1);
    }

    /** The same heap with other keys: space for 8 / keys samples. */
    public static KanervaSettings heap(KeyAddressing addressing, int keys) {
        return KanervaSettings.heap(addressing, IMAGE, new MapShape(2, 8, 16), BLOCK, new Grid(2, 4), 3, ENCODER)
                .withKeys(keys);
    }

    /** The pooled writer over 4 x 4 slots: space for 16 / keys samples. */
    public static KanervaSettings pooled(int keys) {
        return KanervaSettings.pooled(IMAGE, 2, BLOCK, new Grid(4, 4), 3, ENCODER)
                .withKeys(keys);
    }

    /** One charged block of 2 x 4 x 4 for the whole episode. */
    public static KanervaSettings charged() {
        return heap().withChargedMemory();
    }

    /** The pooled writer with the paper's encoder, the smallest that shifts channels. */
    public static KanervaSettings paper(int keys) {
        return pooled(keys).withEncoder(new EncoderSettings(EncoderKind.RESNET18_TSM, 8, 1));
    }

    /** Room for four samples of up to eight keys: 4 x 8 slots. */
    public static KanervaSettings manyKeys(WriterKind writer, int keys) {
        Grid slots = new Grid(4, 8);
        KanervaSettings settings = writer == WriterKind.HEAP
                ? KanervaSettings.heap(IMAGE, new MapShape(2, 16, 32), BLOCK, slots, 3, ENCODER)
                : KanervaSettings.pooled(IMAGE, 2, BLOCK, slots, 3, ENCODER);
        return settings.withKeys(keys);
    }

    /**
     * The heap over colour images of 256 levels, with a latent map and a decoder that refines at the image's
     * resolution.
     */
    public static KanervaSettings colour() {
        return colour(DecoderSettings.of(12, 2).refined(6, 1).withNeighbours(4, 0));
    }

    /** The same with another decoder. */
    public static KanervaSettings colour(DecoderSettings decoder) {
        return KanervaSettings.heap(
                        new MapShape(3, SIDE, SIDE), new MapShape(2, 8, 16), BLOCK, new Grid(2, 4), 32, ENCODER)
                .withLatent(32, LatentLayout.MAP)
                .withDecoder(decoder, ImageLikelihood.DISCRETIZED_LOGISTIC_MIXTURE);
    }

    /** The same decoder with the pooled writer, its slots in the narrowest margin. */
    public static KanervaSettings pooledColour(DecoderSettings decoder) {
        return KanervaSettings.pooled(
                        new MapShape(3, SIDE, SIDE), new MapShape(2, 10, 18), BLOCK, new Grid(2, 4), 32, ENCODER)
                .withLatent(32, LatentLayout.MAP)
                .withDecoder(decoder, ImageLikelihood.DISCRETIZED_LOGISTIC_MIXTURE);
    }

    /** The plain variational autoencoder with the same encoder and decoder, and its own latent. */
    public static KanervaSettings withoutMemory(KanervaSettings s, int latent, LatentLayout layout) {
        return new KanervaSettings(
                WriterKind.NONE,
                KeyAddressing.CONTINUOUS,
                false,
                s.image(),
                new MapShape(
                        s.memory().channels(),
                        2 * s.block().rows(),
                        2 * s.block().columns()),
                s.block(),
                Grid.NONE,
                s.keys(),
                0,
                0,
                latent,
                layout,
                s.encoder(),
                s.decoder(),
                s.likelihood());
    }

    /** Colour images of 256 levels of noise with some black and white in it. */
    public static ImageSet colours(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] pixels = new byte[count * 3 * SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) Math.max(0, Math.min(255, random.nextInt(300) - 20));
        }
        return new ImageSet("colours", count, 3, SIDE, SIDE, pixels);
    }

    /** A model none of whose weights is zero, so that every term of the bound depends on everything. */
    public static KanervaModel randomised(KanervaSettings settings, long seed) {
        KanervaModel model = new KanervaModel(settings, Device.cpu(), seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (Parameter parameter : model.parameters().values()) {
            if (!parameter.requiresGradient()) {
                // Running means and variances: a variance must not be negative.
                continue;
            }
            double fanIn = parameter.getShape().dimension() > 1
                    ? parameter.getShape().size()
                            / (double) parameter.getShape().get(0)
                    : 4;
            set(
                    parameter.getArray(),
                    normals(random, Math.toIntExact(parameter.getShape().size()), 1 / Math.sqrt(fanIn)));
        }
        return model;
    }

    /** Copies numbers into an array's own memory. */
    public static void set(NDArray target, float[] values) {
        try (NDArray source = target.getManager().create(values, target.getShape())) {
            target.set(new NDIndex(":"), source);
        }
    }

    /** Normal numbers of that standard deviation. */
    public static float[] normals(RandomGenerator random, int count, double deviation) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) (random.nextGaussian() * deviation);
        }
        return numbers;
    }

    /** Binary 8 x 8 images of filled rectangles: easy to learn, hard to confuse. */
    public static ImageSet rectangles(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] pixels = new byte[count * SIDE * SIDE];
        for (int i = 0; i < count; i++) {
            int top = random.nextInt(5);
            int left = random.nextInt(5);
            int bottom = top + 2 + random.nextInt(SIDE - top - 1);
            int right = left + 2 + random.nextInt(SIDE - left - 1);
            for (int row = top; row < Math.min(bottom, SIDE); row++) {
                for (int column = left; column < Math.min(right, SIDE); column++) {
                    pixels[(i * SIDE + row) * SIDE + column] = (byte) 255;
                }
            }
        }
        return new ImageSet("rectangles", count, 1, SIDE, SIDE, pixels);
    }

    /** Images as those settings have them, [samples, Cx, 8, 8]: rectangles, or colours. */
    public static float[] images(KanervaSettings settings, int samples, long seed) {
        if (settings.likelihood() == ImageLikelihood.BERNOULLI) {
            return binaryImages(samples, seed);
        }
        ImageSet set = colours(samples, seed);
        float[] images = new float[samples * set.pixelsPerImage()];
        for (int i = 0; i < samples; i++) {
            set.copyIntensities(i, images, i * set.pixelsPerImage());
        }
        return images;
    }

    /** Episodes of binary images as numbers, [samples, 1, 8, 8]. */
    public static float[] binaryImages(int samples, long seed) {
        ImageSet set = rectangles(samples, seed);
        float[] images = new float[samples * SIDE * SIDE];
        for (int i = 0; i < samples; i++) {
            set.copyIntensities(i, images, i * SIDE * SIDE);
        }
        return images;
    }
}
