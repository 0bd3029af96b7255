package io.kanerva.exporter.random;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Random layers without parameters that use arrays as users do: changed in place through views, with constants as
 * receivers, in other element types, with numbers made of sizes, and with branches and loops on sizes.
 */
final class Idioms {
    private static final List<DataType> INTEGERS =
            List.of(DataType.INT32, DataType.INT64, DataType.UINT8, DataType.INT8, DataType.BOOLEAN);

    private final int second;
    /** The axis that is sure to be fixed: channels of images, features of others. */
    private final int axis;

    private final int rank;
    private final long width;
    private final int third;
    private final NDArray constant;
    private final NDManager manager;

    private Idioms(Gene gene, Shape shape, NDManager manager) {
        second = gene.second();
        third = gene.third();
        rank = shape.dimension();
        axis = rank == 4 ? 1 : rank - 1;
        width = shape.get(axis);
        this.manager = manager;
        long[] sizes = new long[rank];
        java.util.Arrays.fill(sizes, 1);
        sizes[axis] = width;
        constant = manager.arange((float) width).mul(1.3f).sin().reshape(new Shape(sizes));
    }

    /** A layer whose network must export. */
    static Block exported(Gene gene, Shape shape, NDManager manager) {
        Idioms idioms = new Idioms(gene, shape, manager);
        return idioms.pick(
                gene.first() % 3 == 0 ? idioms.updates() : gene.first() % 3 == 1 ? idioms.constants() : idioms.types());
    }

    /** A layer whose numbers or steps follow a dynamic size; its network may be refused, but never be wrong. */
    static Block sized(Gene gene, Shape shape, NDManager manager) {
        Idioms idioms = new Idioms(gene, shape, manager);
        return idioms.pick(rankOf(shape) == 3 && gene.first() % 2 == 0 ? idioms.lengths() : idioms.counts());
    }

    private static int rankOf(Shape shape) {
        return shape.dimension();
    }

    private Block pick(List<UnaryOperator<NDArray>> functions) {
        return LambdaBlock.singleton(functions.get(second % functions.size())::apply);
    }

    /** An index of some channels or features. */
    private String part() {
        long end = 1 + third % width;
        return axis == 1 ? ":, :" + end : "..., :" + end;
    }

    private List<UnaryOperator<NDArray>> updates() {
        return List.of(
                x -> changed(x, y -> y.get(part()).addi(0.3f)),
                x -> changed(x, y -> y.swapAxes(0, rank - 1).muli(0.8f)),
                x -> changed(x, y -> y.expandDims(0).muli(0.9f)),
                x -> changed(x, y -> y.transpose().subi(0.2f)),
                x -> changed(x, y -> y.get(part()).get("0:1").addi(0.3f)),
                x -> changed(x, y -> y.split(1, axis).get(0).addi(y.mean(new int[] {axis}, true))),
                x -> changed(x, y -> y.set(new NDIndex(part()), 0.25f)),
                x -> changed(x, y -> y.set(y.gt(0.5f), 0.5f)),
                x -> changed(x, y -> y.get(part()).set(new NDIndex("0:1"), -0.25f)),
                x -> changed(x, y -> y.flip(axis).muli(7)),
                x -> {
                    NDArray y = x.mul(0.9f);
                    NDArray view = y.get(part());
                    NDArray copy = view.duplicate();
                    y.muli(0.7f);
                    return y.add(view.sum(new int[] {axis}, true).sub(copy.sum(new int[] {axis}, true)));
                },
                x -> x.mul(0.5f).addi(x).muli(0.6f),
                x -> x.neg().negi().signi().mul(0.3f).add(x),
                // Views of views.
                x -> changed(
                        x, y -> y.transpose().expandDims(0).get(0).get("-1:").subi(0.2f)),
                x -> changed(
                        x, y -> y.get(part()).swapAxes(0, rank - 1).get("0:1").muli(-0.5f)),
                x -> changed(x, y -> y.get("-1:").set(new NDIndex("..., :1"), 0.5f)),
                x -> changed(x, y -> {
                    NDArray view = y.get(part());
                    view.set(view.lt(0), 0.1f);
                }),
                x -> changed(
                        x,
                        y -> y.get("0:1").set(new NDIndex("..."), y.get("-1:").mul(0.5f))),
                x -> changed(x, y -> y.get("0").divi(y.get("-1").abs().add(1))),
                x -> changed(x, y -> y.expandDims(1).get(":, 0").set(new NDIndex("0:1"), part -> part.mul(0.5f))));
    }

    private interface Change {
        void apply(NDArray array);
    }

    private static NDArray changed(NDArray x, Change change) {
        NDArray y = x.duplicate();
        change.apply(y);
        return y;
    }

    private List<UnaryOperator<NDArray>> constants() {
        return List.of(
                x -> constant.mul(x),
                x -> constant.sub(x).mul(0.5f),
                x -> constant.div(x.abs().add(1)),
                x -> constant.add(x.mul(constant)),
                x -> NDArrays.maximum(constant, x),
                x -> NDArrays.minimum(x, constant),
                x -> constant.broadcast(x.getShape()).duplicate().addi(x).mul(0.6f),
                x -> NDArrays.where(constant.gt(0).broadcast(x.getShape()), x, x.mul(0.5f)),
                x -> {
                    try (NDArray closed = manager.ones(constant.getShape())) {
                        return x.mul(closed.mul(0.7f));
                    }
                },
                x -> {
                    try (NDManager scope = NDManager.newBaseManager()) {
                        return x.add(scope.ones(constant.getShape()).mul(0.1f));
                    }
                },
                x -> table().get(positions(x)).mul(x),
                x -> table().take(positions(x)).add(x),
                x -> constant.toType(DataType.FLOAT64, false)
                        .mul(x.toType(DataType.FLOAT64, false))
                        .toType(DataType.FLOAT32, false),
                x -> places(x, DataType.INT32).mul(x).mul(0.2f),
                x -> constant.gt(0)
                        .logicalAnd(x.gt(0))
                        .toType(DataType.FLOAT32, false)
                        .sub(x),
                x -> constant.getNDArrayInternal().rsub(x).mul(0.7f),
                x -> NDArrays.concat(new NDList(constant.broadcast(x.getShape()), x), axis),
                x -> {
                    NDArray zeros = x.zerosLike();
                    zeros.set(
                            new NDIndex("0:1"), constant.broadcast(x.get("0:1").getShape()));
                    return zeros.add(x);
                },
                x -> constant.gt(x)
                        .logicalNot()
                        .toType(DataType.FLOAT32, false)
                        .mul(x)
                        .add(x));
    }

    private List<UnaryOperator<NDArray>> types() {
        DataType integer = INTEGERS.get(third % INTEGERS.size());
        return List.of(
                x -> x.mul(places(x, DataType.INT32).mod(3).toType(DataType.FLOAT32, false)),
                x -> x.mul(places(x, DataType.INT64).add(2).div(2).toType(DataType.FLOAT32, false))
                        .mul(0.2f),
                x -> x.mul(places(x, DataType.INT32)
                                .toType(integer, false)
                                .toType(DataType.FLOAT32, true)
                                .add(1))
                        .div(1 + width),
                x -> x.add(places(x, DataType.INT64)
                        .gt(width / 2)
                        .toType(DataType.UINT8, false)
                        .toType(DataType.FLOAT32, false)),
                x -> x.toType(DataType.FLOAT64, false).div(3).toType(DataType.FLOAT32, false),
                x -> x.toType(DataType.FLOAT64, false).square().add(1).sqrt().toType(DataType.FLOAT32, false),
                x -> x.toType(DataType.FLOAT64, false).softmax(axis).toType(DataType.FLOAT32, false),
                x -> x.mul(x.gt(0).toType(DataType.FLOAT16, false).add(0.5f).toType(DataType.FLOAT32, false)),
                x -> x.mul(x.gt(0).logicalOr(x.lt(-1))),
                // Whole numbers that overflow.
                x -> x.mul(places(x, DataType.INT32)
                                .toType(DataType.UINT8, false)
                                .mul(100)
                                .add(7)
                                .toType(DataType.FLOAT32, false))
                        .mul(0.01f),
                x -> x.mul(places(x, DataType.INT32)
                                .toType(DataType.INT8, false)
                                .mul(60)
                                .sub(3)
                                .toType(DataType.FLOAT32, false))
                        .mul(0.01f),
                x -> x.add(x.gt(0)
                        .toType(DataType.INT8, false)
                        .sub(places(x, DataType.INT32).toType(DataType.INT8, false))
                        .mod(3)
                        .toType(DataType.FLOAT32, false)),
                x -> x.add(x.gt(0)
                        .toType(integer, false)
                        .toType(DataType.INT64, false)
                        .cumSum(axis)
                        .toType(DataType.FLOAT32, false)
                        .mul(0.1f)),
                x -> x.add(x.gt(0).add(x.gt(1)).toType(DataType.FLOAT32, false)),
                x -> x.mul(x.argMax(axis).expandDims(axis).toType(DataType.FLOAT32, false))
                        .div(width),
                x -> x.mul(x.gt(0)
                        .toType(DataType.INT32, false)
                        .sum(new int[] {axis}, true)
                        .toType(DataType.FLOAT32, false)
                        .minimum(1)));
    }

    /** One number per position of the fixed axis. */
    private NDArray table() {
        return constant.flatten();
    }

    /** Positions in the table, of x's shape. */
    private NDArray positions(NDArray x) {
        return x.gt(0).toType(DataType.INT64, false).mul(width - 1);
    }

    /** 0, 1, 2, ... along the fixed axis. */
    private NDArray places(NDArray x, DataType type) {
        return x.getManager().arange(0, (int) width, 1, type).reshape(constant.getShape());
    }

    /** Numbers that follow the batch's size. */
    private List<UnaryOperator<NDArray>> counts() {
        return List.of(
                // Whether this changes x or a copy depends on strides, which may differ for a batch of one.
                x -> changed(x, y -> y.reshape(-1).addi(0.1f)),
                x -> changed(x, y -> y.reshape(-1).get("::2").muli(0.5f)),
                x -> changed(x, y -> {
                    NDArray first = y.get("0:1");
                    NDArray flat = y.flatten();
                    first.addi(0.25f);
                    flat.get("1:").muli(0.75f);
                    first.subi(flat.get(0).mul(1));
                }),
                x -> x.div(Math.sqrt(x.getShape().get(0))),
                x -> x.mul(1.0 / (1 + x.size(0))),
                x -> x.mul(2f / (x.getShape().get(0) + 1)),
                x -> x.div(Math.log(2 + x.getShape().get(0))),
                x -> x.getShape().get(0) > 4 ? x.mul(0.5f) : x,
                x -> x.getShape().get(0) % 2 == 0 ? x.neg() : x,
                x -> x.add(manager.ones(new Shape(x.getShape().get(0)).addAll(new Shape(ones(rank - 1))))
                        .mul(0.2f)),
                x -> x.mul(Math.min(x.getShape().get(0), 3)).mul(0.3f),
                x -> x.mul(Math.max(1, x.getShape().get(0) - 6)).mul(0.5f),
                x -> x.getShape().get(0) == 7 ? x.neg() : x,
                x -> x.mul(x.getShape().get(0) * (x.getShape().get(0) - 1) / 2).mul(0.1f),
                x -> x.div((float) Math.ceil(x.getShape().get(0) / 3.0)));
    }

    private static long[] ones(int count) {
        long[] sizes = new long[count];
        java.util.Arrays.fill(sizes, 1);
        return sizes;
    }

    /** Numbers, slices and loops that follow a sequence's length. */
    private List<UnaryOperator<NDArray>> lengths() {
        return List.of(
                x -> x.get(":, " + Math.max(0, x.getShape().get(1) - 2) + ":"),
                x -> x.get(":, :" + (x.getShape().get(1) + 1) / 2),
                x -> x.pad(new Shape(0, 0, 0, (4 - x.getShape().get(1) % 4) % 4), 0.5),
                x -> x.get(":, :" + Math.min(x.getShape().get(1), 5)),
                x -> x.mul(manager.arange((float) x.getShape().get(1)).add(1).reshape(1, -1, 1))
                        .div(x.getShape().get(1)),
                x -> x.getShape().get(1) > 6 ? x.get(":, 1:") : x,
                x -> x.getShape().get(1) > 16 ? x.get(":, :16") : x,
                x -> x.getShape().get(1) == 13 ? x.neg() : x,
                x -> x.add(manager.arange(20f)
                        .reshape(1, 20, 1)
                        .get(":, :{}", x.getShape().get(1))
                        .mul(0.1f)),
                x -> {
                    NDList chunks = new NDList();
                    for (long t = 0; t < x.getShape().get(1); t += 8) {
                        NDArray chunk = x.get(
                                ":, {}:{}", t, Math.min(t + 8, x.getShape().get(1)));
                        chunks.add(chunk.sub(chunk.mean(new int[] {1}, true)));
                    }
                    return NDArrays.concat(chunks, 1);
                },
                x -> x.pad(new Shape(0, 0, 0, x.getShape().get(1) % 2), 0)
                        .reshape(x.getShape().get(0), (x.getShape().get(1) + 1) / 2, 2, width)
                        .mean(new int[] {2}),
                x -> {
                    NDArray h = x.get(":, 0");
                    NDList all = new NDList(h);
                    for (long t = 1; t < x.getShape().get(1); t++) {
                        h = h.mul(0.5f).add(x.get(":, {}", t)).tanh();
                        all.add(h);
                    }
                    return NDArrays.stack(all, 1);
                },
                x -> x.cumSum(1)
                        .div(x.getManager()
                                .arange(1f, x.getShape().get(1) + 1f)
                                .reshape(1, x.getShape().get(1), 1)));
    }
}
