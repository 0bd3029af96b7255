package io.kanerva.trainer.picture;

/** Turns pictures upright as their Exif orientation asks for (Exif 2.32, tag 0x0112). */
final class Orientation {
    private Orientation() {}

    /**
     * Returns the picture upright.
     *
     * @param orientation 1 to 8; any other value leaves the picture as it is
     */
    static Picture upright(Picture picture, int orientation) {
        if (orientation < 2 || orientation > 8) {
            return picture;
        }
        boolean turned = orientation >= 5;
        int height = turned ? picture.width() : picture.height();
        int width = turned ? picture.height() : picture.width();
        byte[] pixels = new byte[picture.pixels().length];
        int to = 0;
        for (int channel = 0; channel < picture.channels(); channel++) {
            for (int row = 0; row < height; row++) {
                for (int column = 0; column < width; column++) {
                    // Where the stored picture has this pixel: flipped within its rows or columns, after transposing.
                    int y = turned ? column : row;
                    int x = turned ? row : column;
                    boolean bottomFirst = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
                    boolean rightFirst = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
                    y = bottomFirst ? picture.height() - 1 - y : y;
                    x = rightFirst ? picture.width() - 1 - x : x;
                    pixels[to++] = picture.pixels()[(channel * picture.height() + y) * picture.width() + x];
                }
            }
        }
        return new Picture(picture.channels(), height, width, pixels);
    }
}
