package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.TinyGraphs.Fault;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Graphs that load but return what is no number: every call that meets one says so. */
class InferenceErrorsTest {

    private static final FloatTensor EPISODE = TileImages.episode(0x0F, 0x33, 0x55);

    @TempDir
    Path folder;

    @Test
    void aDecoderThatReturnsNoNumber() {
        TinyBundle bundle = new TinyBundle(Kind.HEAP, Fault.DECODER);
        try (Kanerva kanerva = Kanerva.load(bundle.write(folder), Device.CPU)) {
            Memory memory = kanerva.write(EPISODE);
            assertNotFinite(() -> kanerva.decode(FloatTensor.zeros(1, 2, 3), FloatTensor.zeros(1, 2, 1, 2, 2, 2)));
            assertNotFinite(() -> kanerva.recall(memory, EPISODE, 1));
            assertNotFinite(() -> kanerva.lookUp(memory, EPISODE));
            assertNotFinite(() -> kanerva.generate(memory, 1, 1));
            assertNotFinite(() -> kanerva.bound(EPISODE, 1));
            assertNotFinite(() -> kanerva.prepareRecall(memory, 1));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void anEncoderThatReturnsNoNumber(Kind kind) {
        TinyBundle bundle = new TinyBundle(kind, Fault.ENCODER);
        // Reading back a memory of zeros shows that it is the encoder's output that is refused.
        FloatTensor black = FloatTensor.zeros(1, 3, 1, 8, 8);
        try (Kanerva kanerva = Kanerva.load(bundle.write(folder), Device.CPU)) {
            assertNotFinite(() -> kanerva.encode(black));
            assertNotFinite(() -> kanerva.write(black));
            assertNotFinite(() -> kanerva.bound(black, 1));
            try (PreparedWrite write = kanerva.prepareWrite(1, 3)) {
                FloatBuffer images = FloatBuffer.wrap(black.data());
                assertNotFinite(() -> write.run(images, FloatBuffer.allocate(200), FloatBuffer.allocate(9)));
            }
        }
    }

    private static void assertNotFinite(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(InferenceException.class)
                .hasMessageMatching(
                        ".*output '(logits|contents?|memory|generated|kl_keys|reconstruction)': expected finite "
                                + "values, found (NaN|-?Infinity).*");
    }
}
