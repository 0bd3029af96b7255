package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A model, to which noise of a few units in the last place can be added wherever engines may round differently: at the
 * result of every inexact node, and at what is about to be quantised by a scale that is no short binary fraction.
 */
final class NoisyModel {
    /** Units in the last place of a value, or of a sum's root mean square. */
    private static final double UNITS = 4;
    /** Values with so many zero bits at their end, and whole numbers, are taken for results of exact arithmetic. */
    private static final int SHORT_BITS = 11;

    /** The largest model, and the largest noise, that is kept in memory. */
    static final long MAX_BYTES = 256L << 20;

    private static final String EXACT = "/before-noise";

    /**
     * Nodes that add many terms, whose rounding error is as large as a typical result's even where the sum is small.
     */
    private static final Set<String> SUMS = names("""
            AveragePool BatchNormalization Conv ConvTranspose CumSum DFT Det Einsum GRU Gemm GlobalAveragePool
            GlobalLpPool GridSample GroupNormalization InstanceNormalization LRN LSTM LayerNormalization LpPool
            MatMul MeanVarianceNormalization RNN ReduceL1 ReduceL2 ReduceMean ReduceSum ReduceSumSquare Resize
            RoiAlign STFT Upsample
            """);

    private static Set<String> names(String text) {
        return Set.of(text.strip().split("\\s+"));
    }

    private final ModelProto model;
    private final Map<String, TensorProto> constants = new HashMap<>();
    private final Set<String> exposed = new LinkedHashSet<>();
    private final List<String> inputs;

    private NoisyModel(ModelProto model) {
        this.model = model;
        GraphProto graph = model.getGraph();
        inputs = Case.inputs(graph).stream().map(ValueInfoProto::getName).toList();
        graph.getInitializerList().forEach(weight -> constants.put(weight.getName(), weight));
        for (NodeProto node : graph.getNodeList()) {
            if (node.getOpType().equals("Constant")
                    && node.getAttributeCount() == 1
                    && node.getAttribute(0).hasT()) {
                constants.put(node.getOutput(0), node.getAttribute(0).getT());
            }
        }
        Set<String> computed = new LinkedHashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            computed.addAll(node.getOutputList());
            if (isInexact(node)) {
                node.getOutputList().stream().filter(name -> !name.isEmpty()).forEach(exposed::add);
            }
            String rounded = rounded(node);
            if (computed.contains(rounded)) {
                exposed.add(rounded);
            }
        }
    }

    /** Reads a model; null if it is too large. */
    static NoisyModel read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            return null;
        }
        long external = OnnxFiles.read(file).getGraph().getInitializerList().stream()
                .filter(weight -> weight.getDataLocation() == TensorProto.DataLocation.EXTERNAL)
                .flatMap(weight -> weight.getExternalDataList().stream())
                .filter(entry ->
                        entry.getKey().equals("length") && entry.getValue().matches("\\d{1,18}"))
                .mapToLong(entry -> Long.parseLong(entry.getValue()))
                .sum();
        return external > MAX_BYTES
                ? null
                : new NoisyModel(SelfContained.read(file).build());
    }

    /** Whether a node's result is rounded, or that of a node within it. */
    private static boolean isInexact(NodeProto node) {
        List<GraphProto> bodies = NodeOrder.bodies(node);
        return bodies.isEmpty()
                ? ExactNodes.rounds(node)
                : bodies.stream().flatMap(body -> body.getNodeList().stream()).anyMatch(NoisyModel::isInexact)
                        // A sequence cannot be added to.
                        && bodies.stream()
                                .flatMap(body -> body.getOutputList().stream())
                                .allMatch(output -> output.getType().hasTensorType());
    }

    /** What a node rounds to levels that are no short binary fractions; empty if it rounds nothing so. */
    private String rounded(NodeProto node) {
        if (node.getOpType().equals("DynamicQuantizeLinear")) {
            return node.getInput(0);
        }
        return node.getOpType().equals("QuantizeLinear") && node.getInputCount() > 1 && !isShort(node.getInput(1))
                ? node.getInput(0)
                : "";
    }

    private boolean isShort(String name) {
        TensorProto constant = constants.get(name);
        if (constant == null) {
            return false;
        }
        Tensor tensor = Tensor.of(constant);
        if (!tensor.type().isFloat()) {
            return true;
        }
        for (double value : tensor.doubles()) {
            if (!isShort(value, tensor.type())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isShort(double value, ElementType type) {
        if (value == Math.rint(value) && Math.abs(value) < 1 / type.precision()) {
            return true;
        }
        int digits = (int) Math.round(-Math.log(type.precision()) / Math.log(2));
        int zeros = Math.min(SHORT_BITS, digits / 2) + 52 - digits;
        return (Double.doubleToRawLongBits(value) & (1L << zeros) - 1) == 0;
    }

    /** Whether values are those of {@link #exposing()}: sequences come in parts. */
    boolean isExposed(List<Tensor> values) {
        return exposed.isEmpty() || values.size() == exposed.size();
    }

    /** The model with the values that noise may be added to as outputs, in the order of {@link #probe}'s. */
    byte[] exposing() {
        ModelProto.Builder all = model.toBuilder();
        all.getGraphBuilder().clearOutput();
        exposed.forEach(name ->
                all.getGraphBuilder().addOutput(ValueInfoProto.newBuilder().setName(name)));
        if (exposed.isEmpty()) {
            all.getGraphBuilder().addAllOutput(model.getGraph().getOutputList());
        }
        return all.build().toByteArray();
    }

    /**
     * The model with noise.
     *
     * @param values of {@link #exposing()}
     * @param given the graph's inputs
     * @param seed of the noise
     */
    byte[] probe(List<Tensor> values, List<Tensor> given, int seed) {
        Random random = new Random(seed);
        Map<String, Tensor> known = new HashMap<>();
        for (int i = 0; i < Math.min(inputs.size(), given.size()); i++) {
            known.put(inputs.get(i), given.get(i));
        }
        int index = 0;
        for (String name : exposed) {
            known.put(name, values.get(index++));
        }
        ModelProto.Builder noisy = model.toBuilder();
        GraphProto.Builder graph = noisy.getGraphBuilder().clearNode();
        for (NodeProto node : model.getGraph().getNodeList()) {
            NodeProto.Builder changed = node.toBuilder();
            addBefore(graph, changed, node, known, random);
            List<NodeProto> after = new ArrayList<>();
            for (int i = 0; i < node.getOutputCount(); i++) {
                String name = node.getOutput(i);
                Tensor value = known.get(name);
                if (isInexact(node) && value != null && value.type().isFloat()) {
                    changed.setOutput(i, name + EXACT);
                    boolean sums = SUMS.contains(node.getOpType());
                    after.add(add(graph, name + EXACT, name, noise(value, sums, true, random)));
                }
            }
            graph.addNode(changed).addAllNode(after);
        }
        return noisy.build().toByteArray();
    }

    private void addBefore(
            GraphProto.Builder graph,
            NodeProto.Builder changed,
            NodeProto node,
            Map<String, Tensor> known,
            Random random) {
        Tensor value = known.get(rounded(node));
        if (value != null && value.type().isFloat()) {
            String name = node.getOutput(0) + "/noisy-input";
            graph.addNode(add(graph, node.getInput(0), name, noise(value, false, false, random)));
            changed.setInput(0, name);
        }
        for (int i = 0; i < node.getInputCount() && node.getOpType().startsWith("QLinear"); i++) {
            TensorProto scale = constants.get(node.getInput(i));
            if (scale != null && scale.getDataType() == ElementType.FLOAT32.number() && !isShort(node.getInput(i))) {
                String name = node.getOutput(0) + "/noisy-scale-" + i;
                double factor = 1 + UNITS * ElementType.FLOAT32.precision() * signed(random);
                double[] scales = Tensor.of(scale).doubles();
                for (int j = 0; j < scales.length; j++) {
                    scales[j] *= factor;
                }
                graph.addInitializer(
                        Tensor.of(ElementType.FLOAT32, scales, Tensor.of(scale).shape())
                                .named(name)
                                .toProto());
                changed.setInput(i, name);
            }
        }
    }

    private static NodeProto add(GraphProto.Builder graph, String from, String to, Tensor noise) {
        graph.addInitializer(noise.named(to + "/noise").toProto());
        return NodeProto.newBuilder()
                .setOpType("Add")
                .addInput(from)
                .addInput(to + "/noise")
                .addOutput(to)
                .build();
    }

    /**
     * @param sums whether small values carry as much noise as typical ones
     * @param keepsShort whether short binary fractions get no noise
     */
    private static Tensor noise(Tensor value, boolean sums, boolean keepsShort, Random random) {
        double[] noise = value.doubles();
        double squares = 0;
        long finite = 0;
        for (double x : noise) {
            if (Double.isFinite(x)) {
                squares += x * x;
                finite++;
            }
        }
        double typical = sums ? Math.sqrt(squares / Math.max(1, finite)) : 0;
        for (int i = 0; i < noise.length; i++) {
            double x = noise[i];
            double by = UNITS * value.type().precision() * Math.max(Math.abs(x), typical) * signed(random);
            noise[i] = !Double.isFinite(x) || keepsShort && isShort(x, value.type()) ? 0 : by;
        }
        return Tensor.of(value.type(), noise, value.shape());
    }

    /** From 1/2 to 1, or the same below 0. */
    private static double signed(Random random) {
        double size = 0.5 + random.nextDouble() / 2;
        return random.nextBoolean() ? size : -size;
    }
}
