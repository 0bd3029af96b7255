package io.kanerva.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.reference.SeveralOpinions;
import io.kanerva.trainer.model.Windows;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GridSampleWindowTest {

    private static InputSpec windows(String name) {
        return InputSpec.of(name, DataType.FLOAT32, Dimension.named("B"), Dimension.named("N"));
    }

    /** Windows of any place and size, mirrored ones and ones far outside too. */
    private static NDList read(NDList in) {
        NDArray traces =
                GridSampleWindow.read(in.get(0), new Windows(in.get(1), in.get(2), in.get(3), in.get(4)), 3, 4);
        return new NDList(traces);
    }

    @ParameterizedTest
    @CsvSource({"16, bilinear", "19, bilinear", "20, linear", "22, linear"})
    void theModeHasTheNameThatItsOpsetGivesIt(int opset, String mode) {
        OnnxModel model = OnnxExporter.export(
                new LambdaBlock(GridSampleWindowTest::read),
                List.of(
                        InputSpec.of(
                                "memory",
                                DataType.FLOAT32,
                                Dimension.named("B"),
                                Dimension.fixed(2),
                                Dimension.fixed(6),
                                Dimension.fixed(9)),
                        windows("x"),
                        windows("halfX"),
                        windows("y"),
                        windows("halfY")),
                List.of("traces"),
                ExportOptions.defaults()
                        .withOpset(opset)
                        .withCheck(new SeveralOpinions(1e-5))
                        .withTolerance(1e-5));
        assertThat(model.checks()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(model.proto().getGraph().getNodeList().stream()
                        .filter(node -> node.getOpType().equals("GridSample")))
                .singleElement()
                .satisfies(node -> assertThat(node.getAttributeList().stream()
                                .filter(a -> a.getName().equals("mode")))
                        .singleElement()
                        .satisfies(a -> assertThat(a.getS().toStringUtf8()).isEqualTo(mode)));
    }
}
