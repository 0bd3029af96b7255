package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WholeGraphsTest {

    private static final FloatTensor EPISODES = TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C, 0x5A, 0x66);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aBundleWithWholeCallsGivesWhatTheFourGraphsGive(Kind kind) {
        try (Kanerva four = TinyBundle.open(kind, folder.resolve("four"));
                Kanerva whole = Kanerva.load(TinyBundle.whole(kind).write(folder.resolve("whole")), Device.CPU)) {
            assertThat(whole.bundle().graphs()).containsKeys("write", "index", "generate");
            Memory memory = whole.write(EPISODES);
            assertThat(memory).isEqualTo(four.write(EPISODES));
            assertThat(whole.recall(memory, EPISODES, 2).images().data())
                    .containsExactly(four.recall(memory, EPISODES, 2).images().data(), within(1e-6f));
            Generation drawn = whole.generate(memory, 5, 3);
            Generation expected = four.generate(memory, 5, 3);
            assertThat(drawn.keys()).isEqualTo(expected.keys());
            assertThat(drawn.images().data()).containsExactly(expected.images().data(), within(1e-6f));
            assertThat(whole.bound(EPISODES, 4)).usingRecursiveComparison().isEqualTo(four.bound(EPISODES, 4));
        }
    }

    @Test
    void aWholeCallWithOtherTensorsIsRefused() {
        TinyBundle bundle = TinyBundle.whole(Kind.HEAP);
        bundle.replace("generate.onnx", bundle.files.get("reader.onnx")).write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining(
                        "graph generate: expected inputs [memory, pointers, key_noise, noise], found [memory, keys]");
    }

    @Test
    void aWholeCallThatBundleJsonDescribesOtherwiseIsRefused() {
        TinyBundle.whole(Kind.HEAP)
                .edit("\"name\":\"noise\"", "\"name\":\"latent\"")
                .write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining("graphs.generate.inputs");
    }
}
