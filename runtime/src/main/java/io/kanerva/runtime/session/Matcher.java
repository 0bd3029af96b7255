package io.kanerva.runtime.session;

import io.kanerva.runtime.math.ContentQuery;
import io.kanerva.runtime.math.ContentSearch;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Finds up to {@link #MOST} queries at once among samples that are given page by page.
 *
 * <p>A few queries, or few samples, are compared one by one, by {@link ContentSearch#scores}. Of many,
 * {@link ContentScreen} rules out most samples. Where it cannot, {@link ContentProduct} does, whose sums are those up
 * to the rounding of another order. Scores that may be a query's best are computed as for one query, so that results
 * are the same to the bit.
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
    private double[] sums = {};
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
        this.page = page;
        this.memory = memory;
        this.first = first;
        this.isWritten = isWritten;
        try {
            if (count < FEWEST) {
                for (int query = 0; query < count; query++) {
                    workspace.check();
                    for (int group = 0; group < page.groups(); group++) {
                        matchExactly(query, group);
                    }
                }
            } else if (page.codes() != null && page.samples() >= ContentScreen.samples(length)) {
                matchScreened();
            } else {
                matchTogether(0, page.groups());
            }
        } finally {
            this.page = null; // idle workspaces keep nobody's memory
            this.isWritten = null;
        }
    }

    private void matchScreened() {
        prepareScreen();
        int each = screen.samples() / ContentSearch.AT_ONCE;
        for (int at = 0; at < page.groups(); at += each) {
            workspace.check();
            int groups = Math.min(each, page.groups() - at);
            int code = page.code(memory, at);
            int samples = groups * ContentSearch.AT_ONCE;
            screen.put(page.codes(), code, samples);
            workspace.multiply(screen.product());
            for (int query = 0; query < count; query++) {
                floors[query] = best[query] - 4 * errors[query]; // the bound is rounded itself
            }
            int found = screen.find(page.codes(), code, samples, floors, count, pairs);
            if (found < 0) {
                matchTogether(at, at + groups);
            }
            for (int i = 0; i < found; i++) {
                matchExactly(pairs[i] % screen.queries(), at + pairs[i] / screen.queries());
            }
        }
    }

    private void matchExactly(int query, int group) {
        page.scores(queries[query], memory, group, exact);
        int sample = group * ContentSearch.AT_ONCE;
        int end = Math.min(ContentSearch.AT_ONCE, page.samples() - sample);
        for (int i = 0; i < end; i++) {
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
            product.get(sums, groups);
            for (int group = 0; group < groups; group++) {
                for (int query = 0; query < count; query++) {
                    matchGroup(query, at + group, (group * product.queries() + query) * ContentSearch.AT_ONCE);
                }
            }
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
        int size = product.groups() * product.queries() * ContentSearch.AT_ONCE;
        if (sums.length < size) {
            sums = new double[size];
        }
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
     * of at least the highest one less 2 e, whatever that of the others; a group with one that reaches so much is
     * compared by its scores proper.
     */
    private void matchGroup(int query, int group, int at) {
        double scale = queries[query].scale();
        int sample = group * ContentSearch.AT_ONCE;
        int end = Math.min(ContentSearch.AT_ONCE, page.samples() - sample);
        boolean mayBeBest = false;
        for (int i = 0; i < end; i++) {
            double score = sums[at + i] * scale;
            if (score >= highest[query] - 2 * errors[query] && isWritten.test(first + sample + i)) {
                // No score is above 1, so that what exceeds it by rounding is no better than what does not.
                highest[query] = Math.max(highest[query], Math.min(1, score));
                mayBeBest = true;
            }
        }
        if (mayBeBest) {
            matchExactly(query, group);
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
