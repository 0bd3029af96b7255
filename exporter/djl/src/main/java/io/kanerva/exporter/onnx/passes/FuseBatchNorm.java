package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Fuses a batch normalisation with the convolution or the matrix product before it: with s = gamma / sqrt(variance +
 * epsilon), the weights of each filter are multiplied by s, and the bias b becomes (b - mean) s + beta.
 */
final class FuseBatchNorm implements Pass {
    private static final float DEFAULT_EPSILON = 1e-5f;

    @Override
    public Graph apply(Graph graph) {
        Map<String, Long> uses = graph.uses();
        Map<String, Node> convolutions = new HashMap<>();
        Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            Node convolution = node.is("BatchNormalization") ? convolutions.get(node.input(0)) : null;
            if (node.is("Conv") || isMatrixOfFilters(node)) {
                convolutions.put(node.output(), node);
            }
            boolean isFusible = convolution != null
                    && uses.get(convolution.output()) == 1
                    && areConstant(convolution, node, initializers);
            Optional<Node> fused = isFusible ? fuse(convolution, node, initializers) : Optional.empty();
            if (fused.isPresent()) {
                nodes.set(nodes.indexOf(convolution), fused.get());
            } else {
                nodes.add(node);
            }
        }
        return graph.with(nodes, initializers);
    }

    /** A product x W^T + b has one row of W per output channel, as a convolution has one filter. */
    private static boolean isMatrixOfFilters(Node node) {
        return node.is("Gemm") && node.attributes().equals(Map.of("transB", 1L));
    }

    private static boolean areConstant(Node convolution, Node norm, Map<String, Tensor> initializers) {
        Stream<String> names = Stream.concat(
                convolution.inputs().stream().skip(1), norm.inputs().stream().skip(1));
        return names.map(initializers::get).allMatch(Objects::nonNull);
    }

    /** Empty if a folded weight is beyond the range of its type, which the unfused product need not be. */
    private static Optional<Node> fuse(Node convolution, Node norm, Map<String, Tensor> initializers) {
        Tensor weight = initializers.get(convolution.input(1));
        double[] gamma = initializers.get(norm.input(1)).doubles();
        double[] beta = initializers.get(norm.input(2)).doubles();
        double[] mean = initializers.get(norm.input(3)).doubles();
        double[] variance = initializers.get(norm.input(4)).doubles();
        boolean hasBias = !convolution.input(2).isEmpty();
        double[] bias = hasBias ? initializers.get(convolution.input(2)).doubles() : new double[gamma.length];
        float epsilon = (Float) norm.attributes().getOrDefault("epsilon", DEFAULT_EPSILON);
        double[] scales = new double[gamma.length];
        for (int c = 0; c < gamma.length; c++) {
            scales[c] = gamma[c] / Math.sqrt(variance[c] + epsilon);
            bias[c] = (bias[c] - mean[c]) * scales[c] + beta[c];
        }
        Tensor scaled = weight.withRowsScaled(scales);
        Tensor shifts = Tensor.of(weight.type(), bias, bias.length);
        if (!scaled.isFinite() || !shifts.isFinite()) {
            return Optional.empty();
        }
        // Named after the normalisation's first parameter, which distinguishes several normalisations of shared
        // weights.
        String weightName = convolution.input(1) + "/with/" + norm.input(1);
        String biasName = weightName + "/bias";
        initializers.put(weightName, scaled);
        initializers.put(biasName, shifts);
        return Optional.of(new Node(
                convolution.operator(),
                List.of(convolution.input(0), weightName, biasName),
                norm.outputs(),
                convolution.attributes(),
                convolution.origin().and(norm.origin())));
    }
}
