package io.kanerva.exporter.outside;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxChecker;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Blocks from outside, exported, run at sizes that were not traced, and held against {@code OUTSIDE.md}.
 *
 * <p>{@code -Doutside=full} takes all instead of a part; {@code -Doutside.only=REGEX} some;
 * {@code -Doutside.write=true} writes the page anew; {@code -Doutside.vectors=true} leaves inputs and outputs in the
 * ONNX project's test layout next to the graphs.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("long")
class OutsideTest {
    private static final boolean WRITES = Boolean.getBoolean("outside.write");
    private static final boolean IS_FULL =
            WRITES || System.getProperty("outside", "part").equals("full");
    private static final boolean LEAVES_VECTORS = Boolean.getBoolean("outside.vectors");
    private static final int PART = 3;
    private static final Path MODELS = OnnxChecker.folder("outside");
    private static OutsideTable table;
    private static Map<String, String> page;

    /** All blocks by the page's sections. */
    static Map<String, List<OutsideBlock>> groups() {
        Map<String, List<OutsideBlock>> groups = new LinkedHashMap<>();
        groups.put("The book's networks", BookNetworks.all());
        groups.put("The book's sequences", BookSequences.all());
        groups.put("Attention", Attention.all());
        groups.put("Language models", LanguageModels.all());
        groups.put("Time series", TimeSeries.all());
        groups.put("Images", Vision.all());
        groups.put("Graphs and policies", GraphsAndPolicies.all());
        groups.put("Generative models", Generative.all());
        groups.put("Signals, boxes and tables", SignalsAndTables.all());
        groups.put("Habits", Habits.all());
        groups.put("Sizes that decide", SizeBranches.all());
        groups.put("Sizes that are compared", SizeRelations.all());
        return groups;
    }

    @BeforeAll
    static void readThePage() throws IOException {
        page = OutsideTable.read();
        table = new OutsideTable();
    }

    @AfterAll
    static void writeThePage() throws IOException {
        if (WRITES) {
            table.write(groups());
        }
    }

    @TestFactory
    @Order(1)
    Stream<DynamicTest> aBlockAgreesWithItsGraphOrIsRefusedAsThePageSays() {
        List<OutsideBlock> all =
                groups().values().stream().flatMap(List::stream).toList();
        assertThat(all.stream().map(OutsideBlock::name)).doesNotHaveDuplicates();
        return Stream.iterate(0, i -> i < all.size(), i -> i + 1)
                .filter(i -> IS_FULL || i % PART == 0 || all.get(i).refusal() != null)
                .map(all::get)
                .filter(block -> block.name().matches(System.getProperty("outside.only", ".*")))
                .map(block -> DynamicTest.dynamicTest(block.name(), () -> check(block)));
    }

    @Test
    @Order(2)
    void everyGraphPassesTheOnnxCheckerWherePythonHasIt() {
        System.out.println("blocks from outside: " + OnnxChecker.check(MODELS).orElse(OnnxChecker.ABSENT));
    }

    @Test
    @Order(3)
    void thePageHasEveryBlockAndNoOther() {
        if (!WRITES) {
            assertThat(page.keySet())
                    .containsExactlyInAnyOrderElementsOf(groups().values().stream()
                            .flatMap(List::stream)
                            .map(OutsideBlock::name)
                            .toList());
        }
    }

    private static void check(OutsideBlock block) throws IOException {
        Trial.Outcome outcome = Trial.of(block, ExportOptions.defaults());
        table.put(block, outcome);
        assertThat(outcome.kind()).as(outcome.text()).isIn(Trial.Kind.AGREES, Trial.Kind.REFUSED);
        if (outcome.kind() == Trial.Kind.REFUSED && block.refusal() != null) {
            assertThat(outcome.text()).contains(block.refusal().message());
        }
        if (outcome.kind() == Trial.Kind.AGREES) {
            leave(block, outcome);
        }
        if (!WRITES) {
            assertThat(OutsideTable.held(OutsideTable.text(block, outcome)))
                    .as("%s: %s", OutsideTable.FILE, outcome.text())
                    .isEqualTo(OutsideTable.held(page.getOrDefault(block.name(), "")));
        }
    }

    private static void leave(OutsideBlock block, Trial.Outcome outcome) throws IOException {
        String name = block.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        outcome.model().write(MODELS.resolve(name + ".onnx"));
        if (!LEAVES_VECTORS) {
            return;
        }
        Path folder = Path.of("target/outside-vectors", name);
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("name.txt"), block.name());
        Files.writeString(folder.resolve("tolerance.txt"), Double.toString(block.tolerance()));
        for (int i = 0; i < outcome.points().size(); i++) {
            Path data = Files.createDirectories(folder.resolve("test_data_set_" + i));
            write(data, "input_", outcome.points().get(i).inputs());
            write(data, "output_", outcome.points().get(i).outputs());
        }
    }

    private static void write(Path folder, String prefix, List<Tensor> tensors) throws IOException {
        for (int i = 0; i < tensors.size(); i++) {
            Files.write(
                    folder.resolve(prefix + i + ".pb"), tensors.get(i).toProto().toByteArray());
        }
    }
}
