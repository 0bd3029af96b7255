package io.kanerva.trainer;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.Addressing;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.EncoderKind;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.model.Likelihood;
import io.kanerva.trainer.model.WriterKind;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Models and images that are small enough for a test: images of 8 x 8, blocks of 4 x 4, memories of 2 x 8 x 16. */
public final class TinyModels {
    /** Image height and width. */
    public static final int SIDE = 8;

    private TinyModels() {}

    /** A heap of 2 x 4 slots whose keys are dereferenced: room for 8 samples. */
    public static KanervaSettings heap() {
        return heap(Addressing.DEREFERENCED, 1);
    }

    /** The same heap with other keys: room for 8 / keys samples. */
    public static KanervaSettings heap(Addressing addressing, int keys) {
        return new KanervaSettings(WriterKind.HEAP, addressing, 1, SIDE, SIDE, 2, 8, 16, 4, 4, keys, 3, 2, 4, 0, 8, 1);
    }

    /** The pooled writer over the same memory. */
    public static KanervaSettings pooled(int keys) {
        return new KanervaSettings(
                WriterKind.POOLED, Addressing.CONTINUOUS, 1, SIDE, SIDE, 2, 8, 16, 4, 4, keys, 3, 0, 0, 12, 8, 1);
    }

    /** The pooled writer with the paper's encoder, the smallest that shifts channels. */
    public static KanervaSettings paper(int keys) {
        return pooled(keys).withEncoder(EncoderKind.RESNET18_TSM);
    }

    /**
     * Room for four samples of up to eight keys: heaps of 4 x 8 slots, and the pooled writer over as large a memory.
     */
    public static KanervaSettings manyKeys(WriterKind writer, int keys) {
        boolean heap = writer == WriterKind.HEAP;
        return new KanervaSettings(
                writer,
                heap ? Addressing.DEREFERENCED : Addressing.CONTINUOUS,
                1,
                SIDE,
                SIDE,
                2,
                16,
                32,
                4,
                4,
                keys,
                3,
                heap ? 4 : 0,
                heap ? 8 : 0,
                heap ? 0 : 12,
                8,
                1);
    }

    /**
     * The heap over colour images of 256 levels, with a latent map and a decoder that refines at the image's
     * resolution.
     */
    public static KanervaSettings colour() {
        return colour(new DecoderSettings(12, 2, 6, 1, 4));
    }

    /** The same with another decoder. */
    public static KanervaSettings colour(DecoderSettings decoder) {
        return new KanervaSettings(
                WriterKind.HEAP,
                Addressing.DEREFERENCED,
                3,
                SIDE,
                SIDE,
                2,
                8,
                16,
                4,
                4,
                1,
                32,
                2,
                4,
                0,
                8,
                1,
                Likelihood.DISCRETIZED_LOGISTIC_MIXTURE,
                LatentLayout.MAP,
                EncoderKind.RESIDUAL,
                decoder);
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
        if (settings.likelihood() == Likelihood.BERNOULLI) {
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
