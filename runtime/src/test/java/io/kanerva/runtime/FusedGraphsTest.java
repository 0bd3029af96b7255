package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.session.Inference;
import io.kanerva.runtime.session.Limit;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FusedGraphsTest {

    private static final FloatTensor EPISODES = TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C, 0x5A, 0x66);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aBundleWithFusedGraphsGivesWhatTheFourGive(Kind kind) {
        try (Kanerva four = TinyBundle.open(kind, folder.resolve("four"));
                Kanerva fused = Kanerva.load(TinyBundle.fused(kind).write(folder.resolve("fused")), Device.CPU)) {
            assertThat(fused.bundle().graphs()).containsKeys("encoder-memory-writer", "reader-decoder");
            Memory memory = fused.write(EPISODES);
            assertThat(memory).isEqualTo(four.write(EPISODES));
            assertThat(fused.recall(memory, EPISODES, 2).images())
                    .isEqualTo(four.recall(memory, EPISODES, 2).images());
            assertThat(fused.generate(memory, 5, 3).images())
                    .isEqualTo(four.generate(memory, 5, 3).images());
            assertThat(fused.bound(EPISODES, 4)).usingRecursiveComparison().isEqualTo(four.bound(EPISODES, 4));
        }
    }

    /** What a GPU does, where the host would have to fetch the traces and send them back. */
    @Test
    void theFusedGraphDrawsTheSameLatentsAsTheHostToRounding() {
        Bundle bundle;
        try (Kanerva fused = Kanerva.load(TinyBundle.fused(Kind.HEAP).write(folder), Device.CPU)) {
            bundle = fused.bundle();
            Memory memory = fused.write(EPISODES);
            float[] expected = fused.generate(memory, 6, 5).images().data();
            Inference inference = new Inference(bundle, fused.sessions(), true, Limit.NONE);
            float[] found = inference
                    .reads()
                    .generate(memory.stored, 6, new NormalSampler(5), done -> {})
                    .images()
                    .data();
            assertThat(found).hasSameSizeAs(expected).containsExactly(expected, within(1e-6f));
        }
    }

    @Test
    void aFusedGraphWithOtherTensorsIsRefused() {
        TinyBundle bundle = TinyBundle.fused(Kind.HEAP);
        bundle.replace("reader-decoder.onnx", bundle.files.get("reader.onnx")).write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining(
                        "graph reader-decoder: expected inputs [memory, keys, noise], found [memory, keys]");
    }

    @Test
    void aFusedGraphThatBundleJsonDescribesOtherwiseIsRefused() {
        TinyBundle.fused(Kind.HEAP)
                .edit("\"name\":\"noise\"", "\"name\":\"latent\"")
                .write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining("graphs.reader-decoder.inputs");
    }
}
