package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The pixels that precede a pixel in reading order within a reach of r rows and columns: 2 r (r + 1) of them. Nearer
 * ones come first: those of reach 1 are left and the three above, then those at distance 2, and so on. At the same
 * distance, the columns on either side come first, row by row upwards, then the farthest row from left to right.
 */
final class CausalNeighbours {
    private static final int FARTHEST = 3;

    private CausalNeighbours() {}

    /** Whether the count is valid: 0, 4, 12 or 24. */
    static boolean exist(int count) {
        int reach = reach(count);
        return reach <= FARTHEST && count == 2 * reach * (reach + 1);
    }

    /** Distance of the farthest neighbour, in rows or columns. */
    static int reach(int count) {
        return (int) Math.sqrt(count / 2.0);
    }

    /** Offsets (rows, columns) from the pixel. */
    static int[][] offsets(int count) {
        List<int[]> offsets = new ArrayList<>();
        for (int distance = 1; distance <= reach(count); distance++) {
            offsets.add(new int[] {0, -distance});
            for (int row = -1; row > -distance; row--) {
                offsets.add(new int[] {row, -distance});
                offsets.add(new int[] {row, distance});
            }
            for (int column = -distance; column <= distance; column++) {
                offsets.add(new int[] {-distance, column});
            }
        }
        return offsets.toArray(int[][]::new);
    }

    /** Pads maps [N, C, H, W] with zeros as far as the neighbours reach: [N, C, H + reach, W + 2 reach], none below. */
    static NDArray padded(NDArray maps, int count) {
        Shape s = maps.getShape();
        int reach = reach(count);
        NDArray above = maps.getManager().zeros(new Shape(s.get(0), s.get(1), reach, s.get(3)));
        NDArray tall = above.concat(maps, 2);
        NDArray beside = maps.getManager().zeros(new Shape(s.get(0), s.get(1), s.get(2) + reach, reach));
        return NDArrays.concat(new NDList(beside, tall, beside), 3);
    }

    /**
     * The values of each pixel's neighbours; zero outside the image.
     *
     * @param maps [N, C, H, W]
     * @return [N, neighbours x C, H, W], neighbour by neighbour
     */
    static NDArray of(NDArray maps, int count) {
        long height = maps.getShape().get(2);
        long width = maps.getShape().get(3);
        int reach = reach(count);
        NDArray padded = padded(maps, count);
        NDList shifted = new NDList();
        for (int[] offset : offsets(count)) {
            long top = reach + offset[0];
            long left = reach + offset[1];
            shifted.add(padded.get(":, :, {}:{}, {}:{}", top, top + height, left, left + width));
        }
        return NDArrays.concat(shifted, 1);
    }

    /** Patches that the reach covers, upwards and to each side. */
    static int patchesAway(int count, int patch) {
        return (reach(count) + patch - 1) / patch;
    }

    /**
     * Banks of coefficients as the kernel of a convolution whose pixels are patches, [banks, channels p p, channels p
     * p, 1 + away, 1 + 2 away]: for each value the index of its coefficient in [channels, neighbours, channels, p, p,
     * banks], or in the row of zeros that follows if it has none.
     */
    static long[] kernelIndex(int count, int channels, int patch, int banks) {
        int patchArea = patch * patch;
        int away = patchesAway(count, patch);
        int height = 1 + away;
        int width = 1 + 2 * away;
        int[][] offsets = offsets(count);
        int all = channels * offsets.length * channels * patchArea;
        long[] index = new long[banks * channels * patchArea * channels * patchArea * height * width];
        for (int i = 0; i < index.length; i++) {
            int bank = i / (index.length / banks);
            index[i] = (long) all * banks + bank;
        }
        for (int coefficient = 0; coefficient < all; coefficient++) {
            int pixel = coefficient % patchArea;
            int other = coefficient / patchArea % channels;
            int neighbour = coefficient / patchArea / channels % offsets.length;
            int channel = coefficient / patchArea / channels / offsets.length;
            // Counted from the first pixel of the patches that a kernel sees.
            int row = away * patch + pixel / patch + offsets[neighbour][0];
            int column = away * patch + pixel % patch + offsets[neighbour][1];
            int input = (other * patch + row % patch) * patch + column % patch;
            for (int bank = 0; bank < banks; bank++) {
                int filter = (bank * channels + channel) * patchArea + pixel;
                index[((filter * channels * patchArea + input) * height + row / patch) * width + column / patch] =
                        (long) coefficient * banks + bank;
            }
        }
        return index;
    }
}
