package io.kanerva.conformance.compare;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The precision of a graph, judged from its file: the types of its weights, and operators that quantise. */
public enum Precision {
    FLOAT32,
    FLOAT16,
    INT8;

    private static final Set<String> QUANTISED = Set.of(
            "QuantizeLinear",
            "DequantizeLinear",
            "DynamicQuantizeLinear",
            "ConvInteger",
            "MatMulInteger",
            "QLinearConv",
            "QLinearMatMul");

    /**
     * The precision of a graph.
     *
     * @throws IOException if the file is unreadable or not an ONNX model
     */
    public static Precision of(Path file) throws IOException {
        ModelProto proto = OnnxFiles.read(file);
        List<NodeProto> nodes = proto.getGraph().getNodeList();
        if (nodes.stream().anyMatch(node -> QUANTISED.contains(node.getOpType()))) {
            return INT8;
        }
        return proto.getGraph().getInitializerList().stream()
                        .mapToInt(TensorProto::getDataType)
                        .anyMatch(type -> type == ElementType.FLOAT16.number())
                ? FLOAT16
                : FLOAT32;
    }

    /**
     * The tolerance of an output of such a graph.
     *
     * @param device cpu, wasm, webgpu or cuda
     */
    public Tolerance tolerance(String device) {
        return switch (this) {
            case FLOAT32 -> device.equals("cpu") ? Tolerance.FLOAT32 : Tolerance.FLOAT32_ELSEWHERE;
            case FLOAT16 -> Tolerance.FLOAT16;
            case INT8 -> Tolerance.INT8;
        };
    }
}
