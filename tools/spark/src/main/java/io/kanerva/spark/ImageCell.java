package io.kanerva.spark;

import io.kanerva.runtime.Planes;
import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureException;
import io.kanerva.trainer.picture.PictureReader;
import java.util.List;
import java.util.Objects;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.collection.Seq;

/**
 * Turns what an image column holds into [Cx, Hx, Wx] values in [0, 1], in the order of the runtime: channel by channel
 * (red, green, blue), row by row. It holds
 *
 * <ul>
 *   <li>Spark's own struct of an image (origin, height, width, nChannels, mode, data) with 8 bits a value, in the order
 *       of OpenCV: pixel by pixel, blue, green, red;
 *   <li>the bytes of a picture file, PNG, JPEG or another that {@link PictureReader} reads;
 *   <li>an array of Cx Hx Wx numbers, floats or doubles; doubles are rounded to floats.
 * </ul>
 *
 * Bytes become values by division by 255. Images of another size or number of channels are refused: what to do about
 * them is the caller's choice.
 */
final class ImageCell {

    /** OpenCV's types of 8 bits with 1 and 3 channels. */
    private static final int GREY = 0;

    private static final int BLUE_GREEN_RED = 16;

    private static final String EXPECTED =
            "an image struct of Spark, binary (the bytes of a picture file) or array<float>";

    /** What a byte becomes: a division for each pixel would be a tenth of a write's time. */
    private static final float[] LEVELS = new float[256];

    static {
        for (int level = 0; level < LEVELS.length; level++) {
            LEVELS[level] = level / 255f;
        }
    }

    private ImageCell() {}

    /** Why a column of this type cannot hold images; null if it can. */
    static String obstacle(DataType type) {
        boolean fits = type.equals(DataTypes.BinaryType)
                || type instanceof ArrayType array
                        && List.of(DataTypes.FloatType, DataTypes.DoubleType).contains(array.elementType())
                || type instanceof StructType struct && holdsImages(struct);
        return fits ? null : "expected " + EXPECTED + ", found " + type.catalogString();
    }

    private static boolean holdsImages(StructType struct) {
        StructField[] expected = ImageSchema.columnSchema().fields();
        StructField[] found = struct.fields();
        boolean same = found.length == expected.length;
        for (int i = 0; same && i < found.length; i++) {
            same = found[i].name().equals(expected[i].name())
                    && found[i].dataType().equals(expected[i].dataType());
        }
        return same;
    }

    /**
     * Reads one cell.
     *
     * @param value as Spark hands it out: a row, bytes or a sequence
     * @param column and {@code row}: where it is, for messages
     * @throws RowRefusedException if it is no image of this size
     */
    static float[] read(Object value, Planes size, String column, Object row) {
        try {
            if (value instanceof byte[] file) {
                Picture picture = PictureReader.read(column, file);
                requireSize(size, picture.channels(), picture.height(), picture.width());
                return scaled(picture.pixels(), size, false);
            }
            if (value instanceof Row image && image.schema() != null && holdsImages(image.schema())) {
                return ofStruct(image, size);
            }
            if (value instanceof Seq<?> numbers) {
                return ofNumbers(numbers, size);
            }
            throw new Mismatch(
                    EXPECTED, value == null ? "null" : value.getClass().getSimpleName());
        } catch (PictureException e) {
            // Its message begins with the column.
            throw new RowRefusedException(
                    "column %s in %s%s".formatted(column, row, e.getMessage().substring(column.length())));
        } catch (Mismatch e) {
            throw RowRefusedException.of(column, row, e.expected, e.found);
        }
    }

    /** What is wrong with a cell, before its place is known. */
    private static final class Mismatch extends Exception {
        private final String expected;
        private final String found;

        Mismatch(String expected, String found) {
            super(null, null, false, false);
            this.expected = expected;
            this.found = found;
        }
    }

    private static float[] ofStruct(Row image, Planes size) throws Mismatch {
        for (int field = 1; field < image.size(); field++) {
            if (image.isNullAt(field)) {
                throw new Mismatch("an image", "null as its " + image.schema().fieldNames()[field]);
            }
        }
        int channels = image.getInt(3);
        int mode = image.getInt(4);
        byte[] data = image.getAs(5);
        if (mode < 0) {
            throw new Mismatch("an image", "one that Spark could not decode (mode %d)".formatted(mode));
        }
        if (mode != (channels == 1 ? GREY : BLUE_GREEN_RED) || channels != 1 && channels != 3) {
            throw new Mismatch(
                    "1 channel in mode %d (CV_8UC1) or 3 in mode %d (CV_8UC3)".formatted(GREY, BLUE_GREEN_RED),
                    "%d in mode %d".formatted(channels, mode));
        }
        requireSize(size, channels, image.getInt(1), image.getInt(2));
        if (data.length != size.floats()) {
            throw new Mismatch("%d bytes of data".formatted(size.floats()), Integer.toString(data.length));
        }
        return scaled(data, size, true);
    }

    private static void requireSize(Planes size, int channels, int height, int width) throws Mismatch {
        if (channels != size.channels() || height != size.height() || width != size.width()) {
            throw new Mismatch(
                    "an image of " + described(size.channels(), size.height(), size.width()),
                    described(channels, height, width));
        }
    }

    private static String described(int channels, int height, int width) {
        return "%d x %d pixels in %s".formatted(height, width, channels == 1 ? "grey" : channels + " channels");
    }

    private static float[] scaled(byte[] bytes, Planes size, boolean interleaved) {
        int channels = size.channels();
        int plane = size.height() * size.width();
        int step = interleaved ? channels : 1;
        float[] values = new float[bytes.length];
        for (int channel = 0; channel < channels; channel++) {
            int from = interleaved ? channels - 1 - channel : channel * plane;
            for (int i = 0; i < plane; i++) {
                values[channel * plane + i] = LEVELS[bytes[from + i * step] & 0xff];
            }
        }
        return values;
    }

    private static float[] ofNumbers(Seq<?> numbers, Planes size) throws Mismatch {
        if (numbers.length() != size.floats()) {
            throw new Mismatch(
                    "%d numbers, %d x %d x %d".formatted(size.floats(), size.channels(), size.height(), size.width()),
                    Integer.toString(numbers.length()));
        }
        float[] values = new float[size.floats()];
        scala.collection.Iterator<?> iterator = numbers.iterator();
        for (int i = 0; i < values.length; i++) {
            Object number = iterator.next();
            if (!(number instanceof Float || number instanceof Double)) {
                throw new Mismatch(
                        "floats or doubles",
                        number == null
                                ? "null at %d".formatted(i)
                                : number.getClass().getSimpleName());
            }
            double found = ((Number) number).doubleValue();
            if (!(found >= 0 && found <= 1)) {
                throw new Mismatch("numbers from 0 to 1", "%s at %d".formatted(Objects.toString(number), i));
            }
            values[i] = (float) found;
        }
        return values;
    }
}
