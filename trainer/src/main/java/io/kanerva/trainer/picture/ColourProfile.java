package io.kanerva.trainer.picture;

import java.awt.color.CMMException;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.Arrays;
import java.util.Set;

/**
 * Converts samples from the colour space of an ICC profile to sRGB.
 *
 * @param profile the profile's bytes
 * @param components colour components of the space
 * @param conversion to sRGB
 * @param isSrgb whether the conversion changes nothing to speak of
 */
record ColourProfile(byte[] profile, int components, ColorConvertOp conversion, boolean isSrgb) {
    /** Profiles of sRGB differ from each other in the last digits; a picture with one of them is taken as it is. */
    private static final int SAME = 2;

    private static final int STEPS = 8;

    /** The colour spaces that a picture's samples can be in. */
    private static final Set<Integer> SPACES = Set.of(ColorSpace.TYPE_GRAY, ColorSpace.TYPE_RGB, ColorSpace.TYPE_CMYK);

    /** Making one takes longer than decoding a small picture, and all pictures of a folder tend to have the same. */
    private static final ThreadLocal<ColourProfile> LAST = new ThreadLocal<>();

    private static ColourProfile of(byte[] profile) throws Refusal {
        ColourProfile last = LAST.get();
        if (last == null || !Arrays.equals(last.profile, profile)) {
            ICC_Profile from = ICC_Profile.getInstance(profile);
            int components = from.getNumComponents();
            if (!SPACES.contains(from.getColorSpaceType())) {
                throw new Refusal("an ICC profile of grey, RGB or CMYK", "one of another colour space");
            }
            ColorConvertOp conversion =
                    new ColorConvertOp(new ICC_Profile[] {from, ICC_Profile.getInstance(ColorSpace.CS_sRGB)}, null);
            last = new ColourProfile(profile, components, conversion, components == 3 && isSame(conversion));
            LAST.set(last);
        }
        return last;
    }

    /**
     * Returns the samples as sRGB, or grey ones as grey. A profile of RGB also fits grey samples: they are equally red,
     * green and blue.
     *
     * @throws Refusal if the profile is damaged or made for another number of components
     */
    static ChannelSamples applied(byte[] bytes, ChannelSamples samples) throws Refusal {
        try {
            ColourProfile profile = of(bytes);
            int components = profile.components;
            boolean spread = components == 3 && samples.bands() == 1;
            if (components != samples.bands() && !spread) {
                throw new Refusal(
                        "an ICC profile of %d components".formatted(samples.bands()), Integer.toString(components));
            }
            if (profile.isSrgb) {
                return samples;
            }
            ChannelSamples source = spread ? samples.tripled() : samples;
            byte[] converted =
                    convert(profile.conversion, source.values(), components, source.height(), source.width());
            return samples.bands() == 1 ? samples.with(1, grey(converted)) : samples.with(3, converted);
        } catch (IllegalArgumentException | CMMException e) {
            throw new Refusal("a valid ICC profile", "a damaged one (%s)".formatted(e.getMessage()));
        }
    }

    private static boolean isSame(ColorConvertOp conversion) {
        byte[] colours = new byte[3 * STEPS * STEPS * STEPS];
        for (int i = 0; i < colours.length / 3; i++) {
            colours[3 * i] = (byte) (i % STEPS * 255 / (STEPS - 1));
            colours[3 * i + 1] = (byte) (i / STEPS % STEPS * 255 / (STEPS - 1));
            colours[3 * i + 2] = (byte) (i / STEPS / STEPS * 255 / (STEPS - 1));
        }
        byte[] converted = convert(conversion, colours, 3, 1, colours.length / 3);
        for (int i = 0; i < colours.length; i++) {
            if (Math.abs((colours[i] & 0xff) - (converted[i] & 0xff)) > SAME) {
                return false;
            }
        }
        return true;
    }

    private static byte[] convert(ColorConvertOp conversion, byte[] values, int bands, int height, int width) {
        byte[] converted = new byte[Math.multiplyExact(3, height * width)];
        conversion.filter(raster(values, bands, height, width), raster(converted, 3, height, width));
        return converted;
    }

    private static WritableRaster raster(byte[] values, int bands, int height, int width) {
        int[] offsets = new int[bands];
        for (int band = 0; band < bands; band++) {
            offsets[band] = band;
        }
        return Raster.createInterleavedRaster(
                new DataBufferByte(values, values.length), width, height, width * bands, bands, offsets, null);
    }

    private static byte[] grey(byte[] colours) {
        byte[] grey = new byte[colours.length / 3];
        for (int i = 0; i < grey.length; i++) {
            grey[i] = Picture.grey(colours[3 * i] & 0xff, colours[3 * i + 1] & 0xff, colours[3 * i + 2] & 0xff);
        }
        return grey;
    }
}
