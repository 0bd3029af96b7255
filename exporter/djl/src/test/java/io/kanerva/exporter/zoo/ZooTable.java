package io.kanerva.exporter.zoo;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import io.kanerva.exporter.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The table of {@code ZOO.md}: a row for each network, by name. */
final class ZooTable {
    static final Path FILE = Path.of("ZOO.md");
    private static final String HEAD =
            "| network | inputs | checked at | parameters | nodes | file, bytes | largest difference | to the "
                    + "reference | allowed |";
    private static final String RULE = "|---|---|---|--:|--:|--:|--:|--:|--:|";

    private final Map<String, Row> rows = new LinkedHashMap<>();

    /**
     * What is known of a network's export.
     *
     * @param facts everything that is the same on every machine: inputs, sizes of the checks, parameters, nodes, bytes
     * @param difference largest absolute difference between block and ONNX Runtime over all outputs and checks
     * @param toReference the same between ONNX Runtime and the reference evaluator
     * @param allowed d where an output y and the block's r may differ by d * max(1, |r|)
     */
    record Row(String name, List<String> facts, String difference, String toReference, String allowed) {
        static Row of(ZooNetwork network, Block block, OnnxModel model, double toReference) {
            String inputs = network.inputs().stream()
                    .map(input -> input.name() + " " + input.type().name().toLowerCase(Locale.ROOT) + input.shape())
                    .collect(Collectors.joining(", "));
            String checks = model.checks().stream()
                    .map(check -> check.sizes().toString())
                    .distinct()
                    .collect(Collectors.joining(" "));
            long parameters = block.getParameters().values().stream()
                    .distinct()
                    .map(Parameter::getArray)
                    .mapToLong(array -> array.getShape().size())
                    .sum();
            double difference = model.checks().stream()
                    .mapToDouble(OnnxModel.Check::largestDifference)
                    .max()
                    .orElseThrow();
            return new Row(
                    network.name(),
                    List.of(
                            inputs,
                            checks,
                            count(parameters),
                            count(model.proto().getGraph().getNodeCount()),
                            count(model.proto().getSerializedSize())),
                    String.format(Locale.ROOT, "%.1e", difference),
                    String.format(Locale.ROOT, "%.1e", toReference),
                    String.format(Locale.ROOT, "%.0e", network.tolerance()));
        }

        private static String count(long number) {
            return String.format(Locale.ROOT, "%,d", number);
        }

        private static Row parse(String line) {
            List<String> cells = List.of(line.substring(2, line.length() - 2).split(" \\| "));
            return new Row(cells.get(0), cells.subList(1, 6), cells.get(6), cells.get(7), cells.get(8));
        }

        private String line() {
            return "| " + name + " | " + String.join(" | ", facts) + " | " + difference + " | " + toReference + " | "
                    + allowed + " |";
        }
    }

    /** The rows of the file; none if there is no file. */
    static ZooTable read() throws IOException {
        ZooTable table = new ZooTable();
        if (Files.exists(FILE)) {
            Files.readAllLines(FILE).stream()
                    .filter(line -> line.startsWith("| ") && !line.equals(HEAD))
                    .map(Row::parse)
                    .forEach(table::put);
        }
        return table;
    }

    void put(Row row) {
        rows.put(row.name(), row);
    }

    Row row(String name) {
        return rows.get(name);
    }

    /** Writes the file: the networks of every build first, then those of the manual run. */
    void write() throws IOException {
        Files.writeString(FILE, """
                # The networks that are exported and compared

                Networks of DJL's basic model zoo and DJL's transformer blocks, with random weights and settled batch
                statistics, exported with opset 17 and run by ONNX Runtime on the CPU and by the tests' reference
                evaluator at sizes that were not traced. The first difference is the maximum absolute one between the
                block on DJL's PyTorch engine and ONNX Runtime over all outputs and sizes; the next column is the one
                between ONNX Runtime and the reference, which computes in float64. An output y may differ from another's
                r by the allowed difference times max(1, |r|). A file is smaller than four bytes per parameter where
                batch normalisations were fused with convolutions.

                `ZooTest` writes and checks this file: all columns but the differences must be equal, and no difference
                may be larger than allowed.

                ## In every build

                """ + section(ZooNetworks.small()) + """

                ## At the sizes of the papers

                These take about twenty minutes of CPU time and gigabytes of memory, so they are run manually: `mvn -pl
                exporter/djl -am test -Dtest=ZooTest -Dzoo=full -Dtest.heap=8g -Dsurefire.failIfNoSpecifiedTests=false`.
                Add `-Dzoo.write=true` to write the table instead of checking it.

                """ + section(ZooNetworks.full()));
    }

    private String section(List<ZooNetwork> networks) {
        return HEAD + "\n" + RULE + "\n"
                + networks.stream()
                        .map(network -> rows.get(network.name()))
                        .filter(row -> row != null)
                        .map(row -> row.line() + "\n")
                        .collect(Collectors.joining());
    }
}
