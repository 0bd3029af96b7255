package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The anchor boxes of a feature map (N, C, H, W), as DJL's PyTorch engine computes them in Java: at each place one box
 * for each size in the first ratio, then one of the first size in each other ratio. The engine has room for two boxes
 * per size; what is left at the end is zeros.
 */
final class AnchorBoxes {
    private AnchorBoxes() {}

    /** Boxes [1, 2 H W S, 4] (left, top, right, bottom) for S sizes. */
    static NDList of(NDArray map, List<Float> sizes, List<Float> ratios, List<Float> steps, List<Float> offsets) {
        NDManager manager = map.getManager();
        long height = map.getShape().get(2);
        long width = map.getShape().get(3);
        List<Float> widths = new ArrayList<>();
        List<Float> heights = new ArrayList<>();
        for (int i = 0; i < sizes.size() + ratios.size() - 1; i++) {
            float size = i < sizes.size() ? sizes.get(i) : sizes.get(0);
            float ratio = (float) Math.sqrt(ratios.get(Math.max(0, i - sizes.size() + 1)));
            widths.add(size * ratio / 2);
            heights.add(size / ratio / 2);
        }
        int boxes = widths.size();
        boolean isRelative = steps.get(0) <= 0 || steps.get(1) <= 0;
        NDArray rows = manager.arange(0, height, 1).add(offsets.get(0));
        NDArray columns = manager.arange(0, width, 1).add(offsets.get(1));
        Shape all = new Shape(height, width, boxes);
        NDArray y = (isRelative ? rows.div(height) : rows.mul(steps.get(0)))
                .reshape(-1, 1, 1)
                .broadcast(all);
        NDArray x = (isRelative ? columns.div(width) : columns.mul(steps.get(1)))
                .reshape(1, -1, 1)
                .broadcast(all);
        NDArray halfWidth = array(manager, widths).mul(height).div(width);
        NDArray halfHeight = array(manager, heights);
        NDArray corners =
                NDArrays.stack(new NDList(x.sub(halfWidth), y.sub(halfHeight), x.add(halfWidth), y.add(halfHeight)), 3);
        NDArray result = corners.reshape(1, -1, 4);
        int unused = 2 * sizes.size() - boxes;
        return new NDList(
                unused == 0 ? result : result.concat(manager.zeros(new Shape(1, height * width * unused, 4)), 1));
    }

    private static NDArray array(NDManager manager, List<Float> numbers) {
        float[] values = new float[numbers.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = numbers.get(i);
        }
        return manager.create(values);
    }
}
