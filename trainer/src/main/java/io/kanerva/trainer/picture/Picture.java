package io.kanerva.trainer.picture;

/**
 * A decoded picture: upright, opaque, in 8-bit grey or sRGB.
 *
 * <p>The array is not copied and must not be modified afterwards. {@code equals} compares it by identity.
 *
 * @param channels 1 (grey) or 3 (red, green, blue)
 * @param height rows, at least 1
 * @param width columns, at least 1
 * @param pixels [channels][height][width], unsigned bytes
 */
public record Picture(int channels, int height, int width, byte[] pixels) {

    /**
     * @throws IllegalArgumentException if the array has not the length that the sizes say, or channels are not 1 or 3
     */
    public Picture {
        if (channels != 1 && channels != 3
                || height < 1
                || width < 1
                || pixels.length != (long) channels * height * width) {
            throw new IllegalArgumentException(
                    "picture of [%d, %d, %d]: expected 1 or 3 channels and %d bytes, found %d"
                            .formatted(channels, height, width, (long) channels * height * width, pixels.length));
        }
    }

    /**
     * The same picture in grey or colour. Colour becomes grey with the weights 0.299, 0.587 and 0.114 of red, green and
     * blue (ITU-R BT.601's luma, in 16 bits of fixed point, bit for bit as Pillow's {@code convert('L')}); grey becomes
     * colour with three equal channels.
     *
     * @param count 1 or 3
     */
    public Picture withChannels(int count) {
        if (count == channels) {
            return this;
        }
        int plane = height * width;
        byte[] others = new byte[Math.multiplyExact(count, plane)];
        if (count == 1) {
            for (int i = 0; i < plane; i++) {
                others[i] = grey(pixels[i] & 0xff, pixels[plane + i] & 0xff, pixels[2 * plane + i] & 0xff);
            }
        } else {
            for (int channel = 0; channel < count; channel++) {
                System.arraycopy(pixels, 0, others, channel * plane, plane);
            }
        }
        return new Picture(count, height, width, others);
    }

    /** Whether every pixel is equally red, green and blue. */
    public boolean isGrey() {
        int plane = height * width;
        for (int i = 0; i < plane && channels == 3; i++) {
            if (pixels[i] != pixels[plane + i] || pixels[i] != pixels[2 * plane + i]) {
                return false;
            }
        }
        return true;
    }

    static byte grey(int red, int green, int blue) {
        return (byte) (red * 19595 + green * 38470 + blue * 7471 + 0x8000 >> 16);
    }
}
