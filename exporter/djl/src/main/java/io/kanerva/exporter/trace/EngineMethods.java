package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Methods that are not recorded as themselves. Those that DJL's engine composes of several operations, or declares but
 * does not implement, are expressed here by recorded ones; results that depend on shapes alone become constants.
 */
final class EngineMethods {
    /** Remark on methods that the export supports but the engine does not. */
    static final String MISSING = "DJL 0.36.0's PyTorch engine itself does not implement it";

    /** Computes a method by other methods. */
    @FunctionalInterface
    private interface Rewriting {
        Object call(Recorder recorder, NDArray self, Method method, Object[] arguments) throws Throwable;
    }

    /** A rewriting, and its description. */
    private record Entry(String remark, Rewriting rewriting) {}

    private static final Map<String, Entry> ENTRIES = Map.ofEntries(
            Map.entry(
                    "resize(int,int,int)",
                    new Entry(
                            "through transpose and interpolation",
                            (r, x, m, a) -> resize(r, x, (int) a[0], (int) a[1], (int) a[2]))),
            Map.entry(
                    "multiBoxPrior(List,List,List,List,boolean)",
                    new Entry(
                            "through arange, div, sub, add, broadcast, stack and reshape; a constant for fixed sizes",
                            (r, x, m, a) -> multiBoxPrior(x, a))),
            missing(
                    "trace(int,int,int)",
                    "diagonal and sum",
                    (r, x, m, a) ->
                            x.diagonal((int) a[0], (int) a[1], (int) a[2]).sum(new int[] {-1})),
            missing("batchDot(NDArray)", "batchMatMul", (r, x, m, a) -> x.batchMatMul((NDArray) a[0])),
            missing("sequenceMask(NDArray)", "arange and where", (r, x, m, a) -> sequenceMask(x, (NDArray) a[0], 0)),
            missing(
                    "sequenceMask(NDArray,float)",
                    "arange and where",
                    (r, x, m, a) -> sequenceMask(x, (NDArray) a[0], (float) a[1])),
            missing(
                    "oneHot(int,float,float,DataType)",
                    "oneHot(int,DataType), mul and add",
                    (r, x, m, a) -> oneHot(x, (int) a[0], (float) a[1], (float) a[2], (DataType) a[3])),
            missing("tile(int,long)", "tile(long[])", (r, x, m, a) -> x.tile(repeats(x, (int) a[0], (long) a[1]))),
            missing(
                    "rdivi(NDArray)",
                    "rdiv and a new version of the array",
                    (r, x, m, a) -> assign(r, x, x.getNDArrayInternal().rdiv((NDArray) a[0]), m)),
            missing(
                    "rmodi(NDArray)",
                    "rmod and a new version of the array",
                    (r, x, m, a) -> assign(r, x, x.getNDArrayInternal().rmod((NDArray) a[0]), m)),
            missing(
                    "rpowi(Number)",
                    "rpow and a new version of the array",
                    (r, x, m, a) -> assign(r, x, x.getNDArrayInternal().rpow((Number) a[0]), m)));

    private EngineMethods() {}

    private static Map.Entry<String, Entry> missing(String signature, String others, Rewriting rewriting) {
        return Map.entry(signature, new Entry("through " + others + "; " + MISSING, rewriting));
    }

    static boolean contains(Method method) {
        return ENTRIES.containsKey(RecordedMethods.signature(method));
    }

    /** The description of a method's rewriting. */
    static String remark(Method method) {
        return ENTRIES.get(RecordedMethods.signature(method)).remark();
    }

    static Object call(Recorder recorder, NDArray self, Method method, Object[] arguments) throws Throwable {
        return ENTRIES.get(RecordedMethods.signature(method)).rewriting().call(recorder, self, method, arguments);
    }

    /**
     * Resizes images with the channels last, (H, W, C) or (N, H, W, C). The engine cuts off what interpolation adds to
     * integers: where the result is nearly an integer, the last bit of a float decides.
     */
    private static NDArray resize(Recorder recorder, NDArray images, int width, int height, int interpolation) {
        if (interpolation != 0 && !images.getDataType().isFloating()) {
            String kind = images.getDataType() + " array by interpolation " + interpolation;
            recorder.problem("resize of a " + kind + " cannot be exported: it truncates float32 sums, whose last bit "
                    + "differs between runtimes, so that elements would be off by one; resize toType(FLOAT32, false), "
                    + "or call interpolation on uint8");
        }
        boolean isSingle = images.getShape().dimension() == 3;
        NDArray floats = images.toType(DataType.FLOAT32, false);
        NDArray batch = isSingle ? floats.expandDims(0) : floats;
        NDArray resized = batch.transpose(0, 3, 1, 2)
                .getNDArrayInternal()
                .interpolation(new long[] {height, width}, interpolation, false)
                .transpose(0, 2, 3, 1);
        return (isSingle ? resized.squeeze(0) : resized).toType(images.getDataType(), false);
    }

    /** Anchor boxes of a feature map, which depend on its height and width only. */
    @SuppressWarnings("unchecked")
    private static NDList multiBoxPrior(NDArray self, Object[] a) {
        List<Float> sizes = (List<Float>) a[0];
        List<Float> ratios = (List<Float>) a[1];
        if (sizes.isEmpty() || ratios.isEmpty() || ratios.size() - 1 > sizes.size()) {
            throw new UnsupportedOperationException(
                    "multiBoxPrior takes at most as many further ratios as sizes, found " + sizes + " and " + ratios);
        }
        return AnchorBoxes.of(self, sizes, ratios, (List<Float>) a[2], (List<Float>) a[3]);
    }

    /** x [B, T, ...], with the elements of row b from position lengths[b] on replaced by a value. */
    private static NDArray sequenceMask(NDArray x, NDArray lengths, float value) {
        Shape shape = x.getShape();
        long[] ones = new long[shape.dimension()];
        Arrays.fill(ones, 1);
        NDArray positions = x.getManager()
                .arange(0, shape.get(1), 1, DataType.FLOAT32)
                .reshape(Shape.update(new Shape(ones), 1, shape.get(1)));
        NDArray ends = lengths.toType(DataType.FLOAT32, false).reshape(Shape.update(new Shape(ones), 0, shape.get(0)));
        NDArray isInside = positions.lt(ends).broadcast(shape);
        return x.getNDArrayInternal().where(isInside, x.zerosLike().add(value));
    }

    private static NDArray oneHot(NDArray positions, int depth, float on, float off, DataType type) {
        NDArray ones = positions.oneHot(depth, DataType.FLOAT32);
        return ones.mul(on).add(ones.neg().add(1).mul(off)).toType(type, false);
    }

    /** Repeats for every axis; an axis beyond the last one extends the rank. */
    private static long[] repeats(NDArray x, int axis, long times) {
        int rank = x.getShape().dimension();
        int counted = axis < 0 ? axis + rank : axis;
        long[] repeats = new long[Math.max(rank, counted + 1)];
        Arrays.fill(repeats, 1);
        repeats[counted] = times;
        return repeats;
    }

    private static NDArray assign(Recorder recorder, NDArray self, NDArray result, Method method) {
        ((TracedArray) self)
                .memory()
                .get()
                .change(recorder.valueOf(result.toType(self.getDataType(), false)), method.getName());
        return self;
    }
}
