package io.kanerva.trainer.picture;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * A picture's samples as they are stored, in 8 bits: no colour space has been applied to them. (The JDK's
 * {@code BufferedImage.getRGB} would take grey for linear light, and so make it brighter.)
 *
 * @param bands 1 (grey), 3 (red, green, blue) or 4 (the inks cyan, magenta, yellow, black)
 * @param height rows
 * @param width columns
 * @param values [height][width][bands], unsigned bytes
 * @param alpha [height][width], 255 for opaque; empty if all is opaque
 */
record ChannelSamples(int bands, int height, int width, byte[] values, byte[] alpha) {
    private static final byte[] OPAQUE = {};

    ChannelSamples(int bands, int height, int width, byte[] values) {
        this(bands, height, width, values, OPAQUE);
    }

    /** @throws Refusal if the samples are no integers, or of an unknown number */
    static ChannelSamples of(BufferedImage image) throws Refusal {
        ColorModel model = image.getColorModel();
        return model instanceof IndexColorModel palette
                ? looked(image.getRaster(), palette)
                : plain(image.getRaster(), model);
    }

    private static ChannelSamples looked(Raster raster, IndexColorModel palette) {
        int height = raster.getHeight();
        int width = raster.getWidth();
        int bands = isGrey(palette) ? 1 : 3;
        byte[] values = new byte[Math.multiplyExact(bands, height * width)];
        byte[] alpha = palette.hasAlpha() ? new byte[height * width] : OPAQUE;
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int index : row) {
                // An index beyond the palette is black, as in the JDK's own conversion.
                int colour = index < palette.getMapSize() ? palette.getRGB(index) : 0xff000000;
                for (int band = 0; band < bands; band++) {
                    values[at * bands + band] = (byte) (colour >> 16 - 8 * band);
                }
                if (alpha.length > 0) {
                    alpha[at] = (byte) (colour >> 24);
                }
                at++;
            }
        }
        return new ChannelSamples(bands, height, width, values, alpha);
    }

    private static boolean isGrey(IndexColorModel palette) {
        for (int i = 0; i < palette.getMapSize(); i++) {
            if (palette.getRed(i) != palette.getGreen(i) || palette.getRed(i) != palette.getBlue(i)) {
                return false;
            }
        }
        return true;
    }

    private static ChannelSamples plain(Raster raster, ColorModel model) throws Refusal {
        int type = raster.getTransferType();
        if (type != DataBuffer.TYPE_BYTE && type != DataBuffer.TYPE_USHORT && type != DataBuffer.TYPE_INT) {
            throw new Refusal("integers of up to 16 bits", "others");
        }
        int all = raster.getNumBands();
        boolean hasAlpha = model.hasAlpha();
        int bands = hasAlpha ? all - 1 : all;
        if (bands != 1 && bands != 3 && bands != 4) {
            throw new Refusal("1, 3 or 4 colour components", Integer.toString(bands));
        }
        int height = raster.getHeight();
        int width = raster.getWidth();
        int[] bits = new int[all];
        for (int band = 0; band < all; band++) {
            bits[band] = Math.min(model.getComponentSize(band), 16);
        }
        byte[] values = new byte[Math.multiplyExact(bands, height * width)];
        byte[] alpha = hasAlpha ? new byte[height * width] : OPAQUE;
        int[] row = new int[width * all];
        int at = 0;
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                for (int band = 0; band < bands; band++) {
                    values[at * bands + band] = eightBits(row[x * all + band], bits[band]);
                }
                if (hasAlpha) {
                    alpha[at] = eightBits(row[x * all + bands], bits[bands]);
                }
                at++;
            }
        }
        ChannelSamples samples = new ChannelSamples(bands, height, width, values, alpha);
        return model.isAlphaPremultiplied() ? samples.divided() : samples;
    }

    /** Fewer bits are spread over the whole range; of more, the upper eight are kept, as Pillow does. */
    static byte eightBits(int value, int bits) {
        return (byte) (bits < 8 ? value * 255 / ((1 << bits) - 1) : value >> bits - 8);
    }

    /** With one grey level transparent. */
    ChannelSamples transparentWhere(int level) {
        byte[] opaque = new byte[values.length];
        for (int i = 0; i < opaque.length; i++) {
            opaque[i] = (byte) ((values[i] & 0xff) == level ? 0 : 255);
        }
        return new ChannelSamples(bands, height, width, values, opaque);
    }

    /** Colours that were multiplied with alpha, divided by it again. */
    ChannelSamples divided() {
        byte[] divided = new byte[values.length];
        for (int i = 0; i < divided.length; i++) {
            int share = alpha[i / bands] & 0xff;
            divided[i] = (byte) (share == 0 ? 0 : Math.min(255, (values[i] & 0xff) * 255 / share));
        }
        return new ChannelSamples(bands, height, width, divided, alpha);
    }

    /** The same picture with other colours. */
    ChannelSamples with(int newBands, byte[] newValues) {
        return new ChannelSamples(newBands, height, width, newValues, alpha);
    }

    /** Grey as three equal bands. */
    ChannelSamples tripled() {
        byte[] tripled = new byte[Math.multiplyExact(3, values.length)];
        for (int i = 0; i < tripled.length; i++) {
            tripled[i] = values[i / 3];
        }
        return with(3, tripled);
    }

    /** Inks as light, without a profile: what one ink leaves of the light is multiplied with what black leaves. */
    ChannelSamples unprofiledInks() {
        byte[] colours = new byte[3 * height * width];
        for (int i = 0; i < height * width; i++) {
            int white = 255 - (values[4 * i + 3] & 0xff);
            for (int band = 0; band < 3; band++) {
                colours[3 * i + band] = (byte) (white - divided255((values[4 * i + band] & 0xff) * white));
            }
        }
        return with(3, colours);
    }

    /** The picture on white paper: what a browser shows on a white page. */
    Picture onWhite() {
        byte[] pixels = new byte[values.length];
        int plane = height * width;
        for (int i = 0; i < plane; i++) {
            int share = alpha.length == 0 ? 255 : alpha[i] & 0xff;
            for (int band = 0; band < bands; band++) {
                int value = values[i * bands + band] & 0xff;
                pixels[band * plane + i] = (byte) divided255(value * share + 255 * (255 - share));
            }
        }
        return new Picture(bands, height, width, pixels);
    }

    /** Divides by 255 and rounds. */
    private static int divided255(int value) {
        return (value + 127) / 255;
    }
}
