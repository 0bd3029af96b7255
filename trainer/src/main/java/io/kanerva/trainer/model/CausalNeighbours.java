package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The pixels that come before a pixel in reading order and lie within a reach of r rows and columns: 2 r (r + 1) of
 * them. The nearer ones come first: those of reach 1 are left and the three above, then follow those at a distance of
 * 2, and so on; of the same distance, first those beside, row by row upwards, and last the farthest row from left to
 * right.
 */
final class CausalNeighbours {
    private static final int FARTHEST = 3;

    private CausalNeighbours() {}

    /** Whether so many neighbours can be had: 0, 4, 12 or 24. */
    static boolean exist(int count) {
        int reach = reach(count);
        return reach <= FARTHEST && count == 2 * reach * (reach + 1);
    }

    /** How far the farthest of so many neighbours lies away, rows or columns. */
    static int reach(int count) {
        return (int) Math.sqrt(count / 2.0);
    }

    /** Where they lie: (rows, columns) from the pixel. */
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

    /** Zeros around maps [N, C, H, W], as far as neighbours reach: [N, C, H + reach, W + 2 reach], none below. */
    static NDArray padded(NDArray maps, int count) {
        Shape s = maps.getShape();
        int reach = reach(count);
        NDArray above = maps.getManager().zeros(new Shape(s.get(0), s.get(1), reach, s.get(3)));
        NDArray tall = above.concat(maps, 2);
        NDArray beside = maps.getManager().zeros(new Shape(s.get(0), s.get(1), s.get(2) + reach, reach));
        return NDArrays.concat(new NDList(beside, tall, beside), 3);
    }

    /**
     * What each pixel's neighbours hold; zero outside of the image.
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
}
