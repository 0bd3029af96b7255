package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.session.Inference;
import io.kanerva.runtime.session.Limit;
import io.kanerva.runtime.session.StoredMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls that are too large for one run are done in parts, and return what one run would. */
class PartsTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"HEAP, 1", "HEAP, 2", "HEAP, 7", "HEAP_CONTINUOUS, 3", "POOLED, 1", "POOLED, 6"})
    void theResultIsThatOfOneRun(Kind kind, int most) {
        FloatTensor episodes =
                TileImages.episodes(5, IntStream.range(1, 16).map(i -> 17 * i).toArray());
        FloatTensor queries =
                TileImages.episodes(5, IntStream.range(1, 21).map(i -> 12 * i).toArray());
        try (Kanerva kanerva = TinyBundle.open(kind, folder)) {
            Inference whole = inference(kanerva, 1000);
            Inference parts = inference(kanerva, most);
            StoredMemory memory = whole.writes().write(episodes);
            StoredMemory written = parts.writes().write(episodes);
            assertClose(written.memory(), memory.memory());
            assertThat(written.pointers()).isEqualTo(memory.pointers());
            assertClose(
                    parts.writes().extend(memory, queries).memory(),
                    whole.writes().extend(memory, queries).memory());
            Encoding encoded = parts.writes().encode(episodes);
            assertClose(encoded.content(), whole.writes().encode(episodes).content());
            assertClose(encoded.latentMean(), whole.writes().encode(episodes).latentMean());
            assertThat(parts.recalls().lookUp(written, queries).samples())
                    .isEqualTo(whole.recalls().lookUp(memory, queries).samples());
            assertClose(
                    parts.recalls().lookUp(written, queries).keys(),
                    whole.recalls().lookUp(memory, queries).keys());
            Recall recalled = parts.recalls().recall(written, queries, 2);
            Recall expected = whole.recalls().recall(memory, queries, 2);
            for (int i = 0; i < 2; i++) {
                assertClose(recalled.steps().get(i), expected.steps().get(i));
                assertThat(recalled.lookups().get(i).samples())
                        .isEqualTo(expected.lookups().get(i).samples());
                assertClose(
                        recalled.lookups().get(i).scores(),
                        expected.lookups().get(i).scores());
            }
            FloatTensor keys = new NormalSampler(3).tensor(5, 4, 1, 3);
            for (int i = 0; kind == Kind.HEAP && i < keys.size(); i += 3) {
                keys.data()[i + 1] = KeyGeometry.cell(keys.data()[i + 1], 4);
                keys.data()[i + 2] = 0; // of one row
            }
            Reading read = whole.reads().read(memory, keys);
            assertClose(parts.reads().read(memory, keys).traces(), read.traces());
            assertClose(parts.reads().read(memory, keys).priorMean(), read.priorMean());
            assertClose(
                    parts.reads().decode(read.priorMean(), read.traces()),
                    whole.reads().decode(read.priorMean(), read.traces()));
            assertClose(
                    parts.reads()
                            .generate(memory, 9, new NormalSampler(4), done -> {})
                            .images(),
                    whole.reads()
                            .generate(memory, 9, new NormalSampler(4), done -> {})
                            .images());
            FloatTensor logits = whole.reads().decode(read.priorMean(), read.traces());
            assertThat(parts.reads().sample(logits, draws(kanerva)))
                    .isEqualTo(whole.reads().sample(logits, draws(kanerva)))
                    .isEqualTo(kanerva.sample(logits, 6));
            BoundTerms terms = parts.bounds().bound(episodes, 5);
            assertThat(terms.reconstruction())
                    .containsExactly(whole.bounds().bound(episodes, 5).reconstruction(), within(1e-4));
            assertThat(terms.klKeys())
                    .containsExactly(whole.bounds().bound(episodes, 5).klKeys(), within(1e-4));
            assertThat(terms.klLatent())
                    .containsExactly(whole.bounds().bound(episodes, 5).klLatent(), within(1e-4));
        }
    }

    private static UnaryOperator<FloatTensor> draws(Kanerva kanerva) {
        ModelSettings settings = kanerva.bundle().settings();
        NormalSampler sampler = new NormalSampler(6);
        return logits -> settings.likelihood().sample(settings, logits, sampler);
    }

    @Test
    void drawingFromLogitsEndsBetweenItsPartsWhenItIsCancelled() {
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder)) {
            Limit limit = Limit.untilCancelled();
            Inference parts = new Inference(kanerva.bundle(), kanerva.sessions(), limit, 2);
            List<FloatTensor> drawn = new ArrayList<>();
            assertThatThrownBy(() -> parts.reads().sample(FloatTensor.zeros(1, 6, 1, 8, 8), logits -> {
                        drawn.add(logits);
                        limit.cancel();
                        return logits;
                    }))
                    .isInstanceOf(CancelledException.class)
                    .hasMessage("sample: cancelled by its caller");
            assertThat(drawn).hasSize(1);
        }
    }

    private static Inference inference(Kanerva kanerva, int most) {
        return new Inference(kanerva.bundle(), kanerva.sessions(), Limit.NONE, most);
    }

    private static void assertClose(FloatTensor found, FloatTensor expected) {
        assertThat(found.shape()).isEqualTo(expected.shape());
        assertThat(found.data()).containsExactly(expected.data(), within(1e-5f));
    }
}
