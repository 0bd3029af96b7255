package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.largestDifference;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import io.kanerva.exporter.trace.Statistics;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Batch normalisation with the batch's own statistics, against the engine's in training. */
class StatisticsTest {
    private static OnnxModel export(Block block, Statistics statistics, Object... shape) {
        // One value a channel has no variance: the engine refuses to train on it.
        return OnnxExporter.export(
                block,
                List.of(input("x", shape)),
                List.of("y"),
                CHECKED.withStatistics(statistics).withDimensionLimit("B", 2, 9).withTolerance(1e-5));
    }

    private static Block network() {
        return initialised(
                new SequentialBlock()
                        .add(Conv2d.builder()
                                .setKernelShape(new Shape(3, 3))
                                .setFilters(4)
                                .build())
                        .add(BatchNorm.builder().build())
                        .add(Activation::relu)
                        .add(Dropout.builder().optRate(0.9f).build()),
                2,
                3,
                6,
                6);
    }

    @Test
    void theBatchIsNormalisedByItselfAndNothingIsDropped() {
        OnnxModel model = export(network(), Statistics.BATCH, "B", 3, 6, 6);
        assertThat(operators(model)).contains("ReduceMean").doesNotContain("BatchNormalization", "Dropout");
        assertThat(largestDifference(model)).isLessThan(1e-5);
    }

    @Test
    void itGivesOtherValuesThanTheRunningStatistics() {
        Block block = network();
        assertThat(export(block, Statistics.BATCH, "B", 3, 6, 6).toBytes())
                .isNotEqualTo(export(block, Statistics.RUNNING, "B", 3, 6, 6).toBytes());
        assertThat(operators(export(block, Statistics.RUNNING, "B", 3, 6, 6))).containsExactly("Conv", "Relu");
    }

    @Test
    void otherAxesAndMatricesAreNormalisedByThemselvesToo() {
        assertThat(largestDifference(export(
                        initialised(BatchNorm.builder().optAxis(3).build(), 2, 4, 5, 3),
                        Statistics.BATCH,
                        "B",
                        4,
                        5,
                        3)))
                .isLessThan(1e-5);
        assertThat(largestDifference(export(initialised(BatchNorm.builder().build(), 2, 6), Statistics.BATCH, "B", 6)))
                .isLessThan(1e-5);
        assertThat(largestDifference(export(
                        initialised(BatchNorm.builder().optAxis(1).build(), 2, 6, 5), Statistics.BATCH, "B", 6, "T")))
                .isLessThan(1e-5);
    }

    @Test
    void theBlockKeepsItsRunningStatistics() {
        Block block = network();
        float[] before =
                block.getParameters().get("02BatchNorm_runningMean").getArray().toFloatArray();
        export(block, Statistics.BATCH, "B", 3, 6, 6);
        assertThat(block.getParameters()
                        .get("02BatchNorm_runningMean")
                        .getArray()
                        .toFloatArray())
                .isEqualTo(before);
    }
}
