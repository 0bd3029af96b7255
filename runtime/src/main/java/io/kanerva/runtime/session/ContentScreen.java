package io.kanerva.runtime.session;

import io.kanerva.runtime.math.ContentCodes;
import io.kanerva.runtime.math.ContentQuery;
import io.kanerva.runtime.math.ContentSearch;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Rules samples out for many queries at once, by the products of bytes: samples' codes [N, F] times queries' codes [F,
 * Q]. These pass through the memory in an eighth of the features' time, and a bound on what rounding took away says
 * which samples may still match a query best. Used by one thread at a time; owns its tensors.
 *
 * <p>Let q and x be the features of a query and a sample, q' and x' what their codes say. Then q x differs from q' x'
 * by at most |q| |x - x'| + |q - q'| |x'|, and |x'| is at most 1 + |x - x'|.
 */
final class ContentScreen implements AutoCloseable {

    /** 1 MiB. */
    private static final int BLOCK = 1 << 20;

    private static final int MOST_SAMPLES = 1024;

    /** Largest code of a query: twice this times a sample's 255 fits into 16 bits. */
    private static final int LARGEST = 64;

    private final int samples;
    private final int queries;
    private final Product product;
    private final ByteBuffer asked;
    private final int[] sums;

    /** What the offset of samples' codes adds to a query's sums. */
    private final int[] zeros;

    /** Of each query, times its scale: its step, that of its mean's feature, and the lengths of the bound. */
    private final double[] steps;

    private final double[] levels;
    private final double[] lengths;
    private final double[] rests;

    /** The last group that was found for a query. */
    private final int[] found;

    /**
     * @param length values of an image
     * @param queries Q
     */
    ContentScreen(int length, int queries) {
        this.queries = queries;
        samples = samples(length);
        product =
                new Product(Product.Kind.BYTES, new long[] {samples, length}, new long[] {length, queries}, new long[] {
                    samples, queries
                });
        asked = product.right();
        sums = new int[samples * queries];
        zeros = new int[queries];
        steps = new double[queries];
        levels = new double[queries];
        lengths = new double[queries];
        rests = new double[queries];
        found = new int[queries];
    }

    /** N for images of so many values, a multiple of {@link ContentSearch#AT_ONCE}. */
    static int samples(int length) {
        return Math.max(ContentSearch.AT_ONCE, Math.min(MOST_SAMPLES, Integer.highestOneBit(BLOCK / length | 1)));
    }

    Product product() {
        return product;
    }

    int queries() {
        return queries;
    }

    int samples() {
        return samples;
    }

    /** Takes a query. */
    void put(int query, ContentQuery from) {
        double[] values = from.values();
        int last = from.count() - 1;
        double most = 0;
        for (int i = 0; i < last; i++) {
            most = Math.max(most, Math.abs(values[i]));
        }
        for (int at = query; at < asked.capacity(); at += queries) {
            asked.put(at, (byte) 0);
        }
        double step = most / LARGEST;
        int sum = 0;
        double squares = 0;
        double rest = 0;
        for (int i = 0; i < last; i++) {
            int code = (int) Math.rint(values[i] / step);
            asked.put(from.pixels()[i] / ContentSearch.AT_ONCE * queries + query, (byte) code);
            sum += code;
            squares += values[i] * values[i];
            rest += (values[i] - code * step) * (values[i] - code * step);
        }
        zeros[query] = ContentCodes.ZERO * sum;
        steps[query] = step * from.scale();
        levels[query] = values[last] * from.scale();
        rests[query] = Math.sqrt(rest) * from.scale();
        lengths[query] = Math.sqrt(squares) * from.scale() + rests[query];
    }

    /** Takes a block of a page's samples, at most {@link #samples}. */
    void put(ContentCodes page, int sample, int count) {
        page.copyTo(product.left(), sample, count);
    }

    /**
     * The groups of the block that may have a sample of at least a query's score.
     *
     * @param sample the block's first sample in its page
     * @param count its samples
     * @param floors a score for each of the first queries
     * @param asking how many these are
     * @param pairs receives g Q + q for group g of the block and query q, ascending for each query
     * @return the number of pairs, or -1 if there are more than {@code pairs} takes
     */
    int find(ContentCodes page, int sample, int count, double[] floors, int asking, int[] pairs) {
        product.products().asIntBuffer().get(0, sums, 0, count * queries);
        Arrays.fill(found, -1);
        int size = 0;
        for (int i = 0; i < count; i++) {
            double step = page.step(sample + i);
            double rest = page.rest(sample + i);
            double level = page.level(sample + i);
            int at = i * queries;
            for (int query = 0; query < asking; query++) {
                double score = (sums[at + query] - zeros[query]) * (step * steps[query]) + level * levels[query];
                if (score + rest * lengths[query] + rests[query] >= floors[query]) {
                    int group = i / ContentSearch.AT_ONCE;
                    if (found[query] == group) {
                        continue;
                    }
                    if (size == pairs.length) {
                        return -1;
                    }
                    found[query] = group;
                    pairs[size++] = group * queries + query;
                }
            }
        }
        return size;
    }

    @Override
    public void close() {
        product.close();
    }
}
