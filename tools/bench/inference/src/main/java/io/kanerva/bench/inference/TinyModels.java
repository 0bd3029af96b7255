package io.kanerva.bench.inference;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TensorShapeProto;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.Random;

/** Models of one node, to measure the machine. Opset 17. */
final class TinyModels {
    private TinyModels() {}

    /** {@code c = a b}, all three float32 [size, size]. */
    static byte[] product(int size) {
        return model(GraphProto.newBuilder()
                .setName("product")
                .addInput(value("a", size, size))
                .addInput(value("b", size, size))
                .addOutput(value("c", size, size))
                .addNode(NodeProto.newBuilder()
                        .setOpType("MatMul")
                        .addInput("a")
                        .addInput("b")
                        .addOutput("c")));
    }

    /**
     * A convolution from {@code x} [images, input channels, size, size] to {@code y} [images, output channels, size,
     * size]; the kernel's side is odd.
     */
    static byte[] convolution(LoneConvolution of) {
        TensorProto.Builder weight = TensorProto.newBuilder()
                .setName("weight")
                .setDataType(ElementType.FLOAT32.number())
                .addDims(of.outputChannels())
                .addDims(of.inputChannels())
                .addDims(of.kernel())
                .addDims(of.kernel());
        Random random = new Random(3);
        for (int i = 0; i < of.outputChannels() * of.inputChannels() * of.kernel() * of.kernel(); i++) {
            weight.addFloatData((float) (0.05 * random.nextGaussian()));
        }
        AttributeProto.Builder pads =
                AttributeProto.newBuilder().setName("pads").setType(AttributeProto.AttributeType.INTS);
        for (int side = 0; side < 4; side++) {
            pads.addInts(of.kernel() / 2);
        }
        return model(GraphProto.newBuilder()
                .setName("convolution")
                .addInput(value("x", of.images(), of.inputChannels(), of.size(), of.size()))
                .addOutput(value("y", of.images(), of.outputChannels(), of.size(), of.size()))
                .addInitializer(weight)
                .addNode(NodeProto.newBuilder()
                        .setName("convolution")
                        .setOpType("Conv")
                        .addInput("x")
                        .addInput("weight")
                        .addOutput("y")
                        .addAttribute(pads)));
    }

    private static byte[] model(GraphProto.Builder graph) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                .setGraph(graph)
                .build()
                .toByteArray();
    }

    private static ValueInfoProto value(String name, int... sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int size : sizes) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(ElementType.FLOAT32.number())
                                .setShape(shape)))
                .build();
    }
}
