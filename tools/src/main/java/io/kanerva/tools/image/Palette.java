package io.kanerva.tools.image;

/** Maps values to colours. */
public enum Palette {
    /** From near black at 0 to paper white at 1. */
    INK(0x14181d, 0xf6f2e9),
    /** For signed values scaled to [0, 1] with zero at 0.5: blue, near black, orange. */
    SIGNED(0x7cc7ff, 0x2a6fb0, 0x14181d, 0xc2571a, 0xffc07a),
    /** For non-negative values scaled to [0, 1]: near black, purple, orange, pale yellow. */
    HEAT(0x14181d, 0x4b2070, 0xb0355f, 0xf0803c, 0xfdf2b0);

    private final int[] stops;

    Palette(int... stops) {
        this.stops = stops;
    }

    /** Returns the opaque colour 0xAARRGGBB of a value, clamped to [0, 1]; NaN counts as 1. */
    public int argb(float value) {
        float clamped = value >= 0 ? Math.min(value, 1) : value < 0 ? 0 : 1;
        float place = clamped * (stops.length - 1);
        int low = Math.min((int) place, stops.length - 2);
        float part = place - low;
        int colour = 0xff;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = stops[low] >> shift & 0xff;
            int to = stops[low + 1] >> shift & 0xff;
            colour = colour << 8 | Math.round(from + (to - from) * part);
        }
        return colour;
    }
}
