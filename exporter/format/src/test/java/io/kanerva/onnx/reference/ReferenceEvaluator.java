package io.kanerva.onnx.reference;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Runs a graph node by node, each in double precision; what a node makes is rounded to its type, as it is in a file.
 */
public final class ReferenceEvaluator implements GraphRunner {
    private static final Map<String, Kernel> KERNELS = new TreeMap<>();

    static {
        ElementwiseKernels.register(KERNELS);
        MovementKernels.register(KERNELS);
        SelectionKernels.register(KERNELS);
        ReductionKernels.register(KERNELS);
        LayerKernels.register(KERNELS);
        WindowKernels.register(KERNELS);
        RecurrentKernels.register(KERNELS);
        SamplingKernels.register(KERNELS);
        SpectralKernels.register(KERNELS);
        CountedKernels.register(KERNELS);
    }

    /** The operators that can be run. */
    public static Set<String> operators() {
        Set<String> operators = new TreeSet<>(KERNELS.keySet());
        operators.addAll(ControlFlow.OPERATORS);
        return operators;
    }

    /** Whether all of a model's operators can be run. */
    public static boolean knows(ModelProto model) {
        return knows(model.getGraph());
    }

    private static boolean knows(GraphProto graph) {
        return graph.getNodeList().stream()
                .allMatch(node -> operators().contains(node.getOpType())
                        && ControlFlow.subgraphs(node).allMatch(ReferenceEvaluator::knows));
    }

    @Override
    public Map<String, Tensor> run(byte[] model, Map<String, Tensor> inputs) {
        try {
            return run(ModelProto.parseFrom(model).getGraph(), inputs);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
        try {
            GraphProto graph = OnnxFiles.read(model).getGraph();
            List<TensorProto> weights = new ArrayList<>();
            for (TensorProto tensor : graph.getInitializerList()) {
                weights.add(
                        tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL ? inside(tensor, model) : tensor);
            }
            return run(
                    graph.toBuilder()
                            .clearInitializer()
                            .addAllInitializer(weights)
                            .build(),
                    inputs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A tensor with the bytes that its file beside the model has for it. */
    private static TensorProto inside(TensorProto tensor, Path model) throws IOException {
        Map<String, String> place = new HashMap<>();
        tensor.getExternalDataList().forEach(entry -> place.put(entry.getKey(), entry.getValue()));
        try (FileChannel file = FileChannel.open(model.resolveSibling(place.get("location")))) {
            ByteBuffer bytes = ByteBuffer.allocate(Integer.parseInt(place.get("length")));
            file.position(Long.parseLong(place.get("offset")));
            while (bytes.hasRemaining() && file.read(bytes) >= 0) {
                // Reads on until all is there or the file ends.
            }
            return tensor.toBuilder()
                    .clearExternalData()
                    .clearDataLocation()
                    .setRawData(ByteString.copyFrom(bytes.flip()))
                    .build();
        }
    }

    private static Map<String, Tensor> run(GraphProto graph, Map<String, Tensor> inputs) {
        Map<String, Array> values = new HashMap<>();
        graph.getInitializerList().forEach(tensor -> values.put(tensor.getName(), Array.of(Tensor.of(tensor))));
        inputs.forEach((name, tensor) -> values.put(name, Array.of(tensor)));
        compute(graph, values);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        graph.getOutputList()
                .forEach(output -> outputs.put(
                        output.getName(), values.get(output.getName()).toTensor()));
        return outputs;
    }

    /** Adds the values of a graph's nodes to those of its inputs, as long as something reads them. */
    static void compute(GraphProto graph, Map<String, Array> values) {
        Map<String, Integer> readers = new HashMap<>();
        graph.getNodeList()
                .forEach(node -> ControlFlow.reads(node).forEach(name -> readers.merge(name, 1, Integer::sum)));
        graph.getOutputList().forEach(output -> readers.merge(output.getName(), 1, Integer::sum));
        for (NodeProto node : graph.getNodeList()) {
            run(node, values);
            // What nobody reads any more is let go: large networks would take gigabytes.
            ControlFlow.reads(node)
                    .filter(name -> readers.merge(name, -1, Integer::sum) == 0)
                    .forEach(values::remove);
        }
    }

    private static void run(NodeProto node, Map<String, Array> values) {
        if (ControlFlow.OPERATORS.contains(node.getOpType())) {
            ControlFlow.run(node, values);
            return;
        }
        Kernel kernel = KERNELS.get(node.getOpType());
        if (kernel == null) {
            throw new UnsupportedOperationException("the reference evaluator has no " + node.getOpType());
        }
        List<Array> inputs = new ArrayList<>();
        node.getInputList().forEach(name -> inputs.add(values.get(name)));
        List<Array> outputs;
        try {
            outputs = kernel.compute(new Attributes(node), inputs, node.getOutputCount());
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "the reference evaluator fails in " + node.getOpType() + " " + node.getName() + ": "
                            + e.getMessage(),
                    e);
        }
        for (int i = 0; i < node.getOutputCount(); i++) {
            values.put(node.getOutput(i), outputs.get(i).rounded());
        }
    }
}
