package io.kanerva.trainer.data;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The values of a NumPy array as pixels: numbers of any type that are whole and from 0 to 255 as they are; those from 0
 * to 1, if none is above 1, as 255 times as much, rounded. So booleans, zeros and ones are black and white.
 */
final class NpyPixels {

    private NpyPixels() {}

    /** Reads the values after a header, in C order. */
    static byte[] read(ImageFiles.Source source, NpyReader.Header header) throws IOException {
        NpyValues type = type(source, header);
        byte[] bytes = source.pixels(header.values() * type.width(), header.describe());
        ByteBuffer values = type.view(bytes);
        int count = (int) header.values();
        PixelScale scale = new PixelScale();
        for (int i = 0; i < count; i++) {
            scale.add(type.at(values, i));
        }
        byte[] levels = levels(type, bytes, count, scale.factor(source::bad));
        return header.fortran() ? inCOrder(levels, header.shape()) : levels;
    }

    /** @throws DataFormatException if values of that type cannot be pixels */
    static NpyValues type(ImageFiles.Source source, NpyReader.Header header) {
        return NpyValues.of(header.type())
                .orElseThrow(() -> source.bad(
                        "NumPy values of integers, bool, float16, float32 or float64", "'" + header.type() + "'"));
    }

    /** Turns values into levels, by a {@linkplain PixelScale#factor factor}. */
    static byte[] levels(NpyValues type, byte[] bytes, int count, int factor) {
        ByteBuffer values = type.view(bytes);
        byte[] levels = new byte[count];
        for (int i = 0; i < count; i++) {
            levels[i] = (byte) Math.round(type.at(values, i) * factor);
        }
        return levels;
    }

    /** Moves the last dimension, of the channels, to the second place. */
    static byte[] channelsFirst(byte[] pixels, int images, int plane, int channels) {
        byte[] moved = new byte[pixels.length];
        for (int image = 0; image < images; image++) {
            for (int channel = 0; channel < channels; channel++) {
                for (int i = 0; i < plane; i++) {
                    moved[(image * channels + channel) * plane + i] = pixels[(image * plane + i) * channels + channel];
                }
            }
        }
        return moved;
    }

    /** From the first index varying fastest to the last. */
    private static byte[] inCOrder(byte[] pixels, long[] shape) {
        byte[] ordered = new byte[pixels.length];
        int[] index = new int[shape.length];
        for (int i = 0; i < ordered.length; i++) {
            int from = 0;
            for (int k = shape.length - 1; k >= 0; k--) {
                from = from * (int) shape[k] + index[k];
            }
            ordered[i] = pixels[from];
            for (int k = shape.length - 1; k >= 0 && ++index[k] == shape[k]; k--) {
                index[k] = 0;
            }
        }
        return ordered;
    }
}
