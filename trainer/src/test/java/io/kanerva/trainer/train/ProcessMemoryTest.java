package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProcessMemoryTest {
    /** Memory of a thousand terabytes. */
    private static final TrainingPlan HUGE = TinyRuns.plan().with("episodes=2000000000");

    @Test
    void stepsThatDoNotFitIntoTheMachineAreRefusedOnItsCpuOnly() {
        assertThatThrownBy(() -> ProcessMemory.requireRoom(HUGE, () -> true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected steps that fit into this machine's ");
        assertThatCode(() -> ProcessMemory.requireRoom(HUGE, () -> false)).doesNotThrowAnyException();
    }

    @Test
    void whereThereIsRoomTheDeviceIsNotAskedFor() {
        assertThatCode(() -> ProcessMemory.requireRoom(TinyRuns.plan(), () -> {
                    throw new AssertionError("asked");
                }))
                .doesNotThrowAnyException();
    }
}
