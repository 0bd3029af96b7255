package io.kanerva.runtime.math;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.TensorException;
import java.nio.DoubleBuffer;

/**
 * Finds a query's sample in a heap memory by content: the query is compared with the image that each written sample's
 * pointers read back, by normalised correlation. Immutable.
 *
 * <p>It compares images rather than content blocks: damage to a few pixels changes a block's code all around them, but
 * the correlation of two images only by those pixels. Contrast, offset, noise and erased parts all leave the right
 * image the most similar one. An image of one intensity has no such content; it is found by its mean.
 */
public final class ContentSearch {

    /**
     * Weight of an image's mean intensity relative to its pixels: small, since damage shifts the mean, but enough to
     * distinguish images of one intensity.
     */
    private static final double MEAN_WEIGHT = 0.1;

    /** Samples that are scored together, so that the sums do not wait for each other. */
    public static final int AT_ONCE = 16;

    /** The longest Java array. */
    private static final int MOST_FEATURES = Integer.MAX_VALUE - 8;

    private final int samples;
    private final int features;

    /**
     * The samples' features, [B, T / 16, F, 16]: sixteen samples' values of a feature are adjacent, T padded with
     * zeros.
     */
    private final double[] rows;

    /** The same in bytes, [B, T], T padded likewise; null for images that are too large for them. */
    private final ContentCodes codes;

    /** What the samples read back, [B, T, Cx, Hx, Wx]; null for pages, whose owner reads blocks. */
    private final FloatTensor images;

    /** The index in {@link #rows} of the first memory that is searched. */
    private final int firstEpisode;

    /** @param images what was written, read back: [B, T, Cx, Hx, Wx] */
    public ContentSearch(FloatTensor images) {
        this(images, null);
    }

    /** The same memories with further samples, whose images are [B, N, Cx, Hx, Wx]. */
    public ContentSearch extended(FloatTensor added) {
        int[] shape = images.shape();
        int before = samples * (features - 1);
        int after = added.dimension(1) * (features - 1);
        shape[0] = added.dimension(0);
        shape[1] += added.dimension(1);
        FloatTensor all = FloatTensor.zeros(shape);
        for (int episode = 0; episode < shape[0]; episode++) {
            int to = episode * (before + after);
            System.arraycopy(images.data(), (firstEpisode + episode) * before, all.data(), to, before);
            System.arraycopy(added.data(), episode * after, all.data(), to + before, after);
        }
        return new ContentSearch(all, this);
    }

    /** @param known holds the features of each memory's first samples; may be null */
    private ContentSearch(FloatTensor images, ContentSearch known) {
        this(
                images.dimension(0),
                images.dimension(1),
                images.size() / (images.dimension(0) * images.dimension(1)),
                images);
        int first = known == null ? 0 : known.samples;
        for (int episode = 0; episode < images.dimension(0); episode++) {
            if (known != null) {
                int slots = known.groups() * AT_ONCE;
                System.arraycopy(known.rows, known.at(episode, 0), rows, at(episode, 0), slots * features);
                if (codes != null) {
                    codes.copy(known.codes, known.code(episode, 0), code(episode, 0), slots);
                }
            }
            for (int sample = first; sample < samples; sample++) {
                set(episode, sample, images.data(), (episode * samples + sample) * (features - 1));
            }
        }
    }

    /** Room for T samples of one memory, images of {@code length} values, to be {@link #set}; of an owner's own. */
    public static ContentSearch empty(int samples, int length) {
        return new ContentSearch(1, samples, length, null);
    }

    private ContentSearch(int episodes, int samples, int length, FloatTensor images) {
        this.samples = samples;
        this.images = images;
        firstEpisode = 0;
        features = length + 1;
        long size = (long) episodes * groups() * AT_ONCE * features;
        if (size > MOST_FEATURES) {
            throw new TensorException(
                    "look up: expected memories whose samples have at most %d features in all, found %d (%d x %d x %d)",
                    MOST_FEATURES, size, episodes, samples, features);
        }
        rows = new double[(int) size];
        codes = length <= ContentCodes.MOST_VALUES ? new ContentCodes(episodes * groups() * AT_ONCE, length) : null;
    }

    /** Puts a sample of a memory of its owner, whose image begins at {@code from}. */
    public void set(int sample, float[] images, int from) {
        set(0, sample, images, from);
    }

    private void set(int episode, int sample, float[] images, int from) {
        int length = features - 1;
        int to = at(episode, sample / AT_ONCE) + sample % AT_ONCE;
        double mean = 0;
        for (int i = 0; i < length; i++) {
            mean += images[from + i];
        }
        mean /= length;
        double level = level(mean, length);
        double squares = level * level;
        for (int i = 0; i < length; i++) {
            double value = images[from + i] - mean;
            rows[to + i * AT_ONCE] = value;
            squares += value * value;
        }
        rows[to + length * AT_ONCE] = level;
        double norm = squares == 0 ? 1 : Math.sqrt(squares);
        for (int i = 0; i <= length; i++) {
            rows[to + i * AT_ONCE] /= norm;
        }
        if (codes != null) {
            codes.set(code(episode, 0) + sample, rows, to);
        }
    }

    private ContentSearch(ContentSearch whole, int episode) {
        samples = whole.samples;
        features = whole.features;
        rows = whole.rows;
        codes = whole.codes;
        images = whole.images;
        firstEpisode = whole.firstEpisode + episode;
    }

    /** The same search in the memories from {@code episode} on, without a copy. */
    public ContentSearch from(int episode) {
        return new ContentSearch(this, episode);
    }

    /**
     * The feature for an image's mean, which follows the pixels less their mean; all are scaled to unit length, and an
     * image of intensity 1/2 throughout becomes zeros.
     */
    static double level(double mean, int length) {
        return MEAN_WEIGHT * Math.sqrt(length) * (mean - 0.5);
    }

    /** Copies the image that a sample of a memory reads back to {@code to}, from {@code at} on. */
    public void copyImage(int memory, int sample, float[] to, int at) {
        int length = features - 1;
        System.arraycopy(images.data(), ((firstEpisode + memory) * samples + sample) * length, to, at, length);
    }

    /** T. */
    public int samples() {
        return samples;
    }

    /** The number of groups of {@link #AT_ONCE} samples of a memory. */
    public int groups() {
        return (samples + AT_ONCE - 1) / AT_ONCE;
    }

    /** Features of an image: one more than it has values. */
    public int features() {
        return features;
    }

    /** The samples in bytes; null for images that are too large for them. */
    public ContentCodes codes() {
        return codes;
    }

    /** The index of a group's first sample in {@link #codes}. */
    public int code(int memory, int group) {
        return ((firstEpisode + memory) * groups() + group) * AT_ONCE;
    }

    /** Copies groups of a memory, [groups, F, 16], to the beginning of {@code to}. */
    public void copyTo(DoubleBuffer to, int memory, int group, int count) {
        to.put(0, rows, at(memory, group), count * features * AT_ONCE);
    }

    private int at(int memory, int group) {
        return ((firstEpisode + memory) * groups() + group) * features * AT_ONCE;
    }

    /**
     * Correlates one query with the {@link #AT_ONCE} samples of a group, in float64; those beyond T are any number.
     *
     * @param memory the index of the group's memory
     * @param scores receives numbers in [-1, 1]
     */
    public void scores(ContentQuery query, int memory, int group, double[] scores) {
        sums(query.pixels(), query.values(), query.count(), at(memory, group), scores);
        for (int sample = 0; sample < AT_ONCE; sample++) {
            scores[sample] = query.score(scores[sample]);
        }
    }

    /** A group's dot products of the features that are not 0. Sums in an array would take half as long again. */
    private void sums(int[] pixels, double[] values, int count, int from, double[] sums) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        double s8 = 0;
        double s9 = 0;
        double s10 = 0;
        double s11 = 0;
        double s12 = 0;
        double s13 = 0;
        double s14 = 0;
        double s15 = 0;
        double[] rows = this.rows;
        for (int feature = 0; feature < count; feature++) {
            double q = values[feature];
            int at = from + pixels[feature];
            s0 += q * rows[at];
            s1 += q * rows[at + 1];
            s2 += q * rows[at + 2];
            s3 += q * rows[at + 3];
            s4 += q * rows[at + 4];
            s5 += q * rows[at + 5];
            s6 += q * rows[at + 6];
            s7 += q * rows[at + 7];
            s8 += q * rows[at + 8];
            s9 += q * rows[at + 9];
            s10 += q * rows[at + 10];
            s11 += q * rows[at + 11];
            s12 += q * rows[at + 12];
            s13 += q * rows[at + 13];
            s14 += q * rows[at + 14];
            s15 += q * rows[at + 15];
        }
        sums[0] = s0;
        sums[1] = s1;
        sums[2] = s2;
        sums[3] = s3;
        sums[4] = s4;
        sums[5] = s5;
        sums[6] = s6;
        sums[7] = s7;
        sums[8] = s8;
        sums[9] = s9;
        sums[10] = s10;
        sums[11] = s11;
        sums[12] = s12;
        sums[13] = s13;
        sums[14] = s14;
        sums[15] = s15;
    }
}
