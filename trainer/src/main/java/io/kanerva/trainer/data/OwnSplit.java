package io.kanerva.trainer.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Divides picture files at random into those for training and those for testing. */
final class OwnSplit {

    private OwnSplit() {}

    private record Row(Path file, String label) {}

    /** Writes a table as {@link OwnTable} reads it in this folder, sorted by path. */
    static void write(List<OwnPart> parts, List<String> classes, int tested, long seed, Path folder, Appendable table)
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
        Set<Integer> test = new HashSet<>(order.subList(0, tested));
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
                printer.print(base.relativize(row.file().toAbsolutePath().normalize()));
                if (!classes.isEmpty()) {
                    printer.print(row.label());
                }
                printer.print(test.contains(i) ? "test" : "train");
                printer.println();
            }
        }
    }
}
