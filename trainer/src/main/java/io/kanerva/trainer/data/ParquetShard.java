package io.kanerva.trainer.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureException;
import io.kanerva.trainer.picture.PictureReader;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * A Parquet file of pictures as data sets of the Hugging Face hub have it: a column of picture files (a struct with
 * {@code bytes}, or binary), or of lists of pixels ({@link ParquetPixels}), and if wanted one of labels, integers or
 * text. Row groups are read when a picture of theirs is asked for, and kept while there is memory.
 */
final class ParquetShard {
    private static final List<String> IMAGE = List.of("image", "img", "images", "picture", "pixels", "jpg", "png");
    private static final List<String> LABEL = List.of("label", "labels", "class", "target", "fine_label", "y", "cls");

    private final Path file;
    private final MessageType schema;
    private final Type image;
    private final int[] starts;
    private final List<SoftReference<List<Object>>> groups = new ArrayList<>();
    private final PixelScale scale;

    private ParquetShard(Path file, ParquetFileReader reader, PixelScale scale) {
        this.file = file;
        this.scale = scale;
        schema = reader.getFooter().getFileMetaData().getSchema();
        image = imageColumn();
        starts = new int[reader.getRowGroups().size() + 1];
        for (int i = 0; i < reader.getRowGroups().size(); i++) {
            starts[i + 1] = Math.addExact(
                    starts[i], Math.toIntExact(reader.getRowGroups().get(i).getRowCount()));
            groups.add(new SoftReference<>(null));
        }
    }

    /**
     * Reads the list of pictures.
     *
     * @param scale what lists of pixels mean, which all files of a set decide together: takes this file's into account
     * @throws DataFormatException if the file is malformed, or has no column of pictures
     */
    static OwnClasses.Named read(Path file, PixelScale scale) {
        return with(file, reader -> {
            ParquetShard shard = new ParquetShard(file, reader, scale);
            if (shard.starts[shard.groups.size()] == 0) {
                throw shard.bad("rows with pictures", "none");
            }
            List<String> labels = shard.labels(reader);
            if (ParquetPixels.isList(shard.image)) {
                shard.rows(reader, -1, shard.image, row -> ParquetPixels.of(row).forEach(scale::add));
                scale.factor(shard::bad);
            }
            return new OwnClasses.Named(
                    new OwnPart(
                            shard.starts[shard.groups.size()], shard::picture, shard::contents, new int[0], List.of()),
                    labels);
        });
    }

    private interface Reading<T> {
        T from(ParquetFileReader reader) throws IOException;
    }

    private static <T> T with(Path file, Reading<T> reading) {
        ParquetReadOptions options = ParquetReadOptions.builder(new PlainParquetConfiguration())
                .withCodecFactory(new ParquetCodecs())
                .usePageChecksumVerification(true)
                .build();
        try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file), options)) {
            return reading.from(reader);
        } catch (DataFormatException e) {
            throw e;
        } catch (OutOfMemoryError e) { // Sizes stand in the file, which may be damaged.
            throw new DataFormatException(
                    "%s: expected a Parquet file whose parts fit into %d MiB of Java heap, found larger or damaged ones"
                            .formatted(file, Runtime.getRuntime().maxMemory() >> 20),
                    e);
        } catch (IOException | RuntimeException | LinkageError e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new DataFormatException(
                    "%s: expected a Parquet file, found one that cannot be read (%s)"
                            .formatted(
                                    file, String.valueOf(cause.getMessage()).replaceAll("\\S+@[0-9a-f]+ is", "it is")),
                    e);
        }
    }

    private Type imageColumn() {
        List<Type> possible = schema.getFields().stream()
                .filter(field -> isFile(field) || ParquetPixels.isList(field))
                .toList();
        return IMAGE.stream()
                .flatMap(name ->
                        possible.stream().filter(field -> field.getName().equalsIgnoreCase(name)))
                .findFirst()
                .or(() -> possible.stream().filter(ParquetShard::isFile).findFirst())
                .orElseThrow(() -> bad(
                        "a column of picture files or of lists of lists of pixels, named as one of " + IMAGE,
                        schema.getFields().stream().map(Type::getName).toList().toString()));
    }

    private static boolean isFile(Type field) {
        if (field.isPrimitive()) {
            return isBinary(field) && field.getLogicalTypeAnnotation() == null;
        }
        return field.asGroupType().containsField("bytes")
                && isBinary(field.asGroupType().getType("bytes"));
    }

    private static boolean isBinary(Type field) {
        return field.isPrimitive() && field.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
    }

    /** Each row's label, by the name that the hub's description gives it if there is one; empty without a column. */
    private List<String> labels(ParquetFileReader reader) throws IOException {
        Type label = LABEL.stream()
                .flatMap(name -> schema.getFields().stream()
                        .filter(field -> field.isPrimitive() && field.getName().equalsIgnoreCase(name)))
                .findFirst()
                .orElse(null);
        List<String> labels = new ArrayList<>();
        if (label == null) {
            return labels;
        }
        boolean unsigned =
                label.getLogicalTypeAnnotation() instanceof IntLogicalTypeAnnotation whole && !whole.isSigned();
        if (!unsigned && !isLabel(label)) {
            throw bad(
                    "labels that are integers, floating-point numbers, booleans or text",
                    "column '%s'".formatted(label));
        }
        String described =
                reader.getFooter().getFileMetaData().getKeyValueMetaData().get("huggingface");
        JsonNode names = described == null
                ? JsonMapper.builder().build().createArrayNode()
                : JsonMapper.builder()
                        .build()
                        .readTree(described)
                        .at("/info/features")
                        .path(label.getName())
                        .path("names");
        rows(reader, -1, label, row -> {
            if (row.getFieldRepetitionCount(0) == 0) {
                throw bad("a label in each row", "none in row %d".formatted(labels.size()));
            }
            String value = unsigned ? unsigned(row) : row.getValueToString(0, 0).strip();
            boolean number = names.size() > 0 && value.matches("\\d{1,9}") && names.has(Integer.parseInt(value));
            labels.add(number ? names.get(Integer.parseInt(value)).asText() : value);
        });
        return labels;
    }

    /** Whether a value's text is what it means, unlike that of decimals and points in time. */
    private static boolean isLabel(Type label) {
        PrimitiveTypeName type = label.asPrimitiveType().getPrimitiveTypeName();
        LogicalTypeAnnotation meaning = label.getLogicalTypeAnnotation();
        return type != PrimitiveTypeName.INT96
                && type != PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY
                && (meaning == null
                        || meaning instanceof IntLogicalTypeAnnotation
                        || meaning.equals(LogicalTypeAnnotation.stringType())
                        || meaning.equals(LogicalTypeAnnotation.enumType()));
    }

    private static String unsigned(Group row) {
        return row.getType().getType(0).asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64
                ? Long.toUnsignedString(row.getLong(0, 0))
                : Integer.toUnsignedString(row.getInteger(0, 0));
    }

    /** Reads one column of a row group, or of all with -1; each row has one field. */
    private void rows(ParquetFileReader reader, int group, Type column, Consumer<Group> taker) throws IOException {
        MessageType part = new MessageType(schema.getName(), column);
        reader.setRequestedSchema(part);
        for (int i = Math.max(0, group); i < (group < 0 ? groups.size() : group + 1); i++) {
            PageReadStore pages = reader.readRowGroup(i);
            RecordReader<Group> records =
                    new ColumnIOFactory().getColumnIO(part).getRecordReader(pages, new GroupRecordConverter(part));
            for (long row = 0; row < pages.getRowCount(); row++) {
                taker.accept(records.read());
            }
        }
    }

    /** The bytes, the pixels or null. */
    private Object row(int index) {
        int group = 0;
        while (index >= starts[group + 1]) {
            group++;
        }
        return rows(group).get(index - starts[group]);
    }

    private byte[] contents(int index) {
        return row(index) instanceof byte[] bytes ? bytes : picture(index).pixels();
    }

    private Picture picture(int index) {
        String place = "%s, row %d".formatted(file, index);
        try {
            Object row = row(index);
            if (row instanceof byte[] bytes) {
                return PictureReader.read(place, bytes);
            }
            if (row instanceof ParquetPixels pixels) {
                return pixels.picture(scale.factor(this::bad));
            }
            throw bad("the bytes of a picture", "none, as where only its path is stored");
        } catch (IllegalArgumentException e) {
            throw new PictureException("%s: expected a picture, found %s".formatted(place, e.getMessage()), e);
        } catch (DataFormatException e) {
            throw new PictureException(
                    place + e.getMessage().substring(file.toString().length()), e);
        }
    }

    /** For each row the bytes, the pixels or null. */
    private List<Object> rows(int group) {
        Object lock = starts;
        synchronized (lock) {
            List<Object> rows = groups.get(group).get();
            if (rows == null) {
                List<Object> read = new ArrayList<>();
                with(file, reader -> {
                    rows(reader, group, image, row -> read.add(content(row)));
                    return read;
                });
                rows = read;
                groups.set(group, new SoftReference<>(read));
            }
            return rows;
        }
    }

    private Object content(Group row) {
        if (row.getFieldRepetitionCount(0) == 0) {
            return null;
        }
        if (ParquetPixels.isList(image)) {
            return ParquetPixels.of(row);
        }
        if (image.isPrimitive()) {
            return row.getBinary(0, 0).getBytes();
        }
        Group struct = Objects.requireNonNull(row.getGroup(0, 0));
        return struct.getFieldRepetitionCount("bytes") == 0
                ? null
                : struct.getBinary("bytes", 0).getBytes();
    }

    private DataFormatException bad(String expected, String found) {
        return new DataFormatException("%s: expected %s, found %s".formatted(file, expected, found));
    }
}
