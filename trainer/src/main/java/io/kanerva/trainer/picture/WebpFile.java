package io.kanerva.trainer.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The chunks of a WebP file (RFC 9649, section 2). */
final class WebpFile {
    private static final int HEADER = 12;

    private WebpFile() {}

    /** @throws Refusal if the file is truncated or an animation */
    static Embedded embedded(byte[] file) throws Refusal {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (file.length < HEADER + 8 || Integer.toUnsignedLong(in.getInt(4)) > file.length - 8L) {
            throw new Refusal("a complete WebP file", "a truncated one");
        }
        Embedded found = Embedded.NOTHING;
        for (long at = HEADER; at <= file.length - 8L; ) {
            long length = Integer.toUnsignedLong(in.getInt((int) at + 4));
            String type = new String(file, (int) at, 4, StandardCharsets.ISO_8859_1);
            if (length > file.length - at - 8) {
                break;
            }
            if (type.equals("ANIM")) {
                throw new Refusal("a still picture", "an animation");
            }
            if (type.equals("ICCP") || type.equals("EXIF")) {
                byte[] content = Arrays.copyOfRange(file, (int) at + 8, (int) (at + 8 + length));
                found = type.equals("ICCP") ? found.withProfile(content) : found.withExif(content);
            }
            at += 8 + length + length % 2;
        }
        return found;
    }
}
