package io.kanerva.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import io.kanerva.runtime.InferenceException;
import io.kanerva.runtime.TensorException;
import io.kanerva.runtime.math.ContentQuery;
import io.kanerva.runtime.math.ContentSearch;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The products of many queries' features with those of a block of samples, by ONNX Runtime's MatMul in float64: queries
 * [Q, F] times groups of samples [G, F, 16].
 *
 * <p>A block is copied into a buffer that stays in the processor's second-level cache, so that the samples pass through
 * the memory once for all queries. Used by one thread at a time; owns its tensors.
 */
final class ContentProduct implements AutoCloseable {

    /** 1 MiB. */
    private static final int BLOCK = 1 << 17;

    private static final int MOST_GROUPS = 64;

    private final int features;
    private final int groups;
    private final int queries;
    private final double[] values;
    private final DoubleBuffer samples;
    private final DoubleBuffer asked;
    private final DoubleBuffer products;
    private final Map<String, OnnxTensor> inputs = new HashMap<>();
    private final Map<String, OnnxTensor> outputs = new HashMap<>();

    /**
     * @param features F
     * @param queries Q
     */
    ContentProduct(int features, int queries) {
        this.features = features;
        this.queries = queries;
        values = new double[features];
        groups = Math.max(
                1, Math.min(MOST_GROUPS, Integer.highestOneBit(BLOCK / (features * ContentSearch.AT_ONCE) | 1)));
        samples = direct(groups * features * ContentSearch.AT_ONCE);
        asked = direct(queries * features);
        products = direct(groups * queries * ContentSearch.AT_ONCE);
        try {
            inputs.put("queries", tensor(asked, queries, features));
            inputs.put("samples", tensor(samples, groups, features, ContentSearch.AT_ONCE));
            outputs.put("products", tensor(products, groups, queries, ContentSearch.AT_ONCE));
        } catch (OrtException e) {
            close();
            throw new InferenceException(e, "look up: ONNX Runtime makes no tensor: %s", e.getMessage());
        }
    }

    private static DoubleBuffer direct(int size) {
        long bytes = (long) size * Double.BYTES;
        try {
            return ByteBuffer.allocateDirect(Math.toIntExact(bytes))
                    .order(ByteOrder.nativeOrder())
                    .asDoubleBuffer();
        } catch (OutOfMemoryError e) {
            throw new TensorException(
                    "look up: expected room for %d bytes in the JVM's direct memory, found too little (%s)",
                    bytes, e.getMessage());
        }
    }

    private static OnnxTensor tensor(DoubleBuffer buffer, long... shape) throws OrtException {
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), buffer, shape);
    }

    /** The graph: MatMul, opset 17. Field numbers are those of onnx.proto. */
    static byte[] graph() {
        byte[] node = message(text(1, "queries"), text(1, "samples"), text(2, "products"), text(4, "MatMul"));
        byte[] graph = message(
                field(1, node),
                text(2, "look-up"),
                field(11, value("queries", "Q", "F")),
                field(11, value("samples", "G", "F", "N")),
                field(12, value("products", "G", "Q", "N")));
        byte[] irVersion = {1 << 3, 8};
        byte[] opset = {2 << 3, 17};
        return message(irVersion, field(7, graph), field(8, opset));
    }

    /** A float64 tensor. */
    private static byte[] value(String name, String... dimensions) {
        byte[][] sizes = new byte[dimensions.length][];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = field(1, text(2, dimensions[i]));
        }
        byte[] elementType = {1 << 3, 11};
        return message(text(1, name), field(2, field(1, message(elementType, field(2, message(sizes))))));
    }

    private static byte[] text(int number, String text) {
        return field(number, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] field(int number, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(number << 3 | 2);
        out.write(content.length & 0x7F | (content.length > 0x7F ? 0x80 : 0));
        if (content.length > 0x7F) {
            out.write(content.length >> 7);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] message(byte[]... fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] field : fields) {
            out.writeBytes(field);
        }
        return out.toByteArray();
    }

    int queries() {
        return queries;
    }

    /** The buffers' size in floats. */
    long floats() {
        return 2L * (samples.capacity() + asked.capacity() + products.capacity());
    }

    /** Groups of a block. */
    int groups() {
        return groups;
    }

    /** Takes a query's features. */
    void put(int query, ContentQuery from) {
        from.copyTo(values);
        asked.put(query * features, values);
    }

    /** Takes a block of a page's groups, at most {@link #groups}. */
    void put(ContentSearch page, int memory, int group, int count) {
        page.copyTo(samples, memory, group, count);
    }

    void run(OrtSession session, RunOptions options) throws OrtException {
        session.run(inputs, Set.of(), outputs, options).close();
    }

    /** The sums of the block's first groups, [count, Q, 16]. */
    void get(double[] sums, int count) {
        products.get(0, sums, 0, count * queries * ContentSearch.AT_ONCE);
    }

    @Override
    public void close() {
        inputs.values().forEach(OnnxTensor::close);
        outputs.values().forEach(OnnxTensor::close);
    }
}
