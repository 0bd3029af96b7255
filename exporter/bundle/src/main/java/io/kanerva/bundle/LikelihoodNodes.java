package io.kanerva.bundle;

import static io.kanerva.onnx.Nodes.integer;
import static io.kanerva.onnx.Nodes.integers;

import io.kanerva.onnx.proto.TensorProto.DataType;
import io.kanerva.runtime.Likelihood;
import io.kanerva.runtime.ModelSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The distribution of images as nodes: their means and -ln p, of the decoder's output [B, N, P, H, W]. The mixture of
 * logistics is {@code DiscretizedLogisticMixture}'s of the trainer, with the same forms in which nothing cancels.
 */
final class LikelihoodNodes {
    private static final int COMPONENTS = 10;
    private static final double LEVELS = 255;
    private static final double MAX_LOG_SCALE = 7;

    /** Farther than any mean is from any level. */
    private static final double FAR = 1e6;

    /** Rows above and columns beside a pixel of which a neighbour may lie. */
    private static final int REACH = 3;

    private static final long CHANNEL = 2;

    private final GraphWriter graph;
    private final ModelSettings settings;
    private final int channels;

    LikelihoodNodes(GraphWriter graph, ModelSettings settings) {
        this.graph = graph;
        this.settings = settings;
        channels = settings.image().channels();
    }

    /** The pixels' means [B, N, C, H, W] in [0, 1]. */
    String means(String logits) {
        if (settings.likelihood() == Likelihood.BERNOULLI) {
            return unit(graph.node("Sigmoid", logits)); // ONNX Runtime's exceeds 1 by a unit in the last place
        }
        Parts parts = new Parts(logits);
        String weights = graph.node("Softmax", List.of(integer("axis", CHANNEL)), parts.groups.get(0));
        List<String> before = new ArrayList<>();
        List<String> means = new ArrayList<>();
        for (int channel = 0; channel < channels; channel++) {
            String mean = parts.mean(channel, before);
            String base = parts.reconstruction.isEmpty() ? null : parts.reconstruction.get(channel);
            mean = base == null ? mean : graph.node("Add", mean, base);
            mean = graph.node("Clip", mean, graph.number(-1), graph.number(1));
            before.add(base == null ? mean : graph.node("Sub", mean, base));
            means.add(graph.sum(graph.node("Mul", weights, mean), true, CHANNEL));
        }
        String whole = graph.node("Add", graph.concat(CHANNEL, means), graph.number(1));
        return unit(graph.node("Mul", whole, graph.number(0.5)));
    }

    private String unit(String values) {
        return graph.node("Clip", values, graph.number(0), graph.number(1));
    }

    /** -ln p of images [B, N, C, H, W], [B, N]. */
    String nats(String logits, String images) {
        if (settings.likelihood() == Likelihood.BERNOULLI) {
            String fits = graph.node("Mul", images, logits);
            String nats = graph.node("Sub", graph.node("Softplus", logits), fits);
            return graph.sum(nats, false, 2, 3, 4);
        }
        String levels = graph.node(
                "Floor", graph.node("Add", graph.node("Mul", images, graph.number(LEVELS)), graph.number(0.5)));
        String values = graph.node("Sub", graph.node("Mul", levels, graph.number(2 / LEVELS)), graph.number(1));
        String first = graph.cast(graph.node("Less", levels, graph.number(0.5)), DataType.FLOAT);
        String last = graph.cast(graph.node("Greater", levels, graph.number(LEVELS - 0.5)), DataType.FLOAT);
        String end = graph.number(1 / LEVELS);
        String far = graph.number(FAR);
        List<String> high =
                eachChannel(graph.node("Add", graph.node("Add", values, end), graph.node("Mul", last, far)));
        List<String> low =
                eachChannel(graph.node("Sub", graph.node("Sub", values, end), graph.node("Mul", first, far)));
        String inside = graph.node("Sub", graph.number(1), graph.node("Add", first, last));
        List<String> insides = eachChannel(inside);
        Parts parts = new Parts(logits);
        String errors = parts.reconstruction.isEmpty()
                ? values
                : graph.node("Sub", values, graph.concat(CHANNEL, parts.reconstruction));
        List<String> before = eachChannel(errors);
        String around = parts.coefficients.isEmpty() ? null : around(errors);
        String joint = graph.node("LogSoftmax", List.of(integer("axis", CHANNEL)), parts.groups.get(0));
        for (int channel = 0; channel < channels; channel++) {
            String mean = parts.mean(channel, before.subList(0, channel));
            if (around != null) {
                String moved = graph.sum(graph.node("Mul", parts.coefficients.get(channel), around), true, CHANNEL);
                mean = graph.node("Add", mean, graph.node("Add", parts.reconstruction.get(channel), moved));
            }
            String scale = graph.node(
                    "Clip",
                    parts.groups.get(1 + channels + channel),
                    graph.number(-MAX_LOG_SCALE),
                    graph.number(MAX_LOG_SCALE));
            String inverse = graph.node("Exp", graph.node("Neg", scale));
            String upper = tail(mean, high.get(channel), inverse);
            String lower = tail(low.get(channel), mean, inverse);
            String half = graph.node("Mul", inverse, graph.number(1 / LEVELS));
            String width = graph.node("Sub", graph.node("Log", graph.node("Sinh", half)), half);
            width = graph.node("Mul", width, insides.get(channel));
            joint = graph.node("Sub", graph.node("Add", joint, width), graph.node("Add", upper, lower));
        }
        String most = graph.node("ReduceMax", List.of(integers("axes", CHANNEL), integer("keepdims", 1)), joint);
        String mass = graph.sum(graph.node("Exp", graph.node("Sub", joint, most)), true, CHANNEL);
        String halves = graph.node("Mul", graph.sum(inside, true, CHANNEL), graph.number(Math.log(2)));
        String logarithm = graph.node("Add", graph.node("Add", graph.node("Log", mass), most), halves);
        return graph.node("Neg", graph.sum(logarithm, false, 2, 3, 4));
    }

    /** Softplus of (from - to) inverse, which engines' own operators may let overflow: it can be thousands. */
    private String tail(String from, String to, String inverse) {
        String value = graph.node("Mul", graph.node("Sub", from, to), inverse);
        String rest = graph.node("Exp", graph.node("Neg", graph.node("Abs", value)));
        return graph.node(
                "Add", graph.node("Relu", value), graph.node("Log", graph.node("Add", rest, graph.number(1))));
    }

    private List<String> eachChannel(String images) {
        return graph.split(images, CHANNEL, equal(channels, 1));
    }

    private static long[] equal(int count, long size) {
        long[] sizes = new long[count];
        Arrays.fill(sizes, size);
        return sizes;
    }

    /** Each pixel's neighbours' errors, [B, N, neighbours C, H, W]; 0 outside of the image. */
    private String around(String errors) {
        String padded = graph.node("Pad", errors, graph.list(0, 0, 0, REACH, REACH, 0, 0, 0, 0, REACH));
        int height = settings.image().height();
        int width = settings.image().width();
        List<String> parts = new ArrayList<>();
        for (int[] place : places(settings.neighbours())) {
            int row = REACH + place[0];
            int column = REACH + place[1];
            parts.add(graph.node(
                    "Slice",
                    padded,
                    graph.list(row, column),
                    graph.list(row + height, column + width),
                    graph.list(3, 4)));
        }
        return graph.concat(CHANNEL, parts);
    }

    /** Offsets (rows, columns) by distance; within one, both sides row by row upwards, then the top row. */
    private static List<int[]> places(int neighbours) {
        List<int[]> places = new ArrayList<>();
        for (int far = 1; places.size() < neighbours; far++) {
            places.add(new int[] {0, -far});
            for (int row = 1; row < far; row++) {
                places.add(new int[] {-row, -far});
                places.add(new int[] {-row, far});
            }
            for (int column = -far; column <= far; column++) {
                places.add(new int[] {-far, column});
            }
        }
        return places;
    }

    /** The parameters' parts. */
    private final class Parts {
        /** [B, N, components, H, W] for each group of the mixture. */
        final List<String> groups;
        /** [B, N, 1, H, W] for each channel; none without neighbours. */
        final List<String> reconstruction;
        /** [B, N, neighbours C, H, W] for each channel; none without neighbours. */
        final List<String> coefficients;

        Parts(String parameters) {
            int count = 1 + 2 * channels + channels * (channels - 1) / 2;
            boolean hasMore = settings.neighbours() > 0;
            long[] sizes = equal(count + (hasMore ? 2 * channels : 0), COMPONENTS);
            for (int i = 0; hasMore && i < channels; i++) {
                sizes[count + i] = 1;
                sizes[count + channels + i] = (long) settings.neighbours() * channels;
            }
            List<String> all = graph.split(parameters, CHANNEL, sizes);
            groups = all.subList(0, count);
            reconstruction = hasMore ? all.subList(count, count + channels) : List.of();
            coefficients = hasMore ? all.subList(count + channels, all.size()) : List.of();
        }

        /** A channel's means, shifted by the channels before it. */
        String mean(int channel, List<String> before) {
            String mean = groups.get(1 + channel);
            for (int other = 0; other < channel; other++) {
                String coefficient = groups.get(1 + 2 * channels + channel * (channel - 1) / 2 + other);
                String moved = graph.node("Mul", graph.node("Tanh", coefficient), before.get(other));
                mean = graph.node("Add", mean, moved);
            }
            return mean;
        }
    }
}
