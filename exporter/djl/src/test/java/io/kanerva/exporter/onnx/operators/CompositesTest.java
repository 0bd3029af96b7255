package io.kanerva.exporter.onnx.operators;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.kanerva.exporter.onnx.HardSwishLowering;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompositesTest {
    @Test
    void twoServicesForTheSameCompositeAreAnError() {
        assertThatIllegalStateException()
                .isThrownBy(() -> new Composites(List.of(new HardSwishLowering(), new HardSwishLowering())))
                .withMessage("the composite HardSwish has two lowerings: " + HardSwishLowering.class.getName() + " and "
                        + HardSwishLowering.class.getName());
    }
}
