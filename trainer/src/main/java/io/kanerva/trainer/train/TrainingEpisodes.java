package io.kanerva.trainer.train;

import io.kanerva.trainer.data.AffineMap;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.model.KanervaSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The input of each step: episodes of images drawn at random, and the noise of their keys and latents. Step n's input
 * depends on the seed and on n alone, so resuming needs no generator state besides the step.
 *
 * <p>A model that reads blocks for their gist ({@link KanervaSettings#gist}) also gets, for each image, another one of
 * its class that is not written.
 */
public final class TrainingEpisodes {
    /** Draws per image, on average, by {@link #sample}, which then has missed almost none. */
    private static final int MAX_REPETITIONS = 8;

    private final Images images;
    private final TrainingPlan plan;
    /** The images of each class that has at least two, by class; empty if the model reads no gist. */
    private final Map<Integer, int[]> members = new LinkedHashMap<>();
    /** The indices of all of them. */
    private final int[] paired;
    /** The images of each class that fills an episode; empty if no episode is of one class. */
    private final List<int[]> full = new ArrayList<>();

    /**
     * The input of a plan's steps.
     *
     * @throws IllegalArgumentException if the images are not of the model's size or do not fill an episode, cannot be
     *     transformed, or are grey though the plan's binarisation is fixed, or a model that reads gists finds no two
     *     images of a class, or no class fills an episode of one class
     */
    public TrainingEpisodes(Images images, TrainingPlan plan) {
        this.images = images;
        this.plan = plan;
        KanervaSettings s = plan.settings();
        images.requireSize(s.image().channels(), s.image().height(), s.image().width());
        if (!plan.augment().isNone() && plan.binarisation() == Binarisation.FIXED && !images.staysBlackAndWhite()) {
            throw new IllegalArgumentException(
                    ("'%s': expected images that stay black and white when they are transformed, "
                                    + "like Omniglot's original drawings, found others: "
                                    + "use a binarisation other than fixed, or no augment.…")
                            .formatted(images.name()));
        }
        if (plan.binarisation() == Binarisation.FIXED && !images.isBinary()) {
            throw new IllegalArgumentException(
                    ("'%s': expected only pixels 0 and 255 for the binarisation fixed, found grey ones: use dynamic or "
                                    + "threshold")
                            .formatted(images.name()));
        }
        if (images.count() < plan.episodeLength()) {
            throw new IllegalArgumentException("'%s': expected at least the %d images of an episode, found %d"
                    .formatted(images.name(), plan.episodeLength(), images.count()));
        }
        if (s.gist()) {
            findClasses();
        }
        if (plan.oneClass() > 0) {
            findFullClasses();
        }
        paired = members.values().stream().flatMapToInt(IntStream::of).sorted().toArray();
    }

    /**
     * One step's input, all row-major.
     *
     * @param images [B, T, Cx, Hx, Wx], zeros and ones
     * @param keyNoise [B, T, K, 3], standard normal; [B, C, H, W], the memory's, if that is charged
     * @param latentNoise [B, T, D], standard normal
     * @param others [B, T, Cx, Hx, Wx], for each image another of its class that is not written; empty if the model
     *     reads no gist
     * @param othersNoise [B, T, D], standard normal, the others' latents' noise, or empty
     */
    public record Batch(float[] images, float[] keyNoise, float[] latentNoise, float[] others, float[] othersNoise) {}

    /** The input of step {@code step}, counted from 0. */
    public Batch draw(int step) {
        SplittableRandom random = new SplittableRandom(NoiseSource.seed(plan.seed(), step));
        int samples = plan.episodes() * plan.episodeLength();
        int size = images.pixelsPerImage();
        int latents = samples * plan.settings().latent();
        float[] pixels = new float[samples * size];
        int[] drawn = new int[samples];
        AffineMap[] maps = new AffineMap[samples];
        int[] ofOneClass = {};
        for (int i = 0; i < samples; i++) {
            int within = i % plan.episodeLength();
            if (within == 0 && plan.oneClass() > 0) {
                ofOneClass = random.nextDouble() < plan.oneClass()
                        ? some(full.get(random.nextInt(full.size())), random)
                        : new int[0];
            }
            if (ofOneClass.length > 0) {
                drawn[i] = ofOneClass[within];
            } else {
                drawn[i] = paired.length == 0 ? random.nextInt(images.count()) : paired[random.nextInt(paired.length)];
            }
            // One map for an episode of one class: what its images have in common should stay common.
            maps[i] = plan.augment().isNone()
                    ? null
                    : ofOneClass.length > 0 && within > 0
                            ? maps[i - 1]
                            : plan.augment().draw(random);
            plan.binarisation().copy(images, drawn[i], maps[i], pixels, i * size, random);
        }
        float[] keyNoise = normals(random, (int) plan.settings()
                .readNoiseShape(plan.episodes(), plan.episodeLength())
                .size());
        float[] latentNoise = normals(random, latents);
        if (paired.length == 0) {
            return new Batch(pixels, keyNoise, latentNoise, new float[0], new float[0]);
        }
        float[] others = new float[samples * size];
        for (int i = 0; i < samples; i++) {
            // Transformed by the same map: the model should learn how two images of a class differ, not their
            // transforms.
            plan.binarisation().copy(images, another(drawn[i], random), maps[i], others, i * size, random);
        }
        return new Batch(pixels, keyNoise, latentNoise, others, normals(random, latents));
    }

    /** T different ones of a class. */
    private int[] some(int[] members, SplittableRandom random) {
        int[] shuffled = members.clone();
        for (int i = 0; i < plan.episodeLength(); i++) {
            int other = i + random.nextInt(shuffled.length - i);
            int image = shuffled[other];
            shuffled[other] = shuffled[i];
            shuffled[i] = image;
        }
        return shuffled;
    }

    private void findFullClasses() {
        if (!images.hasLabels()) {
            throw new IllegalArgumentException(
                    "'%s': expected labelled images, which episodes of one class need, found no labels"
                            .formatted(images.name()));
        }
        for (List<Integer> all : images.classes().values()) {
            if (all.size() >= plan.episodeLength()) {
                full.add(all.stream().mapToInt(Integer::intValue).toArray());
            }
        }
        if (full.isEmpty()) {
            throw new IllegalArgumentException(
                    "'%s': expected a class of at least the %d images of an episode, found none"
                            .formatted(images.name(), plan.episodeLength()));
        }
    }

    private void findClasses() {
        if (!images.hasLabels()) {
            throw new IllegalArgumentException(
                    ("'%s': expected labelled images, which a model that reads gists needs, found no labels")
                            .formatted(images.name()));
        }
        images.classes().forEach((label, all) -> {
            if (all.size() > 1) {
                members.put(label, all.stream().mapToInt(Integer::intValue).toArray());
            }
        });
        if (members.isEmpty()) {
            throw new IllegalArgumentException(
                    "'%s': expected a class of at least two images, found %d images, each of another class"
                            .formatted(images.name(), images.count()));
        }
    }

    /** Another image of the same class, uniformly drawn. */
    private int another(int image, SplittableRandom random) {
        int[] all = members.get(images.label(image));
        int drawn = all[random.nextInt(all.length - 1)];
        return drawn == image ? all[all.length - 1] : drawn;
    }

    /**
     * Images drawn with replacement and made binary as in an episode; the seed determines them.
     *
     * @param most how many to draw, unless the set is so small that most of them would be the same again
     * @return [N, Cx, Hx, Wx]
     */
    float[] sample(int most) {
        int count = (int) Math.min(most, MAX_REPETITIONS * (long) images.count());
        // No step has this number.
        SplittableRandom random = new SplittableRandom(NoiseSource.seed(plan.seed(), -1));
        int size = images.pixelsPerImage();
        float[] pixels = new float[count * size];
        for (int i = 0; i < count; i++) {
            plan.binarisation().copy(images, random.nextInt(images.count()), pixels, i * size, random);
        }
        return pixels;
    }

    private static float[] normals(SplittableRandom random, int count) {
        float[] normals = new float[count];
        for (int i = 0; i < count; i++) {
            normals[i] = (float) random.nextGaussian();
        }
        return normals;
    }
}
