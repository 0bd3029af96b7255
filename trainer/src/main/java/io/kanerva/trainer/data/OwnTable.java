package io.kanerva.trainer.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/**
 * Reads a CSV file (a {@code .tsv} has tabs) of picture paths as {@link OwnImages}: a header line with a column
 * {@code path}, {@code file}, {@code filename} or {@code image}, and if wanted {@code label} or {@code class}, and
 * {@code split}, which says {@code train} or {@code test} (or {@code val}). Paths are relative to the file's folder.
 */
final class OwnTable {
    private static final List<String> PATH = List.of("path", "file", "filename", "file_name", "image_path", "image");
    private static final List<String> LABEL = List.of("label", "class", "target", "label_name");
    private static final List<String> SPLIT = List.of("split", "set", "part", "subset");
    private static final List<String> TEST = List.of("test", "val", "valid", "validation");

    private OwnTable() {}

    private record Row(Path picture, String label, String part) {}

    static OwnImages read(Path file) {
        List<Row> rows = new ArrayList<>();
        boolean tabs = file.toString().toLowerCase(Locale.ROOT).endsWith(".tsv");
        CSVFormat format = (tabs ? CSVFormat.TDF : CSVFormat.DEFAULT)
                .builder()
                .setHeader()
                .setAllowMissingColumnNames(true) // pandas writes its index without one
                .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_EMPTY)
                .setSkipHeaderRecord(true)
                .setIgnoreSurroundingSpaces(true)
                .get();
        try (Reader in = text(file);
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
        } catch (CharacterCodingException e) {
            throw new DataFormatException("%s: expected text in UTF-8, found another encoding".formatted(file), e);
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

    /** The file's text, without the mark that some programs put before UTF-8. */
    private static Reader text(Path file) throws IOException {
        BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8);
        in.mark(1);
        if (in.read() != 0xfeff) {
            in.reset();
        }
        return in;
    }

    /** The column with the first of these names that there is, or null. */
    private static String column(List<String> header, List<String> names) {
        return names.stream()
                .flatMap(name -> header.stream().filter(name::equalsIgnoreCase))
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
        if (label != null && record.get(label).isBlank()) {
            throw new DataFormatException("%s, line %d: expected a %s as in other lines, found none"
                    .formatted(file, record.getRecordNumber() + 1, label));
        }
        return new Row(
                file.toAbsolutePath().resolveSibling(record.get(path)), label == null ? "" : record.get(label), part);
    }

    private static OwnImages images(Path file, List<Row> rows) {
        List<Row> train = part(rows, "train");
        // As in folders and among shards, those for validation count only where none are for testing.
        List<Row> test = part(rows, "test").isEmpty() ? part(rows, "val") : part(rows, "test");
        if (train.isEmpty()) {
            throw new DataFormatException("%s: expected pictures to train on, found none".formatted(file));
        }
        requireApart(file, train, test);
        return OwnClasses.images(
                file, named(train), test.isEmpty() ? null : named(test), rows.size() - train.size() - test.size());
    }

    private static List<Row> part(List<Row> rows, String name) {
        return rows.stream().filter(row -> row.part().startsWith(name)).toList();
    }

    /** A model must not be scored on what it was trained on. */
    private static void requireApart(Path file, List<Row> train, List<Row> test) {
        Set<Path> trained = train.stream().map(row -> row.picture().normalize()).collect(Collectors.toSet());
        for (Row row : test) {
            if (trained.contains(row.picture().normalize())) {
                throw new DataFormatException(
                        "%s: expected other pictures for testing than for training, found %s in both"
                                .formatted(file, row.picture()));
            }
        }
    }

    private static OwnClasses.Named named(List<Row> rows) {
        return new OwnClasses.Named(
                OwnPart.of(rows.stream().map(Row::picture).toList(), new int[0]),
                rows.stream().map(Row::label).filter(label -> !label.isEmpty()).toList());
    }
}
