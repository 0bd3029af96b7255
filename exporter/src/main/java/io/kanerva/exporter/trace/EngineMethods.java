package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Methods of {@code NDArrayEx} that are not recorded as themselves: what DJL's engine writes with several operations on arrays
 * is written here with recorded ones, and what depends on shapes alone becomes a constant.
 */
final class EngineMethods {
    private static final Set<String> SIGNATURES = Set.of("resize(int,int,int)", "multiBoxPrior(List,List,List,List,boolean)");

    private EngineMethods() {
    }

    static boolean knows(Method method) {
        return SIGNATURES.contains(RecordedMethods.signature(method));
    }

    /** How a method is written, in words. */
    static String remark(Method method) {
        return method.getName().equals("resize") ? "through transpose and interpolation"
                : "a constant, as it depends on fixed shapes and numbers only";
    }

    static Object call(Recorder recorder, NDArray self, Method method, Object[] arguments) throws Throwable {
        return method.getName().equals("resize") ? resize(self, (int) arguments[0], (int) arguments[1], (int) arguments[2])
                : multiBoxPrior(recorder, self, method, arguments);
    }

    /** Resizes images with the channels last, (H, W, C) or (N, H, W, C). */
    private static NDArray resize(NDArray images, int width, int height, int interpolation) {
        boolean isSingle = images.getShape().dimension() == 3;
        NDArray floats = images.toType(DataType.FLOAT32, false);
        NDArray batch = isSingle ? floats.expandDims(0) : floats;
        NDArray resized = batch.transpose(0, 3, 1, 2).getNDArrayInternal()
                .interpolation(new long[] {height, width}, interpolation, false).transpose(0, 2, 3, 1);
        return (isSingle ? resized.squeeze(0) : resized).toType(images.getDataType(), false);
    }

    /** Anchor boxes of a feature map: they depend on its height and width only, which must therefore be fixed. */
    private static NDList multiBoxPrior(Recorder recorder, NDArray self, Method method, Object[] arguments) throws Throwable {
        Object[] copied = arguments.clone();
        // The engine writes the steps that it computes into the block's own list.
        copied[2] = new ArrayList<>((List<?>) arguments[2]);
        NDList boxes = (NDList) Recorder.call(method, recorder.valueOf(self).array().getNDArrayInternal(), copied);
        return new NDList(boxes.stream().map(recorder::constant).toList());
    }
}
