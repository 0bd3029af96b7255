package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.TinyOnnx.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Graphs that would take too long or too much, or do what no bundle's graph does: refused before ONNX Runtime sees
 * them.
 */
@Timeout(60)
class GraphCheckTest {

    @TempDir
    Path folder;

    private final TinyOnnx graph =
            new TinyOnnx("decoder").input("latent", "B", "Q", 3).input("traces", "B", "Q", 1, 2, 2, 2);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Loop",
                "If",
                "Scan",
                "RandomNormal",
                "NonZero",
                "Unique",
                "StringNormalizer",
                "SequenceAt",
                "FusedConv",
                "Optional",
                "Resize",
                "TopK",
                "Det",
                "EyeLike",
                "CumSum",
                "Einsum",
                "Bernoulli",
                ""
            })
    void anOperatorThatKanervaDoesNotNeed(String operator) {
        assertRefused(
                graph.apply(operator, "latent"), "expected the operators that K++ needs, found '" + operator + "'");
    }

    @Test
    void anOperatorOfAnotherDomain() {
        Message domain = new Message().string(7, "com.microsoft");
        assertRefused(
                graph.apply("Relu", domain, "latent"),
                "expected standard operators alone, found those of " + "'com.microsoft'");
    }

    @Test
    void aGraphInsideANode() {
        Message body = new Message().string(1, "body").message(6, new Message().string(2, "inner"));
        assertRefused(graph.apply("Relu", new Message().message(5, body), "latent"), "expected no graphs inside nodes");
    }

    @Test
    void aConstantThatGrowsWhenItIsFolded() {
        assertRefused(
                graph.apply("ConstantOfShape", graph.longs(1 << 15, 1 << 15)),
                "the ConstantOfShape that makes 'ConstantOfShape_1': expected at most ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Expand", "Tile"})
    void aTensorThatIsRepeated(String operator) {
        assertRefused(
                graph.apply(operator, graph.floats(new float[1], 1, 1), graph.longs(1 << 16, 1 << 16)),
                "of shape [65536, 65536]");
    }

    @Test
    void aTensorThatIsPadded() {
        assertRefused(
                graph.apply("Pad", graph.floats(new float[1], 1, 1), graph.longs(0, 0, 1 << 14, 1 << 14)),
                "of shape [16385, 16385]");
    }

    @Test
    void aRangeThatIsLong() {
        assertRefused(
                graph.apply("Range", graph.longs(0), graph.longs(1L << 40), graph.longs(1)),
                "of shape [1099511627776]");
    }

    /** Every size is a small one's square, so that no constant is conspicuous. */
    @Test
    void aProductOfProducts() {
        String wide = graph.floats(new float[4000], 1, 4000);
        assertRefused(graph.apply("Mul", wide, graph.floats(new float[4000], 4000, 1)), "of shape [4000, 4000]");
    }

    /** Small for one sample, but it grows with the square of their number. */
    @Test
    void aTensorThatGrowsWithTheSquareOfTheSamples() {
        String row = graph.apply("Reshape", "latent", graph.longs(1, -1));
        String column = graph.apply("Reshape", "latent", graph.longs(-1, 1));
        String square = graph.apply("Mul", row, column);
        assertRefused(graph.apply("Mul", graph.apply("Reshape", square, graph.longs(-1, 1)), row), "expected at most ");
    }

    /** Each tensor is allowed, but there are many, and the last node keeps them all. */
    @Test
    void manyTensorsAtOnce() {
        String block = graph.floats(new float[1], 1, 1);
        String[] parts = new String[200];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = graph.apply("Expand", block, graph.longs(1, 10_000));
        }
        assertRefused(graph.apply("Concat", TinyOnnx.integer("axis", 0), parts), "values at once");
    }

    /** Each product is allowed, but together they take long. */
    @Test
    void manyProducts() {
        String square = graph.floats(new float[200 * 200], 200, 200);
        String value = graph.apply("Add", square, graph.apply("ReduceMean", "latent"));
        for (int i = 0; i < 9_000; i++) {
            value = graph.apply("MatMul", value, square);
        }
        assertRefused(value, "products, which is ample for the bundle's settings, found more");
    }

    @Test
    void aSizeThatDependsOnValues() {
        String sizes = graph.apply("Cast", TinyOnnx.integer("to", 7), "latent");
        assertRefused(
                graph.apply("Expand", graph.scalar(1), graph.apply("Reshape", sizes, graph.longs(-1))),
                "expected sizes that follow from those of the graph's inputs");
    }

    @ParameterizedTest
    @CsvSource({"4, 3", "9999999999, 0"})
    void aTensorWithoutItsData(long size, int values) {
        Message tensor =
                new Message().varint(1, size).varint(2, 1).string(8, "w").data(9, new byte[4 * values]);
        assertRefused(
                graph.initializer(tensor),
                "expected the values of a shape, found shape [" + size + "] with " + values + " values");
    }

    @Test
    void anOutputOfAnotherShapeThanPromised() {
        String twice = graph.apply("Concat", TinyOnnx.integer("axis", 0), "latent", "latent");
        assertRefused(
                twice,
                "expected output 'logits' to be [B, Q, 1, 8, 8], so [8, 32, 1, 8, 8] in a call of 8 episodes, 32 "
                        + "samples and 32 queries, found");
    }

    @Test
    void aNodeThatCannotTakeWhatItGets() {
        assertRefused(
                graph.apply("Reshape", "latent", graph.longs(-1, 5)),
                "expected a shape for as many values as its input has, found [[8, 32, 3], [2]]");
    }

    @Test
    void anotherOperatorSetThanStated() {
        byte[] model = new String(TinyGraphs.decoder(TinyGraphs.Fault.NONE), StandardCharsets.ISO_8859_1)
                .replaceAll("\020\021$", "\020\023")
                .getBytes(StandardCharsets.ISO_8859_1);
        assertThat(model).isNotEqualTo(TinyGraphs.decoder(TinyGraphs.Fault.NONE));
        assertThatThrownBy(() -> load(model))
                .hasMessageContaining("expected operator set 17, as bundle.json states, found 19");
    }

    private void assertRefused(String value, String sentence) {
        String mean = graph.apply("ReduceMean", value);
        String logits = value.startsWith("Concat")
                ? graph.apply(
                        "Add", graph.reshapeLike(value, value, 3, 1, 1), graph.floats(new float[64], 1, 1, 1, 8, 8))
                : graph.apply("Expand", mean, graph.longs(1, 1, 1, 8, 8));
        byte[] model = graph.output("logits", logits, "B", "Q", 1, 8, 8).toBytes();
        assertThatThrownBy(() -> load(model))
                .isInstanceOf(BundleException.class)
                .hasMessageStartingWith(folder + ": the file 'decoder.onnx': ")
                .hasMessageContaining(sentence);
    }

    private void load(byte[] decoder) {
        Kanerva.load(new TinyBundle(Kind.HEAP).replace("decoder.onnx", decoder).write(folder), Device.CPU)
                .close();
    }
}
