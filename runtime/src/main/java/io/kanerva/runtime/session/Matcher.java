package io.kanerva.runtime.session;

import io.kanerva.runtime.math.ContentQuery;
import io.kanerva.runtime.math.ContentSearch;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Finds up to {@link #MOST} queries at once among samples that are given page by page.
 *
 * <p>A few queries, or few samples, are compared one by one, by {@link ContentSearch#scores}. Many go through
 * {@link ContentProduct}, whose sums are those up to the rounding of another order; a score that may be a query's best,
 * or would be rounded to another float32, is computed anew. Where only the best matter, {@link ContentScreen} rules out
 * most samples before. So the results are the same to the bit.
 */
public final class Matcher implements AutoCloseable {

    /** Queries that are multiplied at once. */
    private static final int MOST = 64;

    /** Fewer are compared one by one. */
    private static final int FEWEST = 4;

    /** Comparisons that are worth a run of ONNX Runtime. */
    private static final long MANY = 1 << 14;

    private final Workspace workspace;
    private final int length;
    private ContentQuery[] queries = {};
    private final double[] best = new double[MOST];
    private final int[] places = new int[MOST];

    /** The best scores of the products, which are not the last word, and the errors of scores. */
    private final double[] highest = new double[MOST];

    private final double[] errors = new double[MOST];
    private final double[] exact = new double[ContentSearch.AT_ONCE];
    private double[] scores = {};
    private int count;
    private ContentProduct product;
    private ContentScreen screen;

    /** How many queries these have taken. */
    private int inProduct;

    private int inScreen;

    private final double[] floors = new double[MOST];
    private int[] pairs = {};

    private ContentSearch page;
    private int memory;
    private int first;
    private IntPredicate isWritten;
    private float[] matches;
    private int to;

    /** @param length the number of values of an image */
    Matcher(Workspace workspace, int length) {
        this.workspace = workspace;
        this.length = length;
    }

    /** How many of a call's queries are best compared at once with so many samples. */
    public static int together(int queries, long samples) {
        // Parts that are almost alike share a product.
        int parts = (queries + MOST - 1) / MOST;
        int most = parts == 0 ? 0 : (queries + parts - 1) / parts;
        return most >= FEWEST && most * samples >= MANY ? most : 1;
    }

    /** Forgets all queries. */
    public void clear() {
        count = 0;
        inProduct = 0;
        inScreen = 0;
    }

    /** The number of queries. */
    public int count() {
        return count;
    }

    /** Adds a query, of at most {@link #MOST}, which begins at {@code from}. */
    public void add(float[] images, int from) {
        if (queries.length == count) {
            queries = Arrays.copyOf(queries, count + 1);
            queries[count] = new ContentQuery(length);
        }
        queries[count].set(images, from);
        best[count] = Double.NEGATIVE_INFINITY;
        highest[count] = Double.NEGATIVE_INFINITY;
        places[count++] = -1;
    }

    /** The place of the sample that matches a query best, the first of equals. */
    public int place(int query) {
        return places[query];
    }

    /** Its score, in [-1, 1]. */
    public double score(int query) {
        return best[query];
    }

    /**
     * Compares all queries with the samples of a page.
     *
     * @param memory the index of the memory in the page
     * @param first the place of its first sample; those of earlier pages are smaller
     * @param isWritten whether there is a sample, by its place
     */
    public void match(ContentSearch page, int memory, int first, IntPredicate isWritten) {
        match(page, memory, first, isWritten, null, 0);
    }

    /**
     * The same.
     *
     * @param matches receives the scores of the page's T samples for each query, [Q, T], from {@code to} on; may be
     *     null
     */
    void match(ContentSearch page, int memory, int first, IntPredicate isWritten, float[] matches, int to) {
        this.page = page;
        this.memory = memory;
        this.first = first;
        this.isWritten = isWritten;
        this.matches = matches;
        this.to = to;
        try {
            if (count < FEWEST) {
                for (int query = 0; query < count; query++) {
                    workspace.check();
                    matchAlone(query);
                }
            } else if (matches == null && page.codes() != null && page.samples() >= ContentScreen.samples(length)) {
                matchScreened();
            } else {
                matchTogether(0, page.groups());
            }
        } finally {
            this.page = null; // idle workspaces keep nobody's memory
            this.isWritten = null;
            this.matches = null;
        }
    }

    private void matchScreened() {
        prepareScreen();
        int each = screen.samples() / ContentSearch.AT_ONCE;
        for (int at = 0; at < page.groups(); at += each) {
            workspace.check();
            int sample = at * ContentSearch.AT_ONCE;
            int groups = Math.min(each, page.groups() - at);
            int samples = groups * ContentSearch.AT_ONCE;
            screen.put(page.codes(), sample, samples);
            workspace.multiply(screen.product());
            for (int query = 0; query < count; query++) {
                floors[query] = best[query] - 4 * errors[query]; // the bound is rounded itself
            }
            int found = screen.find(page.codes(), sample, samples, floors, count, pairs);
            if (found < 0) {
                matchTogether(at, at + groups);
            }
            for (int i = 0; i < found; i++) {
                matchExactly(pairs[i] % screen.queries(), at + pairs[i] / screen.queries());
            }
        }
    }

    private void matchExactly(int query, int group) {
        page.groupScores(queries[query], memory, group, exact);
        int sample = group * ContentSearch.AT_ONCE;
        for (int i = 0; i < ContentSearch.AT_ONCE; i++) {
            if (exact[i] > best[query] && isWritten.test(first + sample + i)) {
                best[query] = exact[i];
                places[query] = first + sample + i;
            }
        }
        highest[query] = Math.max(highest[query], best[query]);
    }

    private void matchTogether(int from, int end) {
        prepareProduct();
        for (int at = from; at < end; at += product.groups()) {
            workspace.check();
            int groups = Math.min(product.groups(), end - at);
            product.put(page, memory, at, groups);
            workspace.multiply(product.product());
            product.get(scores, groups);
            for (int group = 0; group < groups; group++) {
                for (int query = 0; query < count; query++) {
                    int sums = (group * product.queries() + query) * ContentSearch.AT_ONCE;
                    matchGroup(query, at + group, sums);
                }
            }
        }
    }

    private void matchAlone(int query) {
        reserveScores(page.scoreSlots());
        page.scores(queries[query], memory, scores);
        for (int sample = 0; sample < page.samples(); sample++) {
            if (scores[sample] > best[query] && isWritten.test(first + sample)) {
                best[query] = scores[sample];
                places[query] = first + sample;
            }
        }
        for (int sample = 0; matches != null && sample < page.samples(); sample++) {
            matches[to + query * page.samples() + sample] = (float) scores[sample];
        }
    }

    private void reserveScores(int size) {
        if (scores.length < size) {
            scores = new double[size];
        }
    }

    private void prepareProduct() {
        // Rows that are left over are computed and not read.
        if (product == null || product.queries() < count || product.queries() >= 2 * count) {
            if (product != null) {
                product.close();
                product = null; // there may be no room for another one
            }
            product = new ContentProduct(page.features(), count);
            inProduct = 0;
        }
        for (; inProduct < count; inProduct++) {
            product.put(inProduct, queries[inProduct]);
            errors[inProduct] = queries[inProduct].error();
        }
        reserveScores(product.groups() * product.queries() * ContentSearch.AT_ONCE);
    }

    private void prepareScreen() {
        if (screen == null || screen.queries() < count || screen.queries() >= 2 * count) {
            if (screen != null) {
                screen.close();
                screen = null;
            }
            screen = new ContentScreen(length, count);
            inScreen = 0;
            // More than a sixteenth take as long as all products of features.
            pairs = new int[count * screen.samples() / ContentSearch.AT_ONCE / 16];
        }
        for (; inScreen < count; inScreen++) {
            screen.put(inScreen, queries[inScreen]);
            errors[inScreen] = queries[inScreen].error();
        }
    }

    /**
     * Goes through a query's products with a group of samples, which begin at {@code at}.
     *
     * <p>Let e be the error of a score. The sample that is best by {@link ContentSearch#scores} has a product's score
     * of at least the highest one less 2 e, whatever that of the others; all that reach so much are compared by their
     * scores proper, in the order of their places.
     */
    private void matchGroup(int query, int group, int at) {
        double scale = queries[query].scale();
        double error = errors[query];
        int sample = group * ContentSearch.AT_ONCE;
        int end = Math.min(ContentSearch.AT_ONCE, page.samples() - sample);
        boolean isExact = false;
        for (int i = 0; i < end; i++) {
            double score = scores[at + i] * scale;
            boolean isCandidate = score >= highest[query] - 2 * error && isWritten.test(first + sample + i);
            float rounded = (float) (score - error);
            boolean isSure =
                    matches == null || rounded == (float) (score + error) && rounded != 0 && Math.abs(score) <= 1;
            if (!isExact && (isCandidate || !isSure)) {
                page.groupScores(queries[query], memory, group, exact);
                isExact = true;
            }
            if (isCandidate) {
                // No score is above 1, so that what exceeds it by rounding is no better than what does not.
                highest[query] = Math.max(highest[query], Math.min(1, score));
                if (exact[i] > best[query]) {
                    best[query] = exact[i];
                    places[query] = first + sample + i;
                }
            }
            if (matches != null) {
                matches[to + query * page.samples() + sample + i] = isSure ? rounded : (float) exact[i];
            }
        }
    }

    /** Native memory, in floats. */
    long floats() {
        return (product == null ? 0 : product.product().floats())
                + (screen == null ? 0 : screen.product().floats());
    }

    /** Frees the tensors; doing so again does nothing. */
    @Override
    public void close() {
        if (product != null) {
            product.close();
            product = null;
        }
        if (screen != null) {
            screen.close();
            screen = null;
        }
    }
}
