package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.exportLambda;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.basicmodelzoo.cv.object_detection.ssd.SingleShotDetection;
import ai.djl.modality.cv.MultiBoxDetection;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.reference.SeveralOpinions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Detections of single-shot networks, and inverses of small matrices. */
class DetectionTest {
    private static final List<InputSpec> INPUTS =
            List.of(input("scores", 1, 4, 24), input("offsets", 1, 96), input("anchors", 1, 24, 4));

    /** Anchors around the given centres, so that many overlap. */
    private static NDList detection(NDList in, MultiBoxDetection detection) {
        NDArray centre = in.get(2).get("..., 0:2").getNDArrayInternal().sigmoid();
        NDArray size = in.get(2)
                .get("..., 2:4")
                .getNDArrayInternal()
                .sigmoid()
                .mul(0.4)
                .add(0.1);
        NDArray anchors = NDArrays.concat(new NDList(centre.sub(size), centre.add(size)), -1);
        return detection.detection(new NDList(in.get(0).softmax(1), in.get(1), anchors));
    }

    private static MultiBoxDetection.Builder detection() {
        return MultiBoxDetection.builder();
    }

    @Test
    void detectionsAgreeWithTheEngine() {
        for (MultiBoxDetection each : List.of(
                detection().build(),
                detection()
                        .optThreshold(0.4f)
                        .optNmsThreshold(0.3f)
                        .optClip(false)
                        .build(),
                detection().optThreshold(0.5f).optNmsThreshold(1).build(),
                detection().optNmsThreshold(1.5f).build())) {
            OnnxModel model = exportLambda(in -> detection(in, each), INPUTS.toArray(InputSpec[]::new));
            assertThat(model.proto()
                            .getGraph()
                            .getOutput(0)
                            .getType()
                            .getTensorType()
                            .getShape()
                            .getDim(1))
                    .as("the number of detections")
                    .satisfies(size -> assertThat(size.hasDimValue()).isFalse());
        }
    }

    @Test
    void equalScoresAndOverlapsAtTheThresholdAreTreatedAsTheEngineDoes() {
        MultiBoxDetection detection =
                detection().optNmsThreshold(0.5f).optClip(false).build();
        OnnxModel model = exportLambda(
                detection::detection, input("scores", 1, 3, 4), input("offsets", 1, 16), input("anchors", 1, 4, 4));
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList in = new NDList(
                    manager.create(new float[] {0.1f, 0.1f, 0.1f, 0.1f, 0.6f, 0.6f, 0.6f, 0.3f, 0.3f, 0.3f, 0.3f, 0.6f})
                            .reshape(1, 3, 4),
                    manager.zeros(new Shape(1, 16)),
                    // The second covers half of the first, the third less.
                    manager.create(new float[] {0, 0, 1, 1, 0, 0, 1, 0.5f, 0, 0, 0.4f, 1, 0, 0, 1, 1})
                            .reshape(1, 4, 4));
            Tensor expected = DjlTensors.copyOf(detection.detection(in).singletonOrThrow());
            Map<String, Tensor> feeds = Map.of(
                    "scores", DjlTensors.copyOf(in.get(0)),
                    "offsets", DjlTensors.copyOf(in.get(1)),
                    "anchors", DjlTensors.copyOf(in.get(2)));
            assertThat(new SeveralOpinions(1e-6).run(model.toBytes(), feeds)).containsEntry("y", expected);
        }
    }

    /** Anchors of the engine itself, which overwrites a list of steps that are not given. */
    private static NDArray anchors(NDArray x, List<Float> ratios, float step) {
        return x.getNDArrayInternal()
                .multiBoxPrior(
                        List.of(0.2f, 0.27f), ratios, new ArrayList<>(List.of(step, step)), List.of(0.5f, 0.25f), false)
                .head();
    }

    @Test
    void anchorsOfFeatureMapsOfAnySizeAgreeWithTheEngine() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray map = manager.ones(new Shape(1, 3, 5, 7));
            for (List<Float> ratios : List.of(List.of(1f), List.of(1f, 2f), List.of(0.5f, 1f, 2f))) {
                for (float step : new float[] {-1, 0.125f}) {
                    OnnxModel model = exportFunction(
                            x -> anchors(x, ratios, step).add(x.mean().mul(0)), input("x", 1, 3, "H", "W"));
                    Tensor expected = DjlTensors.copyOf(anchors(map, ratios, step));
                    Tensor found = new SeveralOpinions(1e-6)
                            .run(model.toBytes(), Map.of("x", DjlTensors.copyOf(map)))
                            .get("y");
                    assertThat(found.shape()).isEqualTo(expected.shape());
                    assertThat(found.doubles()).containsExactly(expected.doubles(), within(1e-6));
                }
            }
        }
    }

    @Test
    void anchorsOfFeatureMapsOfFixedSizeAreAConstant() {
        OnnxModel model = exportFunction(x -> anchors(x, List.of(1f), -1).add(x.mean()), input("x", "N", 3, 2, 4));
        assertThat(operators(model)).containsExactly("ReduceMean", "Add");
    }

    /** Class, score and box of each detection, as DJL's translator takes them. */
    private static NDList predict(NDList list) {
        NDArray scores = list.get(1).softmax(-1).transpose(0, 2, 1);
        NDArray rows = detection()
                .build()
                .detection(new NDList(scores, list.get(2), list.get(0)))
                .head();
        return new NDList(rows.get("..., 0"), rows.get("..., 1"), rows.get("..., 2:"));
    }

    @Test
    void aSingleShotNetworkAndItsDetectionsAreExportedForImagesOfAnySize() {
        List<List<Float>> sizes = List.of(List.of(0.2f, 0.3f), List.of(0.4f, 0.5f), List.of(0.6f, 0.7f));
        Block network = SingleShotDetection.builder()
                .setNumClasses(2)
                .setNumFeatures(1)
                .optGlobalPool(true)
                .setSizes(sizes)
                .setRatios(Collections.nCopies(3, List.of(1f, 2f, 0.5f)))
                .setBaseNetwork(SingleShotDetection.getDownSamplingBlock(4))
                .build();
        Block block = Exports.initialised(
                new SequentialBlock().add(network).add(new LambdaBlock(DetectionTest::predict)), 1, 3, 16, 16);
        OnnxModel model = OnnxExporter.export(
                block,
                List.of(input("x", 1, 3, "H", "W")),
                List.of("class", "score", "box"),
                Exports.CHECKED.withDimensionLimit("H", 8, 20).withDimensionLimit("W", 8, 20));
        assertThat(operators(model)).contains("NonMaxSuppression");
    }

    @Test
    void whatCannotBeDetectedIsRefused() {
        assertThatThrownBy(() -> exportLambda(
                        in -> detection(in, detection().optNmsThreshold(0).build()), INPUTS.toArray(InputSpec[]::new)))
                .hasMessageContaining("expected an overlap threshold above 0, found 0.0");
        assertThatThrownBy(() -> exportLambda(
                        in -> detection(in, detection().build()),
                        input("scores", 2, 4, 24),
                        input("offsets", 2, 96),
                        input("anchors", 1, 24, 4)))
                .hasMessageContaining("exported for one image; give the batch the fixed size 1");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void inversesOfSmallMatricesAgreeWithTheEngine(int n) {
        for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
            OnnxModel model = exportFunction(
                    x -> x.add(x.getManager().eye(n).mul(4).toType(type, false)).inverse(),
                    input("x", type, "B", "T", n, n));
            assertThat(operators(model)).doesNotContain("Loop");
            exportFunction(
                    x -> x.add(x.getManager().eye(n).mul(4).toType(type, false)).inverse(), input("x", type, n, n));
        }
    }

    @Test
    void anInverseOfALargerMatrixIsRefused() {
        assertThatThrownBy(() -> exportFunction(NDArray::inverse, input("x", 5, 5)))
                .hasMessageContaining("inverse cannot be exported: ONNX's standard domain has no matrix inverse; it is "
                        + "written out for matrices of a fixed size up to 4 x 4, found 5 x 5");
    }
}
