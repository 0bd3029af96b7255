package io.kanerva.trainer.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntToDoubleFunction;

/**
 * The values of a NumPy array as pixels: unsigned bytes as they are (or, if none is above 1, as black and white),
 * booleans as black and white, floating-point numbers from 0 to 1 as 255 times as much, rounded, or whole ones from 0
 * to 255 as they are.
 */
final class NpyPixels {
    private NpyPixels() {}

    /** Reads the values after a header, in C order. */
    static byte[] read(ImageFiles.Source source, NpyReader.Header header) throws IOException {
        String type = header.type();
        byte[] pixels = switch (type) {
            case "|u1", "u1" -> source.inkOrGrey(header.values(), header.describe());
            case "|b1", "?" -> ink(source.pixels(header.values(), header.describe()));
            case "<f4", ">f4" -> {
                ByteBuffer values = values(source, header, 4);
                yield levels(source, header, i -> values.getFloat(4 * i));
            }
            case "<f8", ">f8" -> {
                ByteBuffer values = values(source, header, 8);
                yield levels(source, header, i -> values.getDouble(8 * i));
            }
            default -> throw source.bad("NumPy values of type uint8, bool, float32 or float64", "'" + type + "'");
        };
        return header.fortran() ? inCOrder(pixels, header.shape()) : pixels;
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

    private static ByteBuffer values(ImageFiles.Source source, NpyReader.Header header, int width) throws IOException {
        byte[] bytes = source.pixels(header.values() * width, header.describe());
        return ByteBuffer.wrap(bytes)
                .order(header.type().startsWith("<") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }

    private static byte[] ink(byte[] booleans) {
        for (int i = 0; i < booleans.length; i++) {
            booleans[i] = (byte) (booleans[i] == 0 ? 0 : 255);
        }
        return booleans;
    }

    private static byte[] levels(ImageFiles.Source source, NpyReader.Header header, IntToDoubleFunction values) {
        byte[] levels = new byte[(int) header.values()];
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        boolean whole = true;
        for (int i = 0; i < levels.length; i++) {
            double value = values.applyAsDouble(i);
            if (!Double.isFinite(value)) {
                throw source.bad("finite numbers", Double.toString(value));
            }
            least = Math.min(least, value);
            most = Math.max(most, value);
            whole &= value == Math.rint(value);
        }
        if (least < 0 || most > 255 || most > 1 && !whole) {
            throw source.bad(
                    "numbers from 0 to 1, or whole ones from 0 to 255",
                    "%s from %s to %s".formatted(whole ? "whole ones" : "numbers", least, most));
        }
        for (int i = 0; i < levels.length; i++) {
            levels[i] = (byte) Math.round(values.applyAsDouble(i) * (most > 1 ? 1 : 255));
        }
        return levels;
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
