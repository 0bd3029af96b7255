package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Graphs that load but break their promise when they run. */
class InferenceErrorsTest {

    @TempDir
    Path folder;

    @Test
    void anOutputOfAnotherShapeThanPromised() {
        TinyOnnx graph = decoder();
        String twice = graph.apply("Concat", TinyOnnx.integer("axis", 0), "latent", "latent");
        // ONNX Runtime's own words, which name the tensor and both shapes.
        assertDecodingFails(
                graph, twice, "(?s)graph decoder: ONNX Runtime failed: .*'logits'.*\\{1,2,1,8,8\\}.*\\{2,2,1,8,8\\}.*");
    }

    @Test
    void aNodeThatCannotTakeWhatItGets() {
        TinyOnnx graph = decoder();
        String uneven = graph.apply("Reshape", "latent", graph.longs(-1, 5));
        String summed = graph.apply("ReduceSum", uneven);
        assertDecodingFails(graph, graph.apply("Add", "latent", summed), "(?s)graph decoder: ONNX Runtime failed: .*");
    }

    private void assertDecodingFails(TinyOnnx graph, String latent, String sentence) {
        String mean = graph.apply("ReduceMean", TinyOnnx.ints("axes", 2), latent);
        String logits = graph.apply("Expand", graph.reshapeLike(mean, latent, 1, 1, 1), graph.longs(1, 1, 1, 8, 8));
        graph.output("logits", logits, "B", "Q", 1, 8, 8);
        TinyBundle bundle = new TinyBundle(Kind.HEAP).replace("decoder.onnx", graph.toBytes());
        try (Kanerva kanerva = Kanerva.load(bundle.write(folder), Device.CPU)) {
            assertThatThrownBy(() -> kanerva.decode(FloatTensor.zeros(1, 2, 3), FloatTensor.zeros(1, 2, 1, 2, 2, 2)))
                    .isInstanceOf(InferenceException.class)
                    .hasMessageMatching(sentence);
        }
    }

    private static TinyOnnx decoder() {
        return new TinyOnnx("decoder").input("latent", "B", "Q", 3).input("traces", "B", "Q", 1, 2, 2, 2);
    }
}
