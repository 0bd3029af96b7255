package io.kanerva.trainer.picture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The segments of a JPEG file up to the first scan (ITU-T T.81, annex B).
 *
 * @param embedded ICC profile and orientation
 * @param stripped the file without its profile, so that its decoder gives colours as they are stored
 * @param components colour components of a pixel
 * @param isYcck whether an Adobe segment says that four components are YCCK rather than CMYK
 */
record JpegFile(Embedded embedded, byte[] stripped, int components, boolean isYcck) {
    private static final byte[] PROFILE = {'I', 'C', 'C', '_', 'P', 'R', 'O', 'F', 'I', 'L', 'E', 0};
    private static final byte[] ADOBE = {'A', 'd', 'o', 'b', 'e'};

    /** @throws Refusal if there is no frame of 8 bits a component, or the profile is incomplete */
    static JpegFile of(byte[] file) throws Refusal {
        ByteBuffer in = ByteBuffer.wrap(file);
        Embedded found = Embedded.NOTHING;
        ByteArrayOutputStream stripped = new ByteArrayOutputStream(file.length);
        stripped.write(file, 0, 2);
        byte[][] profile = {};
        int components = 0;
        int transform = -1;
        int at = 2;
        while (at <= file.length - 4) {
            int marker = file[at + 1] & 0xff;
            if (file[at] != (byte) 0xff || marker == 0xff) {
                // Bytes between segments, which decoders skip.
                at++;
                continue;
            }
            int length = in.getShort(at + 2) & 0xffff;
            if (marker == 0xda) {
                if (components == 0) {
                    throw new Refusal("a frame header before the first scan", "none (a JPEG-LS file?)");
                }
                stripped.write(file, at, file.length - at);
                return new JpegFile(
                        found.withProfile(joined(profile)), stripped.toByteArray(), components, transform == 2);
            }
            boolean alone = marker == 1 || marker >= 0xd0 && marker <= 0xd8;
            if (!alone && (length < 2 || length > file.length - at - 2)) {
                break;
            }
            byte[] content = alone ? new byte[0] : Arrays.copyOfRange(file, at + 4, at + 2 + length);
            boolean isProfile = marker == 0xe2 && Embedded.startsWith(content, PROFILE);
            if (isProfile) {
                profile = with(profile, content);
            } else if (marker == 0xe1 && Embedded.startsWith(content, Embedded.EXIF)) {
                found = found.withExif(content);
            } else if (marker == 0xee && Embedded.startsWith(content, ADOBE) && content.length >= 12) {
                transform = content[11] & 0xff;
            } else if (isFrame(marker)) {
                requireEightBits(content);
                components = content[5] & 0xff;
            }
            if (!isProfile) {
                stripped.write(file, at, alone ? 2 : 2 + length);
            }
            at += alone ? 2 : 2 + length;
        }
        throw new Refusal("a complete JPEG file", "a truncated one");
    }

    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private static void requireEightBits(byte[] frame) throws Refusal {
        if (frame.length < 6) {
            throw new Refusal("a frame header", "a truncated one");
        }
        if (frame[0] != 8) {
            throw new Refusal("8 bits a colour component", Integer.toString(frame[0]));
        }
    }

    /** Adds a part of the profile: its number, from 1, and the number of parts follow the signature. */
    private static byte[][] with(byte[][] profile, byte[] part) throws Refusal {
        int number = part.length > PROFILE.length + 1 ? part[PROFILE.length] & 0xff : 0;
        int count = part.length > PROFILE.length + 1 ? part[PROFILE.length + 1] & 0xff : 0;
        if (number < 1 || number > count || profile.length > 0 && count != profile.length) {
            throw new Refusal("the parts of an ICC profile", "part %d of %d".formatted(number, count));
        }
        byte[][] parts = profile.length == 0 ? new byte[count][] : profile;
        parts[number - 1] = Arrays.copyOfRange(part, PROFILE.length + 2, part.length);
        return parts;
    }

    private static byte[] joined(byte[][] parts) throws Refusal {
        ByteArrayOutputStream profile = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            if (part == null) {
                throw new Refusal("all parts of an ICC profile", "some of them");
            }
            profile.writeBytes(part);
        }
        return profile.toByteArray();
    }
}
