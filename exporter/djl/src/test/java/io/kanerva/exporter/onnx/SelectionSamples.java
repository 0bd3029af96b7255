package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.MethodSamples.changed;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.trace.InputSpec;
import java.nio.FloatBuffer;
import java.util.Map;

/**
 * A call of each exported method of {@code NDArray} that selects or assigns elements, or transforms them as a whole.
 */
final class SelectionSamples extends NDArraySamples {
    private SelectionSamples() {
        selections();
        assignments();
        transforms();
    }

    static Map<String, Sample> all() {
        return new SelectionSamples().samples;
    }

    private void selections() {
        InputSpec ids = input("i", DataType.INT64, "B", 3);
        put("get(long[])", x -> x.get(0));
        put("get(NDManager,long[])", x -> x.get(x.getManager(), 0));
        put("get(NDIndex)", x -> x.get(new NDIndex("..., 2:5")));
        put("get(NDManager,NDIndex)", x -> x.get(x.getManager(), new NDIndex(":, -1")));
        put("get(String,Object[])", x -> x.get(":, {}:, 1", 1));
        put("get(NDArray)", x -> x.get(x.get(":, 0, 0").gt(0)));
        put("getScalar(long[])", input("x", "B", 6), x -> x.getScalar(0, 4));
        pair("gather(NDArray,int)", input("x", "B", 4), ids, (x, i) -> x.gather(i, 1));
        pair("gatherNd(NDArray)", input("x", 4, 5, "B"), input("i", DataType.INT64, 2, 7), NDArray::gatherNd);
        pair("take(NDArray)", volume, ids, (x, i) -> x.take(i));
        pair("take(NDManager,NDArray)", volume, ids, (x, i) -> x.take(x.getManager(), i));
        pair(
                "put(NDArray,NDArray)",
                volume,
                input("v", 2),
                (x, v) -> x.put(x.getManager().create(new long[] {4, 1}), v));
        pair(
                "scatter(NDArray,NDArray,int)",
                input("x", "B", 4),
                input("v", "B", 5),
                (x, v) -> x.scatter(x.argSort(1).get(":, 0:2"), v, 1));
        put("booleanMask(NDArray)", x -> x.booleanMask(x.gt(0)));
        put("booleanMask(NDArray,int)", x -> x.booleanMask(x.get(0).gt(0), 1).sum());
        put("nonzero()", x -> x.round().nonzero());
        put("oneHot(int)", input("x", DataType.INT64, "B", 3), x -> x.oneHot(3));
        put("oneHot(int,DataType)", input("x", DataType.INT64, "B", 3), x -> x.oneHot(3, DataType.INT32));
    }

    private void assignments() {
        put("set(NDIndex,Number)", x -> changed(x, y -> y.set(new NDIndex(":, 0, 1:3"), 7)));
        put("set(NDIndex,NDArray)", x -> changed(x, y -> y.set(new NDIndex(":, 0, 1:3"), x.get(":, -1, 0:2"))));
        put("set(NDIndex,Function)", x -> changed(x, y -> y.set(new NDIndex("..., 2"), part -> part.mul(2))));
        put("set(NDArray,Number)", x -> changed(x, y -> y.set(x.gt(0.5), 3)));
        put("setScalar(NDIndex,Number)", input("x", "B", 6), x -> changed(x, y -> y.setScalar(new NDIndex(0, 3), 7)));
        put(
                "set(Buffer)",
                x -> x.add(changed(
                        x.getManager().zeros(new Shape(6)),
                        y -> y.set(FloatBuffer.wrap(new float[] {1, 2, 3, 4, 5, 6})))));
        put(
                "set(float[])",
                x -> x.add(changed(x.getManager().zeros(new Shape(2, 1, 1)), y -> y.set(new float[] {1, 2}))
                        .sum()));
        put(
                "set(double[])",
                x -> x.mul(
                        changed(x.getManager().zeros(new Shape(1), DataType.FLOAT64), y -> y.set(new double[] {3}))));
        put(
                "set(int[])",
                x -> x.mul(changed(x.getManager().zeros(new Shape(1), DataType.INT32), y -> y.set(new int[] {3}))));
        put(
                "set(long[])",
                x -> x.mul(changed(x.getManager().zeros(new Shape(1), DataType.INT64), y -> y.set(new long[] {3}))));
        put(
                "set(byte[])",
                x -> x.mul(changed(x.getManager().zeros(new Shape(1), DataType.INT8), y -> y.set(new byte[] {3}))));
        put("copyTo(NDArray)", x -> {
            NDArray target = x.getManager().create(x.getShape());
            x.exp().copyTo(target);
            return target.add(x);
        });
        put("intern(NDArray)", x -> changed(x, y -> y.intern(x.mul(3))));
    }

    private void transforms() {
        put("fft(long)", x -> x.fft(8).real());
        put("fft(long,long)", x -> x.fft(5, -1).abs().sum().add(x.fft(8, 2).abs()));
        put("ifft(long)", x -> x.fft(8).ifft(8).real());
        put("ifft(long,long)", x -> x.ifft(8, 2).abs());
        put("rfft(long)", x -> x.rfft(8).real());
        put("rfft(long,long)", square, x -> x.rfft(4, 1).real());
        put("irfft(long)", x -> x.rfft(6).irfft(6));
        put("irfft(long,long)", square, x -> x.rfft(6, 1).irfft(5, 1));
        put("fft2(long[])", square, x -> x.fft2(new long[] {8, 6}).real());
        put(
                "fft2(long[],long[])",
                square,
                x -> x.fft2(new long[] {6, 4}, new long[] {1, 2}).real());
        put(
                "ifft2(long[])",
                square,
                x -> x.fft2(new long[] {8, 6}).ifft2(new long[] {6, 8}).real());
        put(
                "ifft2(long[],long[])",
                square,
                x -> x.ifft2(new long[] {8, 6}, new long[] {2, 1}).real());
        InputSpec signal = input("x", "B", 64);
        put(
                "stft(long,long,boolean,NDArray,boolean)",
                signal,
                x -> x.stft(16, 4, true, x.getManager().hanningWindow(16), true).real());
        put(
                "stft(long,long,boolean,NDArray,boolean,boolean)",
                signal,
                x -> x.stft(16, 8, false, x.getManager().hanningWindow(16), false, true)
                        .real());
        put("real()", x -> x.fft(6).real());
        put("complex()", x -> x.reshape(-1, 3, 2).complex().abs());
        put("conj()", x -> x.fft(6).conj().real());
    }
}
