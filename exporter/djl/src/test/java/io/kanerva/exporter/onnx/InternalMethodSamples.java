package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.recurrent.RNN;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.trace.InputSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A call of each method of {@code NDArrayEx} that is exported. */
final class InternalMethodSamples {
    private static final Shape TWO = new Shape(2, 2);
    private static final Shape NONE = new Shape(0, 0);

    private final Map<String, Sample> samples = new TreeMap<>();
    private final InputSpec matrix = input("x", "B", 6);
    private final InputSpec image = input("x", "B", 4, 8, 8);

    private InternalMethodSamples() {
        reversed();
        activations();
        images();
        layers();
        recurrent();
    }

    static Map<String, Sample> all() {
        return new InternalMethodSamples().samples;
    }

    private void put(String signature, InputSpec input, UnaryOperator<NDArray> call) {
        samples.put("NDArrayEx." + signature, new Sample(List.of(input), list -> call.apply(list.get(0))));
    }

    private void put(String signature, Function<NDArrayEx, NDArray> call) {
        put(signature, matrix, x -> call.apply(x.getNDArrayInternal()));
    }

    private void onImage(String signature, Function<NDArrayEx, NDArray> call) {
        put(signature, image, x -> call.apply(x.getNDArrayInternal()));
    }

    private static NDArray positive(NDArray x) {
        return x.abs().add(0.5);
    }

    private void reversed() {
        put("rsub(Number)", x -> x.rsub(2));
        put("rsub(NDArray)", matrix, x -> x.getNDArrayInternal().rsub(x.exp()));
        put("rsubi(Number)", matrix, x -> x.add(0).getNDArrayInternal().rsubi(2));
        put("rsubi(NDArray)", matrix, x -> x.add(0).getNDArrayInternal().rsubi(x.exp()));
        put("rdiv(Number)", matrix, x -> positive(x).getNDArrayInternal().rdiv(2));
        put("rdiv(NDArray)", matrix, x -> positive(x).getNDArrayInternal().rdiv(x));
        put("rmod(Number)", matrix, x -> positive(x).getNDArrayInternal().rmod(2));
        put("rmod(NDArray)", matrix, x -> positive(x).getNDArrayInternal().rmod(x));
        put("rdivi(Number)", matrix, x -> positive(x).getNDArrayInternal().rdivi(2));
        put(
                "rdivi(NDArray)",
                matrix,
                x -> MethodSamples.changed(
                        positive(x), y -> y.getNDArrayInternal().rdivi(x)));
        put("rmodi(Number)", matrix, x -> positive(x).getNDArrayInternal().rmodi(2));
        put(
                "rmodi(NDArray)",
                matrix,
                x -> MethodSamples.changed(
                        positive(x), y -> y.getNDArrayInternal().rmodi(x)));
        put(
                "rpowi(Number)",
                matrix,
                x -> MethodSamples.changed(x, y -> y.getNDArrayInternal().rpowi(2)));
        put("rpow(Number)", x -> x.rpow(2));
    }

    private void activations() {
        put("relu()", NDArrayEx::relu);
        put("sigmoid()", NDArrayEx::sigmoid);
        put("tanh()", NDArrayEx::tanh);
        put("softPlus()", NDArrayEx::softPlus);
        put("softSign()", NDArrayEx::softSign);
        put("leakyRelu(float)", x -> x.leakyRelu(0.2f));
        put("elu(float)", x -> x.elu(1.3f));
        put("selu()", NDArrayEx::selu);
        put("gelu()", NDArrayEx::gelu);
        put("swish(float)", x -> x.swish(1.5f));
        put("mish()", NDArrayEx::mish);
        put("getArray()", NDArrayEx::getArray);
        put("where(NDArray,NDArray)", matrix, x -> x.getNDArrayInternal().where(x.gt(0), x.exp()));
        put("stack(NDList)", matrix, x -> x.getNDArrayInternal().stack(new NDList(x.exp(), x)));
        put("stack(NDList,int)", matrix, x -> x.getNDArrayInternal().stack(new NDList(x.exp()), 1));
        put("concat(NDList)", matrix, x -> x.getNDArrayInternal().concat(new NDList(x.exp(), x)));
        put("concat(NDList,int)", matrix, x -> x.getNDArrayInternal().concat(new NDList(x.exp()), 1));
    }

    private void images() {
        onImage("maxPool(Shape,Shape,Shape,boolean)", x -> x.maxPool(new Shape(3, 3), TWO, new Shape(1, 1), true));
        onImage("avgPool(Shape,Shape,Shape,boolean,boolean)", x -> x.avgPool(TWO, TWO, NONE, false, true));
        onImage("globalMaxPool()", NDArrayEx::globalMaxPool);
        onImage("globalAvgPool()", NDArrayEx::globalAvgPool);
        onImage(
                "lpPool(float,Shape,Shape,Shape,boolean)",
                x -> x.lpPool(2, TWO, TWO, NONE, false)
                        .add(x.getArray().abs().getNDArrayInternal().lpPool(3, TWO, TWO, NONE, false)));
        onImage(
                "globalLpPool(float)",
                x -> x.globalLpPool(2)
                        .add(x.getArray().abs().getNDArrayInternal().globalLpPool(1)));
        onImage(
                "interpolation(long[],int,boolean)",
                x -> x.interpolation(new long[] {3, 12}, 2, false)
                        .sum()
                        .add(x.interpolation(new long[] {16, 16}, 1, false)));
        put(
                "resize(int,int,int)",
                input("x", "B", 5, 7, 3),
                x -> x.getNDArrayInternal().resize(14, 10, 0));
        put(
                "crop(int,int,int,int)",
                input("x", "B", 9, 9, 3),
                x -> x.getNDArrayInternal().crop(1, 2, 4, 5));
        put(
                "normalize(float[],float[])",
                input("x", "B", 3, 4, 4),
                x -> x.getNDArrayInternal().normalize(new float[] {1, 2, 3}, new float[] {4, 5, 6}));
        put(
                "toTensor()",
                input("x", DataType.UINT8, "B", 5, 7, 3),
                x -> x.getNDArrayInternal().toTensor());
        put("multiBoxDetection(NDList,boolean,float,int,float,boolean,int)", input("x", 1, 11, "A"), x -> {
            NDArray offsets = x.get(":, 3:7").transpose(0, 2, 1).reshape(1, -1);
            NDArray corners = x.get(":, 7:9").transpose(0, 2, 1);
            NDArray sizes = x.get(":, 9:11").transpose(0, 2, 1).exp();
            NDArray anchors = corners.concat(corners.add(sizes), -1);
            return x.getNDArrayInternal()
                    .multiBoxDetection(
                            new NDList(x.get(":, 0:3").softmax(1), offsets, anchors), true, 0.01f, 0, 0.4f, false, -1)
                    .get(0);
        });
        onImage(
                "multiBoxPrior(List,List,List,List,boolean)",
                x -> x.multiBoxPrior(
                                List.of(0.2f, 0.3f),
                                List.of(1f, 2f),
                                new ArrayList<>(List.of(-1f, -1f)),
                                List.of(0.5f, 0.5f),
                                false)
                        .get(0)
                        .add(x.getArray().mean()));
    }

    private void layers() {
        put(
                "convolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,int)",
                image,
                x -> x.getNDArrayInternal()
                        .convolution(x, weights(x, 2, 4, 3, 3), weights(x, 2), TWO, new Shape(1, 1), new Shape(1, 1), 1)
                        .get(0));
        put(
                "deconvolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,Shape,int)",
                image,
                x -> x.getNDArrayInternal()
                        .deconvolution(
                                x,
                                weights(x, 6, 2, 3, 2),
                                weights(x, 6),
                                TWO,
                                new Shape(1, 0),
                                new Shape(1, 0),
                                new Shape(1, 2),
                                2)
                        .get(0));
        put(
                "prelu(NDArray,NDArray)",
                image,
                x -> x.getNDArrayInternal().prelu(x, weights(x, 4)).get(0));
        put(
                "linear(NDArray,NDArray,NDArray)",
                matrix,
                x -> x.getNDArrayInternal()
                        .linear(x, weights(x, 4, 6), weights(x, 4))
                        .get(0));
        put(
                "embedding(NDArray,NDArray,SparseFormat)",
                input("x", DataType.INT64, "B", "T"),
                x -> x.getNDArrayInternal()
                        .embedding(x, weights(x, 4, 6), SparseFormat.DENSE)
                        .get(0));
        put(
                "dropout(NDArray,float,boolean)",
                matrix,
                x -> x.getNDArrayInternal().dropout(x, 0.5f, false).get(0));
        put(
                "layerNorm(NDArray,Shape,NDArray,NDArray,float)",
                image,
                x -> x.getNDArrayInternal()
                        .layerNorm(x, new Shape(8, 8), weights(x, 8, 8), weights(x, 8, 8), 1e-5f)
                        .get(0));
        put(
                "batchNorm(NDArray,NDArray,NDArray,NDArray,NDArray,int,float,float,boolean)",
                image,
                x -> x.getNDArrayInternal()
                        .batchNorm(
                                x,
                                weights(x, 4),
                                positive(weights(x, 4)),
                                weights(x, 4),
                                weights(x, 4),
                                1,
                                0.9f,
                                1e-5f,
                                false)
                        .get(0));
    }

    private void recurrent() {
        InputSpec sequence = input("x", "B", "T", 3);
        put(
                "rnn(NDArray,NDArray,NDList,boolean,int,Activation,double,boolean,boolean,boolean)",
                sequence,
                x -> x.getNDArrayInternal()
                        .rnn(x, state(x), parameters(x, 1), true, 1, RNN.Activation.TANH, 0, false, false, true)
                        .get(0));
        put(
                "gru(NDArray,NDArray,NDList,boolean,int,double,boolean,boolean,boolean)",
                sequence,
                x -> x.getNDArrayInternal()
                        .gru(x, state(x), parameters(x, 3), true, 1, 0, false, false, true)
                        .get(0));
        put(
                "lstm(NDArray,NDList,NDList,boolean,int,double,boolean,boolean,boolean)",
                sequence,
                x -> x.getNDArrayInternal()
                        .lstm(x, new NDList(state(x), state(x)), parameters(x, 4), true, 1, 0, false, false, true)
                        .get(0));
    }

    private static NDArray state(NDArray x) {
        return x.getManager().zeros(new Shape(1, x.getShape().get(0), 2));
    }

    private static NDList parameters(NDArray x, int gates) {
        return new NDList(
                weights(x, 2 * gates, 3),
                weights(x, 2 * gates, 2),
                weights(x, 2 * gates),
                weights(x, 2 * gates).mul(2));
    }

    /** Numbers between -1 and 1, the same every time. */
    private static NDArray weights(NDArray x, long... shape) {
        return x.getManager()
                .arange((float) new Shape(shape).size())
                .add(1)
                .mul(1.7f)
                .sin()
                .reshape(shape);
    }
}
