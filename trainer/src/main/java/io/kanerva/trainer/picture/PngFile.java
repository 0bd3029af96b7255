package io.kanerva.trainer.picture;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;

/**
 * The chunks of a PNG file (PNG specification, third edition, section 5).
 *
 * @param embedded ICC profile and orientation
 * @param transparentGrey the grey level, 0 to 255, that is transparent; -1 if there is none, or the decoder knows it
 */
record PngFile(Embedded embedded, int transparentGrey) {
    private static final int HEADER = 8;
    /** Profiles are a few hundred bytes to 4 MB. */
    private static final int MAX_PROFILE_BYTES = 1 << 24;

    /**
     * Checks that the file is complete, and that its chunks are those that were written.
     *
     * @throws Refusal if it is truncated or damaged, or its colours are not those of an ordinary display
     */
    static PngFile of(byte[] file) throws IOException {
        Embedded found = Embedded.NOTHING;
        ByteBuffer in = ByteBuffer.wrap(file);
        int transparentGrey = -1;
        int at = HEADER;
        while (at <= file.length - 12) {
            int length = in.getInt(at);
            if (length < 0 || length > file.length - at - 12) {
                break;
            }
            String type = new String(file, at + 4, 4, StandardCharsets.ISO_8859_1);
            if (Character.isUpperCase(type.charAt(0))) {
                requireIntact(in, at, length, type);
            }
            byte[] content = Arrays.copyOfRange(file, at + 8, at + 8 + (type.equals("IDAT") ? 0 : length));
            switch (type) {
                case "IEND" -> {
                    return new PngFile(found, transparentGrey);
                }
                case "iCCP" -> found = found.withProfile(profile(content));
                case "eXIf" -> found = found.withExif(content);
                case "tRNS" -> transparentGrey = transparentGrey(file, content);
                case "cICP" -> requireOrdinary(content);
                case "CgBI" -> throw new Refusal("a PNG file", "Apple's variant for iPhones");
                default -> {}
            }
            at += 12 + length;
        }
        throw new Refusal("a complete PNG file", "a truncated one");
    }

    /** The JDK's decoder knows transparent grey levels of 8 and 16 bits only. */
    private static int transparentGrey(byte[] file, byte[] content) {
        int bits = file[HEADER + 16];
        boolean grey = file[HEADER + 17] == 0;
        return grey && bits < 8 && content.length == 2
                ? ChannelSamples.eightBits(content[1] & (1 << bits) - 1, bits) & 0xff
                : -1;
    }

    private static void requireIntact(ByteBuffer in, int at, int length, String type) throws Refusal {
        CRC32 sum = new CRC32();
        sum.update(in.slice(at + 4, 4 + length));
        if ((int) sum.getValue() != in.getInt(at + 8 + length)) {
            throw new Refusal("an intact PNG file", "a wrong checksum of chunk '%s'".formatted(type));
        }
    }

    /** Name, 0, compression method, compressed profile. */
    private static byte[] profile(byte[] content) throws IOException {
        int name = 0;
        while (name < content.length && content[name] != 0) {
            name++;
        }
        int start = Math.min(name + 2, content.length);
        try (InflaterInputStream in =
                new InflaterInputStream(new ByteArrayInputStream(content, start, content.length - start))) {
            byte[] profile = in.readNBytes(MAX_PROFILE_BYTES + 1);
            if (profile.length > MAX_PROFILE_BYTES) {
                throw new Refusal("an ICC profile of at most 16 MiB", "a larger one");
            }
            return profile;
        } catch (java.util.zip.ZipException | java.io.EOFException e) {
            throw new Refusal("an ICC profile", "a damaged one");
        }
    }

    /** Coding-independent code points (ITU-T H.273): primaries of BT.709 and the transfer function of sRGB. */
    private static void requireOrdinary(byte[] content) throws Refusal {
        if (content.length != 4 || content[0] != 1 || content[1] != 13 || content[2] != 0) {
            throw new Refusal("the colours of sRGB", "others (chunk cICP %s)".formatted(Arrays.toString(content)));
        }
    }
}
