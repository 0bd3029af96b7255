package io.kanerva.tools;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model of one operator: float32 x [2] to y. */
final class UnaryModel {
    private UnaryModel() {}

    static Path write(Path file, String operator) throws IOException {
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17));
        model.getGraphBuilder()
                .setName("g")
                .addNode(
                        NodeProto.newBuilder().setOpType(operator).addInput("x").addOutput("y"));
        var input = model.getGraphBuilder().addInputBuilder().setName("x").getTypeBuilder();
        input.getTensorTypeBuilder()
                .setElemType(ElementType.FLOAT32.number())
                .getShapeBuilder()
                .addDimBuilder()
                .setDimValue(2);
        var output = model.getGraphBuilder().addOutputBuilder().setName("y").getTypeBuilder();
        output.getTensorTypeBuilder().setElemType(ElementType.FLOAT32.number());
        return Files.write(file, model.build().toByteArray());
    }
}
