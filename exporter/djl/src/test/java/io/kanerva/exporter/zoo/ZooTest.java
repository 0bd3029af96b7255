package io.kanerva.exporter.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import io.kanerva.exporter.onnx.OnnxChecker;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.onnx.reference.SeveralOpinions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
 * The networks of DJL's model zoo, exported, run by ONNX Runtime and the reference evaluator at sizes that were not
 * traced, and held against {@code ZOO.md}.
 *
 * <p>{@code -Dzoo=full} takes the networks at the papers' sizes instead of the small ones; {@code -Dzoo.only=REGEX}
 * some of either; {@code -Dzoo.write=true} writes {@code ZOO.md} anew instead of checking it.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("long")
class ZooTest {
    private static final Path MODELS = OnnxChecker.folder("zoo");
    private static final boolean IS_FULL = System.getProperty("zoo", "small").equals("full");
    private static final boolean WRITES = Boolean.getBoolean("zoo.write");
    private static final long LARGE = 10_000_000;
    private static ZooTable table;

    @BeforeAll
    static void readTheTable() throws IOException {
        table = ZooTable.read();
    }

    @AfterAll
    static void writeTheTable() throws IOException {
        if (WRITES) {
            table.write();
        }
    }

    @TestFactory
    @Order(1)
    Stream<DynamicTest> aNetworkAgreesWithItsGraphAndWithTheTable() {
        List<ZooNetwork> networks = IS_FULL ? ZooNetworks.full() : ZooNetworks.small();
        return networks.stream()
                .filter(network -> network.name().matches(System.getProperty("zoo.only", ".*")))
                .map(network -> DynamicTest.dynamicTest(network.name(), () -> check(network)));
    }

    @Test
    @Order(2)
    void everyGraphPassesTheOnnxCheckerWherePythonHasIt() {
        // Fails if a model does; where no Python has the package, it says so, and .ci/run checks the same files later.
        System.out.println("the zoo: " + OnnxChecker.check(MODELS).orElse(OnnxChecker.ABSENT));
    }

    /**
     * A file is at most one part in a hundred larger than its weights; the graph itself may take as much as a small
     * network's.
     */
    private static void requireSmallFile(Block block, OnnxModel model) {
        long weights = 4
                * block.getParameters().values().stream()
                        .distinct()
                        .mapToLong(parameter -> parameter.getArray().size())
                        .sum();
        if (weights > LARGE) {
            assertThat((double) model.proto().getSerializedSize()).isLessThanOrEqualTo(1.01 * weights);
        }
    }

    private static void check(ZooNetwork network) throws IOException {
        ZooTable.Row found;
        try (NDManager manager = NDManager.newBaseManager()) {
            Block block = network.initialised(manager);
            SeveralOpinions opinions = new SeveralOpinions(network.tolerance());
            OnnxModel model = network.export(block, opinions);
            model.write(MODELS.resolve(network.name().replace(' ', '-') + ".onnx"));
            requireSmallFile(block, model);
            found = ZooTable.Row.of(network, block, model, opinions.largestDifference());
        }
        if (WRITES) {
            table.put(found);
            return;
        }
        ZooTable.Row expected = table.row(network.name());
        assertThat(expected)
                .as("the row of %s in %s", network.name(), ZooTable.FILE)
                .isNotNull();
        assertThat(found.facts()).isEqualTo(expected.facts());
        assertThat(found.allowed()).isEqualTo(expected.allowed());
    }
}
