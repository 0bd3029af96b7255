package io.kanerva.runtime.session;

import io.kanerva.runtime.math.ContentQuery;
import io.kanerva.runtime.math.ContentSearch;
import java.nio.DoubleBuffer;

/**
 * The products of many queries' features with those of a block of samples, in float64: queries [Q, F] times groups of
 * samples [G, F, 16].
 *
 * <p>A block is copied into a buffer that stays in the processor's second-level cache, so that the samples pass through
 * the memory once for all queries. Used by one thread at a time; owns its tensors.
 */
final class ContentProduct implements AutoCloseable {

    /** 1 MiB. */
    private static final int BLOCK = 1 << 17;

    private static final int MOST_GROUPS = 64;

    private final Product product;
    private final int groups;
    private final int queries;
    private final double[] values;
    private final DoubleBuffer samples;
    private final DoubleBuffer asked;
    private final DoubleBuffer products;

    /**
     * @param features F
     * @param queries Q
     */
    ContentProduct(int features, int queries) {
        this.queries = queries;
        values = new double[features];
        int most = Integer.highestOneBit(BLOCK / (features * ContentSearch.AT_ONCE) | 1);
        groups = Math.min(MOST_GROUPS, most);
        product = new Product(
                Product.Kind.FLOAT64,
                new long[] {queries, features},
                new long[] {groups, features, ContentSearch.AT_ONCE},
                new long[] {groups, queries, ContentSearch.AT_ONCE});
        asked = product.left().asDoubleBuffer();
        samples = product.right().asDoubleBuffer();
        products = product.products().asDoubleBuffer();
    }

    Product product() {
        return product;
    }

    int queries() {
        return queries;
    }

    /** Groups of a block. */
    int groups() {
        return groups;
    }

    /** Takes a query's features. */
    void put(int query, ContentQuery from) {
        from.copyTo(values);
        asked.put(query * values.length, values);
    }

    /** Takes a block of a page's groups, at most {@link #groups}. */
    void put(ContentSearch page, int memory, int group, int count) {
        page.copyTo(samples, memory, group, count);
    }

    /** The sums of the block's first groups, [count, Q, 16]. */
    void get(double[] sums, int count) {
        products.get(0, sums, 0, count * queries * ContentSearch.AT_ONCE);
    }

    @Override
    public void close() {
        product.close();
    }
}
