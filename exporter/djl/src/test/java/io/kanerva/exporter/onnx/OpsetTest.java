package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.onnx.operators.Operators;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.MethodReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Every opset from 13 to 26: what works, works in the oldest and the newest; what changed between them, in all of them.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("long")
class OpsetTest {
    private static final Path MODELS = OnnxChecker.folder("opsets");
    private static final int OLDEST = 13;
    /** From here on, operators only take more types. */
    private static final int SETTLED = 22;

    private static final int NEWEST = 26;
    private static final double TOLERANCE = 2e-5;
    /** {@code -Dopsets=full}: all; a build takes about half of the pairs of a method and an opset. */
    private static final boolean IS_FULL = System.getProperty("opsets", "part").equals("full");

    /** Operations whose ONNX operators got another form between the two, in which a mistake would show. */
    private static final Set<String> CHANGED = Set.of(
            "mean",
            "sum",
            "max",
            "min",
            "prod",
            "norm",
            "normalize",
            "split",
            "squeeze",
            "expandDims",
            "reshape",
            "pad",
            "cumSum",
            "topK",
            "unique",
            "gelu",
            "layerNorm",
            "batchNorm",
            "softmax",
            "interpolation",
            "lpPool",
            "avgPool",
            "maxPool",
            "lstm",
            "gru",
            "rnn",
            "where",
            "isNaN",
            "isInfinite",
            "scatter",
            "fft",
            "rfft",
            "stft",
            "cumProd",
            "diagonal",
            "leakyRelu",
            "relu",
            "convolution",
            "toType",
            "repeat");

    private final Map<String, Sample> samples = new TreeMap<>(MethodSamples.all());
    private final Operators operators = new Operators();

    OpsetTest() {
        samples.putAll(SelectionSamples.all());
        samples.putAll(InternalMethodSamples.all());
    }

    private static OnnxModel export(Sample sample, int opset) {
        return OnnxExporter.export(
                new LambdaBlock(list -> new NDList(sample.call().apply(list))),
                sample.inputs(),
                List.of("y"),
                CHECKED.withTolerance(TOLERANCE).withOpset(opset));
    }

    private List<MethodReport.Row> recorded() {
        return MethodReport.rows().stream()
                .filter(row -> row.operation().isPresent())
                .toList();
    }

    private Sample sample(MethodReport.Row row) {
        return samples.get(row.type() + "." + row.signature());
    }

    /** The first opset in which a sample works: some use further operations than the one they are named after. */
    private int since(MethodReport.Row row) {
        Set<String> transforms = Set.of("real", "conj", "irfft");
        return transforms.contains(row.operation().orElseThrow())
                ? operators.since("fft")
                : row.operation().orElseThrow().equals("interpolation")
                        ? OLDEST
                        : operators.since(row.operation().orElseThrow());
    }

    @TestFactory
    @Order(1)
    Stream<DynamicTest> anOperationAgreesWithTheEngineInTheOldestOpsetThatHasItAndInTheNewest() {
        return recorded().stream()
                .filter(row -> !CHANGED.contains(row.operation().orElseThrow()))
                .flatMap(row -> Stream.of(since(row), NEWEST)
                        .filter(opset -> IS_FULL || (opset == NEWEST) == isOneOf(2, row, 0))
                        .map(opset -> test(row, opset)));
    }

    private static boolean isOneOf(int parts, MethodReport.Row row, int opset) {
        return Math.floorMod(row.signature().hashCode() + opset, parts) == 0;
    }

    @TestFactory
    @Order(2)
    Stream<DynamicTest> anOperationThatChangedAgreesWithTheEngineInEveryOpset() {
        return recorded().stream()
                .filter(row -> CHANGED.contains(row.operation().orElseThrow()))
                .collect(Collectors.toMap(row -> row.operation().orElseThrow(), row -> row, (a, b) -> b, TreeMap::new))
                .values()
                .stream()
                .flatMap(row -> IntStream.concat(IntStream.rangeClosed(since(row), SETTLED), IntStream.of(NEWEST))
                        .filter(opset -> IS_FULL || opset == since(row) || isOneOf(3, row, opset))
                        .mapToObj(opset -> test(row, opset)));
    }

    private DynamicTest test(MethodReport.Row row, int opset) {
        return DynamicTest.dynamicTest(row.signature() + " in opset " + opset, () -> {
            OnnxModel model = export(sample(row), opset);
            assertThat(model.proto().getOpsetImport(0).getVersion()).isEqualTo(opset);
            assertThat(model.checks()).hasSizeGreaterThanOrEqualTo(2);
            model.write(MODELS.resolve(row.signature().replaceAll("\\W+", "-") + opset + ".onnx"));
        });
    }

    @Test
    @Order(3)
    void everyGraphPassesTheOnnxCheckerWherePythonHasIt() {
        // Fails if a model does; where no Python has the package, it says so, and .ci/run checks the same files later.
        System.out.println(
                "operations in all opsets: " + OnnxChecker.check(MODELS).orElse(OnnxChecker.ABSENT));
    }

    @TestFactory
    Stream<DynamicTest> anOpsetThatIsTooOldIsAnErrorThatNamesTheOneToTake() {
        return recorded().stream()
                .filter(row -> operators.since(row.operation().orElseThrow()) > OLDEST)
                .map(row -> DynamicTest.dynamicTest(row.signature(), () -> {
                    int since = operators.since(row.operation().orElseThrow());
                    assertThatThrownBy(() -> export(sample(row), since - 1))
                            .isInstanceOf(ExportException.class)
                            .hasMessageContaining("needs opset " + since + ", found opset " + (since - 1)
                                    + "; export with opset " + since + " or newer");
                }));
    }

    @Test
    void everyOperationThatChangedIsOne() {
        Set<String> known = new TreeSet<>(operators.names());
        assertThat(known).containsAll(CHANGED);
    }
}
