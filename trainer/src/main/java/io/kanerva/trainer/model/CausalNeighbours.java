package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;

/**
 * The pixels that come before a pixel in reading order and lie near it. With 4: left, and the three above. With 12: two to the
 * left, and five above in each of two rows.
 */
final class CausalNeighbours {
    private static final int[][] FOUR = {{0, -1}, {-1, -1}, {-1, 0}, {-1, 1}};
    private static final int[][] TWELVE = {{0, -1}, {-1, -1}, {-1, 0}, {-1, 1}, {0, -2}, {-1, -2}, {-1, 2}, {-2, -2}, {-2, -1}, {-2, 0}, {-2, 1}, {-2, 2}};
    /** How far a neighbour may lie away. */
    private static final int REACH = 2;

    private CausalNeighbours() {}

    /** Whether so many neighbours can be had: 0, 4 or 12. */
    static boolean exist(int count) {
        return count == 0 || count == FOUR.length || count == TWELVE.length;
    }

    /** Where they lie: (rows, columns) from the pixel. */
    static int[][] offsets(int count) {
        return count == FOUR.length ? FOUR : TWELVE;
    }

    /**
     * What each pixel's neighbours hold; zero outside of the image.
     *
     * @param maps [N, C, H, W]
     * @return [N, neighbours x C, H, W], neighbour by neighbour
     */
    static NDArray of(NDArray maps, int count) {
        Shape s = maps.getShape();
        long height = s.get(2);
        long width = s.get(3);
        NDArray above = maps.getManager().zeros(new Shape(s.get(0), s.get(1), REACH, width));
        NDArray tall = above.concat(maps, 2);
        NDArray beside = maps.getManager().zeros(new Shape(s.get(0), s.get(1), height + REACH, REACH));
        NDArray padded = NDArrays.concat(new NDList(beside, tall, beside), 3);
        NDList shifted = new NDList();
        for (int[] offset : offsets(count)) {
            long top = REACH + offset[0];
            long left = REACH + offset[1];
            shifted.add(padded.get(":, :, {}:{}, {}:{}", top, top + height, left, left + width));
        }
        return NDArrays.concat(shifted, 1);
    }
}
