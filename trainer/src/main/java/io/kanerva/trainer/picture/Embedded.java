package io.kanerva.trainer.picture;

import com.twelvemonkeys.imageio.metadata.Directory;
import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.io.IOException;

/**
 * What a file says about its picture besides the pixels.
 *
 * @param profile its ICC profile; empty if it has none
 * @param orientation Exif's, 1 to 8; 0 if it has none
 */
record Embedded(byte[] profile, int orientation) {
    /** Begins the Exif block of a JPEG file, and now and then of others. */
    static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};

    static final Embedded NOTHING = new Embedded(new byte[0], 0);

    Embedded withProfile(byte[] found) {
        return new Embedded(found, orientation);
    }

    /** With the orientation of an Exif block, with or without its own header; a broken block has none. */
    Embedded withExif(byte[] exif) {
        int start = startsWith(exif, EXIF) ? EXIF.length : 0;
        try {
            Directory tags = new TIFFReader().read(new ByteArrayImageInputStream(exif, start, exif.length - start));
            return new Embedded(profile, (int) number(tags, TIFF.TAG_ORIENTATION, 0));
        } catch (IOException | RuntimeException e) {
            // As Pillow does: cameras and editors write all kinds of Exif, and the pixels are not at stake.
            return this;
        }
    }

    static boolean startsWith(byte[] bytes, byte[] start) {
        for (int i = 0; i < start.length; i++) {
            if (i >= bytes.length || bytes[i] != start[i]) {
                return false;
            }
        }
        return true;
    }

    /** The first number of a tag. */
    static long number(Directory tags, int tag, long otherwise) {
        long[] numbers = numbers(tags, tag);
        return numbers.length == 0 ? otherwise : numbers[0];
    }

    /** All numbers of a tag; none if it is missing or no number. */
    static long[] numbers(Directory tags, int tag) {
        Entry entry = tags.getEntryById(tag);
        Object value = entry == null ? null : entry.getValue();
        if (value instanceof Number one) {
            return new long[] {one.longValue()};
        }
        if (value == null
                || !value.getClass().isArray()
                || !value.getClass().getComponentType().isPrimitive()) {
            return new long[0];
        }
        long[] numbers = new long[java.lang.reflect.Array.getLength(value)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = ((Number) java.lang.reflect.Array.get(value, i)).longValue();
        }
        return numbers;
    }
}
