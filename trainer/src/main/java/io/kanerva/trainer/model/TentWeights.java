package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;

/**
 * Bilinear sampling of an axis-aligned window as two matrix products: M^ = A_row M A_col^T, where row j of A holds the
 * tent weights max(0, 1 - |u_j - i|) of sample j at pixel coordinate u_j. Reading is {@link #read}; writing,
 * {@link #place}, is its adjoint.
 */
public final class TentWeights {

    private TentWeights() {}

    /**
     * One axis's weights: [B, N] centres and half extents to [B, N, samples, size].
     *
     * @param samples samples in a window along this axis
     * @param size pixels of the memory along this axis
     */
    static NDArray matrix(NDArray centre, NDArray half, int samples, int size) {
        NDManager manager = centre.getManager();
        float[] offsets = new float[samples];
        for (int j = 0; j < samples; j++) {
            offsets[j] = (2 * j + 1 - samples) / (float) samples;
        }
        float[] pixels = new float[size];
        for (int i = 0; i < size; i++) {
            pixels[i] = i;
        }
        NDArray positions =
                centre.expandDims(2).add(half.expandDims(2).mul(manager.create(offsets, new Shape(1, 1, samples))));
        // u = ((g + 1) size - 1) / 2, in the order of GridSample, so that both round alike.
        NDArray coordinates = Constant.scale(
                        Constant.scale(positions.add(1f), size).sub(1f), 0.5)
                .expandDims(3);
        return Activation.relu(coordinates
                .sub(manager.create(pixels, new Shape(1, 1, 1, size)))
                .abs()
                .neg()
                .add(1f));
    }

    /** The read; see {@link WindowReader#read}. */
    public static NDArray read(NDArray memory, Windows windows, int blockHeight, int blockWidth) {
        Shape shape = memory.getShape();
        long b = shape.get(0);
        long c = shape.get(1);
        long height = shape.get(2);
        long width = shape.get(3);
        long n = windows.centreX().getShape().get(1);
        NDArray rows = matrix(windows.centreY(), windows.halfY(), blockHeight, (int) height)
                .reshape(b, n * blockHeight, height);
        NDArray columns = matrix(windows.centreX(), windows.halfX(), blockWidth, (int) width)
                .transpose(0, 1, 3, 2);
        // Rows of all windows at once: the memory is not copied for each window.
        NDArray strips = rows.matMul(memory.transpose(0, 2, 1, 3).reshape(b, height, c * width));
        return strips.reshape(b, n, blockHeight * c, width)
                .matMul(columns)
                .reshape(b, n, blockHeight, c, blockWidth)
                .transpose(0, 1, 3, 2, 4);
    }

    /**
     * The write: adds N blocks into an empty memory, each spread over its window by the adjoint of the read.
     *
     * @param blocks [B, N, C, h, w]
     * @param rows their {@link #matrix} down: [B, H, N h], or [1, H, N h] for the same windows in all memories
     * @param columns that across: [B, N, w, W], or [1, N, w, W]
     * @return [B, C, H, W]
     */
    static NDArray place(NDArray blocks, NDArray rows, NDArray columns) {
        Shape shape = blocks.getShape();
        long b = shape.get(0);
        long n = shape.get(1);
        long c = shape.get(2);
        long h = shape.get(3);
        long w = shape.get(4);
        long memoryHeight = rows.getShape().get(1);
        long memoryWidth = columns.getShape().get(3);
        NDArray strips = blocks.transpose(0, 1, 3, 2, 4).reshape(b, n, h * c, w).matMul(columns);
        return rows.matMul(strips.reshape(b, n * h, c * memoryWidth))
                .reshape(b, memoryHeight, c, memoryWidth)
                .transpose(0, 2, 1, 3);
    }
}
