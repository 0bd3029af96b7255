package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.InputSpec;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A call of each exported method of {@code NDArray} that computes or moves elements, mostly on x of shape [B, T, 6].
 */
final class MethodSamples extends NDArraySamples {
    /** A function of the inputs, whose result is compared with the engine's. */
    record Sample(List<InputSpec> inputs, Function<NDList, NDArray> call) {}

    private MethodSamples() {
        arithmetic();
        comparisons();
        functions();
        reductions();
        ordering();
        shapes();
    }

    static Map<String, Sample> all() {
        return new MethodSamples().samples;
    }

    /** A copy of an array after a change in place. */
    static NDArray changed(NDArray array, Consumer<NDArray> change) {
        NDArray copy = array.add(0);
        change.accept(copy);
        return copy;
    }

    private void arithmetic() {
        put("add(NDArray)", x -> x.add(x.mean(new int[] {1}, true)));
        put("add(Number)", x -> x.add(1.5));
        put("sub(NDArray)", x -> x.sub(x.get(0)));
        put("sub(Number)", x -> x.sub(2));
        put("mul(NDArray)", x -> x.mul(x));
        put("mul(Number)", x -> x.mul(x.getShape().get(1)));
        put("div(NDArray)", x -> x.div(x.abs().add(1)));
        put("div(Number)", x -> x.div(3));
        put("mod(NDArray)", x -> x.mod(x.getManager().create(0.7f)));
        put("mod(Number)", x -> x.mod(-0.7));
        put("pow(NDArray)", x -> x.abs().pow(x));
        put("pow(Number)", x -> x.pow(3));
        put("maximum(NDArray)", x -> x.maximum(x.neg()));
        put("maximum(Number)", x -> x.maximum(0.1));
        put("minimum(NDArray)", x -> x.minimum(x.square()));
        put("minimum(Number)", x -> x.minimum(0.1));
        put("addi(NDArray)", x -> changed(x, y -> y.addi(x)));
        put("addi(Number)", x -> changed(x, y -> y.addi(2)));
        put("subi(NDArray)", x -> changed(x, y -> y.subi(x.exp())));
        put("subi(Number)", x -> changed(x, y -> y.subi(2)));
        put("muli(NDArray)", x -> changed(x, y -> y.muli(x)));
        put("muli(Number)", x -> changed(x, y -> y.muli(2)));
        put("divi(NDArray)", x -> changed(x, y -> y.divi(x.exp())));
        put("divi(Number)", x -> changed(x, y -> y.divi(2)));
        put("modi(NDArray)", x -> changed(x, y -> y.modi(x.exp())));
        put("modi(Number)", x -> changed(x, y -> y.modi(2)));
        put("powi(NDArray)", x -> changed(x.abs(), y -> y.powi(x)));
        put("powi(Number)", x -> changed(x, y -> y.powi(2)));
        put("negi()", x -> changed(x, NDArray::negi));
        put("signi()", x -> changed(x, NDArray::signi));
        put("atan2(NDArray)", x -> x.atan2(x.round().mul(x.cos())).add(x.round().atan2(x.mul(0))));
        put("xlogy(NDArray)", x -> x.round().xlogy(x.abs().round()));
        put("clip(Number,Number)", x -> x.clip(-0.5, 0.5));
        put("scaleGradient(double)", x -> x.scaleGradient(0.3));
        put("duplicate()", NDArray::duplicate);
        put("stopGradient()", NDArray::stopGradient);
        put("toDevice(Device,boolean)", x -> x.toDevice(x.getDevice(), false));
        put("toDense()", NDArray::toDense);
        put(
                "toType(DataType,boolean)",
                x -> x.mul(9).toType(DataType.UINT8, false).add(x.mul(3).toType(DataType.INT32, false)));
        put("zerosLike()", NDArray::zerosLike);
        put("onesLike()", NDArray::onesLike);
        pair("matMul(NDArray)", input("a", "B", 4, 6), input("b", "B", 6, 5), NDArray::matMul);
        pair("batchDot(NDArray)", input("a", "B", 4, 6), input("b", "B", 6, 5), NDArray::batchDot);
        pair("batchMatMul(NDArray)", input("a", "B", 4, 6), input("b", "B", 6, 5), NDArray::batchMatMul);
        put(
                "inverse()",
                input("x", "B", 3, 3),
                x -> x.mul(0.1).add(x.getManager().eye(3)).inverse());
        pair("dot(NDArray)", input("a", "B", 6), input("b", 6, 5), NDArray::dot);
    }

    private void comparisons() {
        put("eq(NDArray)", x -> x.round().eq(x.floor()));
        put("eq(Number)", x -> x.round().eq(1));
        put("neq(NDArray)", x -> x.round().neq(x.floor()));
        put("neq(Number)", x -> x.round().neq(1));
        put("gt(NDArray)", x -> x.gt(x.neg()));
        put("gt(Number)", x -> x.gt(0.3));
        put("gte(NDArray)", x -> x.gte(x.round()));
        put("gte(Number)", x -> x.gte(0));
        put("lt(NDArray)", x -> x.lt(x.square()));
        put("lt(Number)", x -> x.lt(0.3));
        put("lte(NDArray)", x -> x.lte(x.round()));
        put("lte(Number)", x -> x.lte(0));
        put("logicalAnd(NDArray)", x -> x.gt(0).logicalAnd(x.lt(1)));
        put("logicalOr(NDArray)", x -> x.gt(1).logicalOr(x.lt(0)));
        put("logicalXor(NDArray)", x -> x.gt(0).logicalXor(x.lt(1)));
        put("logicalNot()", x -> x.gt(0).logicalNot());
        put("isNaN()", x -> x.sqrt().isNaN());
        put("isInfinite()", x -> x.round().getNDArrayInternal().rdiv(1).isInfinite());
    }

    private void functions() {
        Map<String, UnaryOperator<NDArray>> functions = Map.ofEntries(
                Map.entry("neg", NDArray::neg),
                Map.entry("abs", NDArray::abs),
                Map.entry("square", NDArray::square),
                Map.entry("floor", NDArray::floor),
                Map.entry("ceil", NDArray::ceil),
                Map.entry("round", NDArray::round),
                Map.entry("trunc", NDArray::trunc),
                Map.entry("exp", NDArray::exp),
                Map.entry("sin", NDArray::sin),
                Map.entry("cos", NDArray::cos),
                Map.entry("atan", NDArray::atan),
                Map.entry("sinh", NDArray::sinh),
                Map.entry("cosh", NDArray::cosh),
                Map.entry("tanh", NDArray::tanh),
                Map.entry("sign", NDArray::sign),
                Map.entry("erf", NDArray::erf),
                Map.entry("toDegrees", NDArray::toDegrees),
                Map.entry("toRadians", NDArray::toRadians));
        functions.forEach((name, function) -> put(name + "()", x -> function.apply(x.mul(2))));
        Map<String, UnaryOperator<NDArray>> ofPositive = Map.of(
                "sqrt",
                NDArray::sqrt,
                "cbrt",
                NDArray::cbrt,
                "log",
                NDArray::log,
                "log10",
                NDArray::log10,
                "log2",
                NDArray::log2);
        ofPositive.forEach(
                (name, function) -> put(name + "()", x -> function.apply(x.abs().add(0.01))));
        Map<String, UnaryOperator<NDArray>> ofSmall =
                Map.of("asin", NDArray::asin, "acos", NDArray::acos, "tan", NDArray::tan);
        ofSmall.forEach((name, function) -> put(name + "()", x -> function.apply(x.sin())));
        put("asinh()", x -> x.mul(3).asinh());
        put("acosh()", x -> x.abs().add(1.01).acosh());
        put("atanh()", x -> x.sin().mul(0.99).atanh());
        put("gammaln()", x -> x.mul(4).add(0.1).gammaln());
        put(
                "erfinv()",
                x -> x.sin().mul(0.9999).erfinv().add(x.round().clip(-1, 1).erfinv()));
        put("softmax(int)", x -> x.softmax(1));
        put("logSoftmax(int)", x -> x.logSoftmax(-1));
    }

    private void reductions() {
        put("sum()", NDArray::sum);
        put("sum(int[])", x -> x.sum(new int[] {0, 2}));
        put("sum(int[],boolean)", x -> x.sum(new int[] {1}, true));
        put("mean()", NDArray::mean);
        put("mean(int[])", x -> x.mean(new int[] {1}));
        put("mean(int[],boolean)", x -> x.mean(new int[] {-1}, true));
        put("max()", NDArray::max);
        put("max(int[])", x -> x.max(new int[] {0}));
        put("max(int[],boolean)", x -> x.max(new int[] {1}, true));
        put("min()", NDArray::min);
        put("min(int[])", x -> x.min(new int[] {0}));
        put("min(int[],boolean)", x -> x.min(new int[] {1}, true));
        put("prod()", x -> x.get(0).get(0).prod());
        put("prod(int[])", x -> x.prod(new int[] {2}));
        put("prod(int[],boolean)", x -> x.prod(new int[] {2}, true));
        put("all()", x -> x.gt(-9).all());
        put("any()", x -> x.gt(9).any());
        put("none()", x -> x.gt(9).none());
        put("countNonzero()", x -> x.round().countNonzero());
        put("countNonzero(int)", x -> x.round().countNonzero(1));
        put("norm()", NDArray::norm);
        put("norm(boolean)", x -> x.norm(true));
        put("norm(int[])", x -> x.norm(new int[] {2}));
        put("norm(int[],boolean)", x -> x.norm(new int[] {1, 2}, true));
        put(
                "norm(int,int[],boolean)",
                x -> x.norm(1, new int[] {2}, true)
                        .add(x.norm(3, new int[] {1}, true).sum())
                        .add(x.round().norm(0, new int[] {2}, true)));
        put("normalize()", NDArray::normalize);
        put("normalize(double,long)", x -> x.normalize(1, 1));
        put("normalize(double,long,double)", x -> x.normalize(3, 2, 1e-3));
        put("cumSum()", NDArray::cumSum);
        put("cumSum(int)", x -> x.cumSum(2).add(x.cumSum(1)));
        put("cumProd(int)", x -> x.cumProd(1).add(x.cumProd(-1)));
        put(
                "cumProd(int,DataType)",
                x -> x.round().toType(DataType.INT32, false).cumProd(1, DataType.FLOAT32));
        put("diff(int,int)", x -> x.diff(2, 2).sum().add(x.concat(x, 1).diff(1, 1)));
    }

    private void ordering() {
        put("argMax()", NDArray::argMax);
        put("argMax(int)", x -> x.argMax(1));
        put("argMin()", NDArray::argMin);
        put("argMin(int)", x -> x.argMin(2));
        put("sort()", NDArray::sort);
        put("sort(int)", x -> x.sort(1));
        put("argSort()", NDArray::argSort);
        put("argSort(int)", x -> x.argSort(1));
        put("argSort(int,boolean)", x -> x.argSort(2, false));
        put("topK(int,int)", x -> x.topK(2, 2).get(1));
        put("topK(int,int,boolean,boolean)", x -> x.topK(3, -1, false, true).get(0));
        put("median()", NDArray::median);
        put("median(int[])", x -> x.median(new int[] {1}));
        put("percentile(Number)", x -> x.percentile(30));
        put("percentile(Number,int[])", x -> x.percentile(85.5, new int[] {1}));
        put("unique()", x -> x.round().unique().get(0));
        put(
                "unique(boolean,boolean,boolean)",
                x -> x.round().unique(true, true, true).get(1));
        put(
                "unique(Integer,boolean,boolean,boolean)",
                x -> x.round()
                        .clip(-1, 1)
                        .get(":, :, 0:1")
                        .unique(0, true, true, true)
                        .get(2));
    }

    private void shapes() {
        put("reshape(long[])", x -> x.reshape(x.getShape().get(0), 2, -1));
        put(
                "reshape(Shape)",
                x -> x.reshape(new Shape(x.getShape().get(0) * x.getShape().get(1), 6)));
        put("expandDims(int)", x -> x.expandDims(-1));
        put("squeeze()", x -> x.sum().expandDims(0).squeeze().add(x));
        put("squeeze(int)", x -> x.expandDims(1).squeeze(1));
        put("squeeze(int[])", x -> x.expandDims(1).expandDims(0).squeeze(new int[] {0, 2}));
        put("flatten()", NDArray::flatten);
        put("flatten(int,int)", x -> x.flatten(0, 1));
        put("transpose()", NDArray::transpose);
        put("transpose(int[])", x -> x.transpose(2, 0, 1));
        put("swapAxes(int,int)", x -> x.swapAxes(0, -1));
        put("broadcast(Shape)", x -> x.get(0).broadcast(x.getShape()));
        put("broadcast(long[])", x -> x.get(":, 0:1").broadcast(-1, x.getShape().get(1), 6));
        put("concat(NDArray)", x -> x.concat(x.neg()));
        put("concat(NDArray,int)", x -> x.concat(x.neg(), 1));
        put("stack(NDArray)", x -> x.stack(x.neg()));
        put("stack(NDArray,int)", x -> x.stack(x.neg(), 2));
        put("split(long)", x -> x.transpose().split(2).get(1));
        put("split(long,int)", x -> x.split(3, 2).get(1));
        put("split(long[])", x -> x.transpose().split(new long[] {1, 4}).get(1));
        put("split(long[],int)", x -> x.split(new long[] {1, 4}, 2).get(2));
        put("tile(long)", x -> x.tile(2));
        put("tile(long[])", x -> x.tile(new long[] {1, 3, 2}));
        put("tile(int,long)", x -> x.tile(1, 3).tile(-1, 2));
        put("tile(Shape)", x -> x.tile(new Shape(2 * x.getShape().get(1), 12)));
        put("repeat(long)", x -> x.repeat(2));
        put("repeat(int,long)", x -> x.repeat(1, 3));
        put("repeat(long[])", x -> x.repeat(new long[] {1, 2, 3}));
        put("repeat(Shape)", x -> x.repeat(new Shape(2 * x.getShape().get(1), 12)));
        put("pad(Shape,double)", x -> x.pad(new Shape(1, 2, 0, 1), 0.5));
        put("flip(int[])", x -> x.flip(0, 2));
        put(
                "rotate90(int,int[])",
                x -> x.rotate90(1, new int[] {1, 2})
                        .sum()
                        .add(x.rotate90(3, new int[] {0, 1}).sum(new int[] {1}))
                        .add(x.rotate90(-2, new int[] {0, 2}).get(0).sum()));
        put("trace()", square, x -> x.get(0).trace());
        put("trace(int)", square, x -> x.transpose(1, 2, 0).trace(-1));
        put("trace(int,int,int)", input("x", "T", "B", "T"), x -> x.trace(0, 0, 2));
        put("sequenceMask(NDArray)", x -> x.sequenceMask(x.get(":, 0, 0").abs().mul(3)));
        put(
                "sequenceMask(NDArray,float)",
                x -> x.sequenceMask(x.get(":, 0, 0").abs().mul(3).toType(DataType.INT64, false), -1.5f));
        put(
                "oneHot(int,float,float,DataType)",
                input("x", DataType.INT64, "B", "T"),
                x -> x.oneHot(3, 8, -1, DataType.INT32));
        put("diagonal()", square, NDArray::diagonal);
        put("diagonal(int)", square, x -> x.get(0).diagonal(-2));
        put("diagonal(int,int,int)", input("x", "T", "B", "T"), x -> x.diagonal(0, 0, 2));
    }
}
