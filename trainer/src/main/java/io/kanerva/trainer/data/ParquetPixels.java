package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.Picture;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleConsumer;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * An image that a Parquet file has as lists of lists of numbers: [rows][columns], [rows][columns][channels] or
 * [channels][rows][columns].
 *
 * @param shape sizes of the lists, two or three
 * @param values in the lists' order
 */
record ParquetPixels(int[] shape, double[] values) {
    private static final Set<PrimitiveTypeName> NUMBERS = EnumSet.of(
            PrimitiveTypeName.BOOLEAN,
            PrimitiveTypeName.INT32,
            PrimitiveTypeName.INT64,
            PrimitiveTypeName.FLOAT,
            PrimitiveTypeName.DOUBLE);

    /** Whether a column has two or three levels of lists of numbers. */
    static boolean isList(Type field) {
        Type inner = field;
        int levels = 0;
        while (LogicalTypeAnnotation.listType().equals(inner.getLogicalTypeAnnotation())
                && inner.asGroupType().getFieldCount() == 1
                && !inner.asGroupType().getType(0).isPrimitive()
                && inner.asGroupType().getType(0).asGroupType().getFieldCount() == 1) {
            inner = inner.asGroupType().getType(0).asGroupType().getType(0);
            levels++;
        }
        return levels >= 2 && levels <= 3 && inner.isPrimitive() && (isHalf(inner) || isNumber(inner));
    }

    private static boolean isHalf(Type value) {
        return LogicalTypeAnnotation.float16Type().equals(value.getLogicalTypeAnnotation());
    }

    /** Whether a value is the number that is stored, unlike decimals and points in time. */
    private static boolean isNumber(Type value) {
        LogicalTypeAnnotation meaning = value.getLogicalTypeAnnotation();
        return NUMBERS.contains(value.asPrimitiveType().getPrimitiveTypeName())
                && (meaning == null || meaning instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation);
    }

    /**
     * Reads a row's only field.
     *
     * @throws IllegalArgumentException if a value is missing or the lists are not equally long; the message says what
     *     was found
     */
    static ParquetPixels of(Group row) {
        List<Integer> shape = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        if (row.getFieldRepetitionCount(0) == 0) {
            throw new IllegalArgumentException("a row without pixels");
        }
        add(row.getGroup(0, 0), 0, shape, values);
        return new ParquetPixels(
                shape.stream().mapToInt(Integer::intValue).toArray(),
                values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static void add(Group list, int level, List<Integer> shape, List<Double> values) {
        int length = list.getFieldRepetitionCount(0);
        if (level == shape.size()) {
            shape.add(length);
        }
        if (length == 0 || shape.get(level) != length) {
            throw new IllegalArgumentException(
                    "lists of pixels of lengths %d and %d".formatted(shape.get(level), length));
        }
        for (int i = 0; i < length; i++) {
            Group entry = list.getGroup(0, i);
            if (entry.getFieldRepetitionCount(0) == 0) {
                throw new IllegalArgumentException("a missing pixel");
            }
            if (entry.getType().getType(0).isPrimitive()) {
                values.add(number(entry));
            } else {
                add(entry.getGroup(0, 0), level + 1, shape, values);
            }
        }
    }

    private static double number(Group entry) {
        if (isHalf(entry.getType().getType(0))) {
            return NpyValues.half(entry.getBinary(0, 0)
                    .toByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getShort());
        }
        String value = entry.getValueToString(0, 0);
        return value.equals("true") ? 1 : value.equals("false") ? 0 : Double.parseDouble(value);
    }

    void forEach(DoubleConsumer taker) {
        Arrays.stream(values).forEach(taker);
    }

    /**
     * As a picture, by a {@linkplain PixelScale#factor factor}.
     *
     * @throws IllegalArgumentException if the shape does not say where the channels are
     */
    Picture picture(int factor) {
        boolean flat = shape.length == 2;
        boolean last = !flat && (shape[2] == 1 || shape[2] == 3);
        if (!flat && last == (shape[0] == 1 || shape[0] == 3)) {
            throw new IllegalArgumentException(
                    "pixels of shape %s, which say not where the channels are".formatted(Arrays.toString(shape)));
        }
        int channels = flat ? 1 : last ? shape[2] : shape[0];
        int height = flat || last ? shape[0] : shape[1];
        int width = flat || last ? shape[1] : shape[2];
        byte[] levels = new byte[values.length];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = (byte) Math.round(values[i] * factor);
        }
        return new Picture(
                channels, height, width, last ? NpyPixels.channelsFirst(levels, 1, height * width, channels) : levels);
    }
}
