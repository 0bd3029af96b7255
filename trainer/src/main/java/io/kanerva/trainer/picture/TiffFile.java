package io.kanerva.trainer.picture;

import com.twelvemonkeys.imageio.metadata.CompoundDirectory;
import com.twelvemonkeys.imageio.metadata.Directory;
import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * The tags of a TIFF file's first picture (TIFF 6.0, sections 8 and following) that decide how its samples are read.
 *
 * @param embedded ICC profile and orientation
 * @param extra what its fourth (in grey, second) sample is
 * @param hasWholeStrips whether it is stored in strips without compression, each as long as its rows take
 */
record TiffFile(Embedded embedded, Extra extra, boolean hasWholeStrips) {
    /** Grey (white or black is zero), RGB, palette, CMYK, YCbCr. */
    private static final Set<Long> COLOURS = Set.of(0L, 1L, 2L, 3L, 5L, 6L);

    private static final Map<Long, String> UNKNOWN_COLOURS = Map.of(
            4L, "a transparency mask", 8L, "Lab", 9L, "ICC's Lab", 10L, "ITU's Lab", 32803L, "a sensor's mosaic");

    private static final Set<Long> COMPRESSIONS = Set.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 32773L, 32946L);

    private static final Map<Long, String> UNKNOWN_COMPRESSIONS =
            Map.of(34712L, "JPEG 2000", 34887L, "LERC", 34925L, "LZMA", 50000L, "Zstandard", 50001L, "WebP");

    /** A sample beyond the colours. */
    enum Extra {
        NONE,
        /** Colours are multiplied with it. */
        PREMULTIPLIED,
        ALPHA
    }

    /** @throws Refusal if the samples are no grey levels or colours of up to 16 bits */
    static TiffFile of(byte[] file) throws IOException {
        Directory tags = first(new TIFFReader().read(new ByteArrayImageInputStream(file)));
        long photometric = Embedded.number(tags, TIFF.TAG_PHOTOMETRIC_INTERPRETATION, 0);
        if (!COLOURS.contains(photometric)) {
            throw new Refusal(
                    "grey, a palette, RGB, YCbCr or CMYK",
                    UNKNOWN_COLOURS.getOrDefault(photometric, "the photometric interpretation " + photometric));
        }
        for (long format : Embedded.numbers(tags, TIFF.TAG_SAMPLE_FORMAT)) {
            if (format != 1 && format != 4) {
                throw new Refusal(
                        "unsigned integers of up to 16 bits",
                        format == 3 ? "floating-point numbers" : "signed integers");
            }
        }
        long[] bits = Embedded.numbers(tags, TIFF.TAG_BITS_PER_SAMPLE);
        for (long one : bits) {
            if (one != bits[0] || one > 16) {
                throw new Refusal("unsigned integers of up to 16 bits, all alike", "one of %d bits".formatted(one));
            }
        }
        long compression = Embedded.number(tags, TIFF.TAG_COMPRESSION, 1);
        if (!COMPRESSIONS.contains(compression)) {
            throw new Refusal(
                    "no compression, or LZW, deflate, PackBits, JPEG or fax",
                    "compression " + UNKNOWN_COMPRESSIONS.getOrDefault(compression, Long.toString(compression)));
        }
        // ChannelSamples of raw photographs follow a small copy of the picture.
        if ((Embedded.number(tags, TIFF.TAG_SUBFILE_TYPE, 0) & 1) == 1
                || file.length > 10 && file[8] == 'C' && file[9] == 'R') {
            throw new Refusal("a picture", "a preview (of a raw photograph?)");
        }
        Embedded found = new Embedded(profile(tags), (int) Embedded.number(tags, TIFF.TAG_ORIENTATION, 0));
        long colours = photometric == 2 || photometric == 6 ? 3 : photometric == 5 ? 4 : 1;
        long samples = Embedded.number(tags, TIFF.TAG_SAMPLES_PER_PIXEL, 1);
        if (samples > colours + 1) {
            throw new Refusal(
                    "at most one sample of a pixel beyond its colours",
                    "%d beyond %d".formatted(samples - colours, colours));
        }
        boolean whole = compression == 1 && photometric != 6 && hasWholeStrips(tags, bits, samples);
        return new TiffFile(found, extra(tags), whole);
    }

    /** The last strip has the rows that are left, of which the decoder warns. */
    private static boolean hasWholeStrips(Directory tags, long[] bits, long samples) {
        long width = Embedded.number(tags, TIFF.TAG_IMAGE_WIDTH, 0);
        long height = Embedded.number(tags, TIFF.TAG_IMAGE_HEIGHT, 0);
        long rows = Embedded.number(tags, TIFF.TAG_ROWS_PER_STRIP, height);
        long planes = Embedded.number(tags, TIFF.TAG_PLANAR_CONFIGURATION, 1) == 2 ? samples : 1;
        long[] bytes = Embedded.numbers(tags, TIFF.TAG_STRIP_BYTE_COUNTS);
        if (width < 1 || height < 1 || rows < 1 || bytes.length == 0 || bytes.length % planes != 0) {
            return false;
        }
        long row = (width * (bits.length == 0 ? 1 : bits[0]) * (samples / planes) + 7) / 8;
        long strips = bytes.length / planes;
        if (strips != (height + rows - 1) / rows) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            long left = height - i % strips * rows;
            if (bytes[i] < Math.min(rows, left) * row) {
                return false;
            }
        }
        return true;
    }

    private static Directory first(Directory all) throws Refusal {
        Directory first = all instanceof CompoundDirectory several && several.directoryCount() > 0
                ? several.getDirectory(0)
                : all;
        if (first.size() == 0) {
            throw new Refusal("a picture", "none");
        }
        return first;
    }

    private static byte[] profile(Directory tags) {
        Entry entry = tags.getEntryById(TIFF.TAG_ICC_PROFILE);
        return entry != null && entry.getValue() instanceof byte[] bytes ? bytes : new byte[0];
    }

    private static Extra extra(Directory tags) {
        long[] extra = Embedded.numbers(tags, TIFF.TAG_EXTRA_SAMPLES);
        return extra.length == 0 || extra[0] == 0 ? Extra.NONE : extra[0] == 1 ? Extra.PREMULTIPLIED : Extra.ALPHA;
    }
}
