package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.trace.MethodReport;
import io.kanerva.exporter.trace.MethodReport.Outcome;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each method that is said to be exported, alone, against the engine at sizes that were never traced. */
class MethodsTest {
    /** Of the largest difference, relative to values above 1: the export itself compares and fails. */
    private static final double TOLERANCE = 2e-5;

    private final Map<String, Sample> samples = new TreeMap<>(MethodSamples.all());

    private static AgreementTable table;

    private static String row(String method) {
        return "`" + method + "`";
    }

    @BeforeAll
    static void readTheTable() {
        table = new AgreementTable(
                "Methods",
                new MethodsTest()
                        .samples.keySet().stream().map(MethodsTest::row).toList());
    }

    @AfterAll
    static void writeTheTable() {
        table.write();
    }

    @Test
    void everySampleHasItsRowInTheTableOfDifferences() {
        table.requireAllRows();
    }

    MethodsTest() {
        samples.putAll(SelectionSamples.all());
        samples.putAll(InternalMethodSamples.all());
    }

    @Test
    void everyExportedMethodHasASample() {
        assertThat(samples.keySet())
                .containsExactlyInAnyOrderElementsOf(MethodReport.rows().stream()
                        .filter(row -> row.outcome() == Outcome.EXPORTED)
                        .map(row -> row.type() + "." + row.signature())
                        .collect(Collectors.toSet()));
    }

    @TestFactory
    Stream<DynamicTest> anExportedMethodAgreesWithTheEngine() {
        return samples.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    Sample sample = entry.getValue();
                    table.export(
                            row(entry.getKey()),
                            new LambdaBlock(list -> new NDList(sample.call().apply(list))),
                            sample.inputs(),
                            ExportOptions.defaults().withTolerance(TOLERANCE));
                }));
    }
}
