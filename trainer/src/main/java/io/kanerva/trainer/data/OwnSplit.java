package io.kanerva.trainer.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Divides picture files at random into those for training and those for testing. */
final class OwnSplit {

    private OwnSplit() {}

    private record Row(Path file, String label) {}

    /**
     * Writes a table as {@link OwnTable} reads it in this folder, sorted by path.
     *
     * @return the number of pictures for testing: as many as wanted, but equal ones stay together
     */
    static int write(List<OwnPart> parts, List<String> classes, int wanted, long seed, Path folder, Appendable table)
            throws IOException {
        List<Row> rows = new ArrayList<>();
        for (OwnPart part : parts) {
            for (int i = 0; i < part.count(); i++) {
                rows.add(new Row(part.files().get(i), classes.isEmpty() ? "" : classes.get(part.labels()[i])));
            }
        }
        // In an order that does not depend on how the pictures were divided before.
        rows.sort((a, b) -> a.file().compareTo(b.file()));
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, rows.size()).boxed().toList());
        Collections.shuffle(order, new Random(seed));
        int[] firsts = OwnCopies.ofFiles(rows.stream().map(Row::file).toList());
        BitSet test = new BitSet();
        IntStream.of(OwnCopies.drawn(order.stream().mapToInt(i -> i).toArray(), firsts, wanted))
                .forEach(test::set);
        Path base = folder.toAbsolutePath().normalize();
        try (CSVPrinter printer = new CSVPrinter(table, CSVFormat.DEFAULT)) {
            printer.print("path");
            if (!classes.isEmpty()) {
                printer.print("label");
            }
            printer.print("split");
            printer.println();
            for (int i = 0; i < rows.size(); i++) {
                Row row = rows.get(i);
                printer.print(OwnFolder.requireText(
                        base.relativize(row.file().toAbsolutePath().normalize())));
                if (!classes.isEmpty()) {
                    printer.print(row.label());
                }
                printer.print(test.get(i) ? "test" : "train");
                printer.println();
            }
        }
        return test.cardinality();
    }
}
