package io.kanerva.exporter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2dTranspose;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What computes nothing, or something else. */
class EngineFindingsTest {
    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private NDList forward(Block block, NDArray x) {
        if (!block.isInitialized()) {
            block.initialize(manager, DataType.FLOAT32, x.getShape());
        }
        return block.forward(new ParameterStore(manager, false), new NDList(x), false);
    }

    @Test
    void transposedConvolutionsAndPreluAreNotImplemented() {
        Block block = Conv2dTranspose.builder()
                .setKernelShape(new Shape(2, 2))
                .setFilters(2)
                .build();
        assertThatThrownBy(() -> forward(block, manager.ones(new Shape(1, 3, 4, 4))))
                .isInstanceOf(UnsupportedOperationException.class);
        NDArray x = manager.ones(new Shape(2, 3));
        assertThatThrownBy(() -> x.getNDArrayInternal().prelu(x, manager.create(0.1f)))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void interpolationIgnoresWhetherCornersAreAligned() {
        NDArrayEx x = manager.arange(16f).reshape(1, 1, 4, 4).getNDArrayInternal();
        assertThat(x.interpolation(new long[] {9, 9}, 1, true)).isEqualTo(x.interpolation(new long[] {9, 9}, 1, false));
    }

    @Test
    void mishTakesTheLogarithmToBaseTwo() {
        float found = manager.create(1f).getNDArrayInternal().mish().getFloat();
        assertThat((double) found)
                .isCloseTo(Math.tanh(Math.log(1 + Math.E) / Math.log(2)), within(1e-6))
                .isNotCloseTo(Math.tanh(Math.log(1 + Math.E)), within(0.05));
    }

    @Test
    void someOperationsDoNotExist() {
        assertThatThrownBy(() -> manager.sampleNormal(manager.zeros(new Shape(2)), manager.ones(new Shape(2))))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(Stream.of(NDArray.class, NDArrayEx.class, NDArrays.class, NDManager.class)
                        .flatMap(type -> Arrays.stream(type.getMethods()))
                        .map(Method::getName)
                        .map(name -> name.toLowerCase(Locale.ROOT)))
                .noneMatch(name -> name.contains("groupnorm")
                        || name.contains("instancenorm")
                        || name.contains("einsum")
                        || name.contains("autocast")
                        || name.contains("gridsample"));
    }

    @Test
    void whereDoesNotBroadcast() {
        NDArray x = manager.ones(new Shape(2, 3));
        assertThatThrownBy(() -> NDArrays.where(manager.ones(new Shape(3), DataType.BOOLEAN), x, x))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("broadcast is not supported");
    }

    @Test
    void equalElementsAreSortedStablyUpToSixteenOfThemOnly() {
        assertThat(ofEqual(16)).isSorted();
        assertThat(Arrays.stream(ofEqual(200)).sorted().toArray()).isNotEqualTo(ofEqual(200));
    }

    /** The sorted positions of the zeros in 0, 1, 2, 3, 0, 1, ... */
    private long[] ofEqual(int count) {
        NDArray x = manager.arange((float) count).mod(4).floor();
        long[] order = x.argSort(0, true).toType(DataType.INT64, false).toLongArray();
        return Arrays.copyOf(order, count / 4);
    }

    @Test
    void aBidirectionalLstmWithBiasesFails() {
        assertThatThrownBy(() -> forward(
                        LSTM.builder()
                                .setStateSize(2)
                                .setNumLayers(1)
                                .optBidirectional(true)
                                .build(),
                        manager.ones(new Shape(1, 4, 3))))
                .isInstanceOf(EngineException.class);
    }

    /**
     * Where attention, feed-forward and the first norm make nothing but zeros, the paper's encoder makes zeros; DJL's
     * keeps x.
     */
    @Test
    void aTransformerEncoderAddsItsRawInputToTheSecondResidual() {
        TransformerEncoderBlock block = new TransformerEncoderBlock(4, 2, 6, 0, array -> array);
        NDArray x = manager.create(new float[] {1, -2, 3, 5}, new Shape(1, 1, 4));
        forward(block, x);
        for (Pair<String, Parameter> each : block.getParameters()) {
            boolean isOfSecondNorm = each.getKey().contains("outputNorm");
            if (!isOfSecondNorm) {
                each.getValue().getArray().muli(0);
            }
        }
        assertThat(forward(block, x).singletonOrThrow().sub(x).abs().max().getFloat())
                .isLessThan(1e-3f);
    }

    @Test
    void arraysBelongToTheManagerOfWhatTheyWereMadeOf() {
        NDArray y;
        try (NDManager step = manager.newSubManager()) {
            y = step.ones(new Shape(2)).add(1);
            assertThat(y.getManager()).isSameAs(step);
        }
        assertThatThrownBy(y::toFloatArray).isInstanceOf(IllegalStateException.class);
    }
}
