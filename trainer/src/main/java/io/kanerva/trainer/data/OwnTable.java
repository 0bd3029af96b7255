package io.kanerva.trainer.data;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Reads a CSV file (a {@code .tsv} has tabs) of picture paths as {@link OwnImages}: a header line with a column
 * {@code path}, {@code file}, {@code filename} or {@code image}, and if wanted {@code label} or {@code class}, and
 * {@code split}, which says {@code train} or {@code test} (or {@code val}). Paths are relative to the file's folder.
 */
final class OwnTable {
    private static final List<String> PATH = List.of("path", "file", "filename", "file_name", "image", "image_path");
    private static final List<String> LABEL = List.of("label", "class", "target", "label_name");
    private static final List<String> SPLIT = List.of("split", "set", "part", "subset");
    private static final List<String> TEST = List.of("test", "val", "valid", "validation");

    private OwnTable() {}

    private record Row(Path picture, String label, boolean test) {}

    static OwnImages read(Path file) {
        List<Row> rows = new ArrayList<>();
        boolean tabs = file.toString().toLowerCase(Locale.ROOT).endsWith(".tsv");
        CSVFormat format = (tabs ? CSVFormat.TDF : CSVFormat.DEFAULT)
                .builder()
                .setHeader()
                .setSkipHeaderRecord(true)
                .setIgnoreSurroundingSpaces(true)
                .get();
        try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8);
                CSVParser parser = CSVParser.parse(in, format)) {
            List<String> header = parser.getHeaderNames();
            String path = column(header, PATH);
            if (path == null) {
                throw new DataFormatException(
                        "%s: expected a header line with a column of %s, found %s".formatted(file, PATH, header));
            }
            String label = column(header, LABEL);
            String split = column(header, SPLIT);
            for (CSVRecord record : parser) {
                rows.add(row(file, record, path, label, split));
            }
        } catch (IOException | RuntimeException e) {
            if (e instanceof DataFormatException) {
                throw (DataFormatException) e;
            }
            throw new DataFormatException(
                    "%s: expected a CSV file of pictures, found an unreadable one (%s)".formatted(file, e.getMessage()),
                    e);
        }
        return images(file, rows);
    }

    private static String column(List<String> header, List<String> names) {
        return header.stream()
                .filter(name -> names.contains(name.strip().toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElse(null);
    }

    private static Row row(Path file, CSVRecord record, String path, String label, String split) {
        if (!record.isConsistent() || record.get(path).isBlank()) {
            throw new DataFormatException("%s, line %d: expected a path and as many values as the header has, found %s"
                    .formatted(file, record.getRecordNumber() + 1, record.toList()));
        }
        String part = split == null ? "train" : record.get(split).toLowerCase(Locale.ROOT);
        if (!part.startsWith("train") && !TEST.contains(part)) {
            throw new DataFormatException("%s, line %d: expected train or one of %s, found '%s'"
                    .formatted(file, record.getRecordNumber() + 1, TEST, record.get(split)));
        }
        return new Row(
                file.toAbsolutePath().resolveSibling(record.get(path)),
                label == null ? "" : record.get(label),
                TEST.contains(part));
    }

    private static OwnImages images(Path file, List<Row> rows) {
        TreeSet<String> classes = new TreeSet<>();
        rows.forEach(row -> classes.add(row.label()));
        List<String> names = classes.contains("") ? List.of() : List.copyOf(classes);
        List<Row> train = rows.stream().filter(row -> !row.test()).toList();
        List<Row> test = rows.stream().filter(Row::test).toList();
        if (train.isEmpty()) {
            throw new DataFormatException("%s: expected pictures to train on, found none".formatted(file));
        }
        return new OwnImages(file, part(train, names), test.isEmpty() ? null : part(test, names), names, 0);
    }

    private static OwnPart part(List<Row> rows, List<String> classes) {
        return OwnPart.of(
                rows.stream().map(Row::picture).toList(),
                classes.isEmpty()
                        ? new int[0]
                        : rows.stream()
                                .mapToInt(row -> classes.indexOf(row.label()))
                                .toArray());
    }
}
