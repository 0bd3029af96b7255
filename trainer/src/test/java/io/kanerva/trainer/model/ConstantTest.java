package io.kanerva.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;

class ConstantTest {

    @Test
    void arraysHoldTheNumbersAndFollowTheirChanges() {
        Constant constant = Constant.of(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3));
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray array = constant.on(manager);
            assertThat(array.getShape()).isEqualTo(new Shape(2, 3));
            assertThat(array.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
            constant.set(new float[] {6, 5, 4, 3, 2, 1});
            assertThat(array.toFloatArray()).containsExactly(6, 5, 4, 3, 2, 1);
            assertThat(constant.on(manager).toFloatArray()).containsExactly(6, 5, 4, 3, 2, 1);
        }
    }

    @Test
    void wholeNumbersKeepTheirType() {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray array = Constant.of(new long[] {1L << 40, -1}, new Shape(2)).on(manager);
            assertThat(array.getDataType()).isEqualTo(DataType.INT64);
            assertThat(array.toLongArray()).containsExactly(1L << 40, -1);
        }
    }

    @Test
    void anotherCountOfNumbersIsRefused() {
        Constant constant = Constant.of(new float[2], new Shape(2));
        assertThatThrownBy(() -> constant.set(new float[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 2 numbers")
                .hasMessageContaining("found 3");
    }
}
