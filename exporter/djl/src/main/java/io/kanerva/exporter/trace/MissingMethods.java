package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;

/**
 * Methods that DJL's interfaces declare and ONNX has operators for, but that DJL 0.36.0's PyTorch engine does not
 * implement. They are recorded as themselves, and formulas of the engine's other operations compute their values, so
 * ONNX Runtime's result for the operator is still compared with an independent computation.
 */
final class MissingMethods {
    /** Computes a method's result. */
    @FunctionalInterface
    private interface Formula {
        /**
         * @param self the engine's array that the method is called on
         * @param arguments its arguments, with the engine's arrays
         */
        Object compute(NDArray self, Object[] arguments);
    }

    private static final Map<String, Formula> FORMULAS = Map.of(
            // Computed from |x|, as log(x + sqrt(x^2 + 1)) loses precision for negative x.
            "asinh()",
                    (x, a) -> x.sign().mul(x.abs().add(x.square().add(1).sqrt()).log()),
            "acosh()", (x, a) -> x.add(x.square().sub(1).sqrt()).log(),
            "atanh()", (x, a) -> x.add(1).div(x.neg().add(1)).log().mul(0.5),
            "prelu(NDArray,NDArray)", (x, a) -> new NDList(prelu((NDArray) a[0], (NDArray) a[1])),
            "deconvolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,Shape,int)",
                    (x, a) -> deconvolution(
                            (NDArray) a[0],
                            (NDArray) a[1],
                            (NDArray) a[2],
                            (Shape) a[3],
                            (Shape) a[4],
                            (Shape) a[5],
                            (Shape) a[6],
                            (int) a[7]));

    private MissingMethods() {}

    static boolean contains(Method method) {
        return FORMULAS.containsKey(RecordedMethods.signature(method));
    }

    /** Computes the method's result; the receiver is the engine's array, or its NDArrayEx. */
    static Object compute(Method method, Object receiver, Object[] arguments) {
        NDArray self = receiver instanceof NDArray array ? array : null;
        return FORMULAS.get(RecordedMethods.signature(method)).compute(self, arguments);
    }

    /** max(0, x) + alpha min(0, x); alpha has one element, or one per channel (axis 1). */
    private static NDArray prelu(NDArray x, NDArray alpha) {
        NDArray slopes = alpha.size() == 1 ? alpha.reshape(1) : alpha.reshape(channels(x, alpha.size()));
        return x.maximum(0).add(x.minimum(0).mul(slopes));
    }

    private static Shape channels(NDArray x, long count) {
        long[] sizes = new long[x.getShape().dimension() - 1];
        Arrays.fill(sizes, 1);
        sizes[0] = count;
        return new Shape(sizes);
    }

    /**
     * A transposed convolution of x [N, Cin, ...] with w [Cout, Cin / groups, ...], as DJL's {@code Deconvolution}
     * describes it: x with stride - 1 zeros between its elements, convolved with the flipped kernel.
     */
    private static NDList deconvolution(
            NDArray x,
            NDArray w,
            NDArray b,
            Shape stride,
            Shape padding,
            Shape outPadding,
            Shape dilation,
            int groups) {
        int axes = stride.dimension();
        int[] spatialAxes = new int[axes];
        long[] pads = new long[2 * axes];
        NDArray spread = x;
        for (int i = 0; i < axes; i++) {
            int axis = i + 2;
            spatialAxes[i] = axis;
            spread = spread(spread, axis, stride.get(i));
            long margin = dilation.get(i) * (w.getShape().get(axis) - 1) - padding.get(i);
            if (margin < 0) {
                throw new UnsupportedOperationException(
                        "a transposed convolution with more padding than its kernel reaches is not traced");
            }
            // PyTorch pads from the last axis on.
            pads[2 * (axes - 1 - i)] = margin;
            pads[2 * (axes - 1 - i) + 1] = margin + outPadding.get(i);
        }
        long[] ones = new long[axes];
        Arrays.fill(ones, 1);
        return x.getNDArrayInternal()
                .convolution(
                        spread.pad(new Shape(pads), 0),
                        w.flip(spatialAxes),
                        b,
                        new Shape(ones),
                        new Shape(new long[axes]),
                        dilation,
                        groups);
    }

    /** The array with stride - 1 zeros between its elements along an axis. */
    private static NDArray spread(NDArray x, int axis, long stride) {
        if (stride == 1) {
            return x;
        }
        NDManager manager = x.getManager();
        long size = x.getShape().get(axis);
        NDArray elements = x.expandDims(axis + 1);
        Shape gaps = Shape.update(elements.getShape(), axis + 1, stride - 1);
        NDArray pairs = NDArrays.concat(new NDList(elements, manager.zeros(gaps, x.getDataType())), axis + 1);
        NDArray joined = pairs.reshape(Shape.update(x.getShape(), axis, size * stride));
        return joined.split(new long[] {(size - 1) * stride + 1}, axis).get(0);
    }
}
