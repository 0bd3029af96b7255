package io.kanerva.exporter.outside;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Ways to use arrays, managers, sizes and lists that recur in users' code, alone. */
final class Habits {
    private static final String MATRIX = "x:float32[N,T]";

    private Habits() {}

    static List<OutsideBlock> all() {
        return List.of(
                // Views and updates in place.
                one("a column increased in place", MATRIX, x -> {
                    NDArray y = x.duplicate();
                    y.get(":, 0").addi(1);
                    return y;
                }),
                one("a slice scaled in place through a reshape", "x:float32[N,6]", x -> {
                    NDArray y = x.mul(1);
                    y.reshape(-1, 2, 3).get(":, 1").muli(3);
                    return y;
                }),
                one("the diagonal set in place", "x:float32[5,5]", x -> {
                    NDArray y = x.duplicate();
                    y.diagonal().addi(7);
                    return y;
                }),
                one("a transposed view divided in place", MATRIX, x -> {
                    NDArray y = x.add(0);
                    NDArray t = y.transpose();
                    t.divi(2);
                    return y.concat(t.transpose(), 1);
                }),
                one("a view read after its array changed", MATRIX, x -> {
                    NDArray y = x.add(1);
                    NDArray first = y.get(":, :1");
                    y.muli(2);
                    return first.add(y);
                }),
                one("a copy read after its array changed", MATRIX, x -> {
                    NDArray y = x.add(1);
                    NDArray copy = y.duplicate();
                    y.muli(2);
                    return copy.add(y);
                }),
                one("dropout's result after its input changed", MATRIX, x -> {
                    NDArray y = x.mul(1);
                    NDArray z = Dropout.dropout(y, 0.5f, false).head();
                    y.addi(7);
                    return z;
                }),
                one("parts of a split changed in place", "x:float32[N,6]", x -> {
                    NDArray y = x.add(0);
                    NDList parts = y.split(3, 1);
                    parts.get(1).addi(parts.get(0));
                    return y;
                }),
                one("the input itself changed in place", MATRIX, x -> x.muli(2).addi(1)),
                one("rows set in a Java loop", "x:float32[4,T]", x -> {
                    NDArray y = x.zerosLike();
                    for (int i = 0; i < 4; i++) {
                        y.set(new NDIndex(i), x.get(3 - i).mul(i + 1));
                    }
                    return y;
                }),
                one("values under a mask set to a number", MATRIX, x -> {
                    NDArray y = x.duplicate();
                    y.set(y.lt(0), 0);
                    return y;
                }),
                one("a function set on a slice", MATRIX, x -> {
                    NDArray y = x.duplicate();
                    y.set(new NDIndex(":, :1"), part -> part.exp());
                    return y;
                }),
                one("an accumulator in place over a list", "x:float32[N,6]", x -> {
                    NDArray sum = x.get(":, :2").duplicate();
                    x.split(3, 1).subNDList(1).forEach(sum::addi);
                    return sum;
                }),
                // Constants and managers.
                own(
                        "a constant as the receiver",
                        m -> {
                            NDArray c = m.create(new float[] {1, 2, 3});
                            return x -> c.mul(x).add(c.sub(x));
                        },
                        "x:float32[N,3]"),
                own(
                        "a constant that takes the input into a list",
                        m -> {
                            NDArray c = m.create(new float[] {1, 2, 3}, new Shape(1, 3));
                            return x -> NDArrays.concat(new NDList(c, x), 0);
                        },
                        "x:float32[N,3]"),
                own(
                        "a constant table indexed by the input",
                        m -> {
                            NDArray table = m.arange(12f).reshape(6, 2).sin();
                            return x -> table.get(x);
                        },
                        "x:int64[N]"),
                own(
                        "a constant set at the input's place",
                        m -> {
                            NDArray zeros = m.zeros(new Shape(2, 3));
                            return x -> {
                                NDArray y = zeros.duplicate();
                                y.set(new NDIndex("0, :"), x);
                                return y;
                            };
                        },
                        "x:float32[3]"),
                own(
                        "zeros of the model's manager for each sample",
                        m -> x -> x.concat(m.zeros(new Shape(x.getShape().get(0), 1)), 1),
                        MATRIX),
                own(
                        "a range of the model's manager",
                        m -> x -> x.mul(m.arange((float) x.getShape().get(1))),
                        MATRIX),
                own(
                        "a constant closed after use",
                        m -> x -> {
                            try (NDArray k = m.create(new float[] {1, 2, 3})) {
                                return x.mul(k);
                            }
                        },
                        "x:float32[N,3]"),
                own(
                        "a manager of its own in forward",
                        m -> x -> {
                            try (NDManager scope = NDManager.newBaseManager()) {
                                NDArray k = scope.create(new float[] {3, 2, 1}).mul(2);
                                return x.add(k);
                            }
                        },
                        "x:float32[N,3]"),
                own(
                        "a matrix of Java numbers that follows a size",
                        m -> x -> {
                            int t = (int) x.getShape().get(1);
                            float[] values = new float[t];
                            for (int i = 0; i < t; i++) {
                                values[i] = i % 2 == 0 ? 1f : 0.5f;
                            }
                            return x.mul(x.getManager().create(values));
                        },
                        MATRIX),
                own("a cached mask of the last size", m -> cached(m), MATRIX),
                own(
                        "a sub-manager with temporaries",
                        m -> x -> {
                            try (NDManager scope = x.getManager().newSubManager()) {
                                scope.tempAttachAll(x);
                                NDArray y = x.softmax(1).log().neg();
                                return scope.ret(y);
                            }
                        },
                        MATRIX),
                // Sizes as numbers.
                one(
                        "divided by the root of a size",
                        MATRIX,
                        x -> x.div(Math.sqrt(x.getShape().get(1)))),
                one(
                        "divided by the length, as a float",
                        MATRIX,
                        x -> x.sum(new int[] {1}).mul(1f / x.getShape().get(1))),
                one(
                        "divided by the logarithm of the length plus one",
                        MATRIX,
                        x -> x.div(Math.log(1 + x.getShape().get(1)))),
                one(
                        "the last four or all",
                        MATRIX,
                        x -> x.get(":, " + Math.max(0, x.getShape().get(1) - 4) + ":")),
                one(
                        "padded to a multiple of eight",
                        MATRIX,
                        x -> x.pad(new Shape(0, (8 - x.getShape().get(1) % 8) % 8), 0)),
                one(
                        "padded to 64",
                        MATRIX,
                        x -> x.getShape().get(1) < 64
                                ? x.pad(new Shape(0, 64 - x.getShape().get(1)), 0)
                                : x.get(":, :64")),
                one(
                                "the middle half",
                                "x:float32[N,T]",
                                x -> x.get(
                                        ":, {}:{}",
                                        x.getShape().get(1) / 4,
                                        x.getShape().get(1) * 3 / 4))
                        .within("T", 4, 300, 4, 33, 129, 200),
                one("the upper triangle's entries counted by a formula", "x:float32[T,4]", x -> {
                    long t = x.getShape().get(0);
                    NDArray g = x.dot(x.transpose());
                    return g.sum().sub(g.diagonal().sum()).div(2).div(t * (t - 1) / 2 + 1);
                }),
                one("the count under a mask as a divisor", "x:float32[N]", x -> {
                            NDArray kept = x.booleanMask(x.gt(-6));
                            return kept.sum().div(kept.getShape().get(0));
                        })
                        .comparing("x", -20, 20)
                        .at("N", 2, 33, 100),
                one("a mean under a mask that may select nothing", "x:float32[N]", x -> {
                            NDArray kept = x.booleanMask(x.gt(0.5));
                            return kept.sum().div(Math.max(1, kept.size()));
                        })
                        .at("N", 1, 2, 33, 300),
                one("the five best boxes above a score", "x:float32[N,5]", x -> {
                            NDArray kept = x.get(x.get(":, 4").gt(0));
                            NDArray order = kept.get(":, 4").argSort(0, false);
                            return kept.get(order.get(":{}", Math.min(5, kept.size(0))));
                        })
                        .at("N", 2, 9, 33, 100),
                one("selected elements padded to all again", "x:float32[N]", x -> {
                            NDArray kept = x.get(x.lt(0));
                            return kept.pad(new Shape(0, x.size() - kept.size()), 0);
                        })
                        .at("N", 1, 9, 33, 100),
                one(
                        "the elements under a mask",
                        "x:float32[N,4]",
                        x -> x.get(x.gt(0)).square()),
                one(
                        "rows under a mask",
                        "x:float32[N,4]",
                        x -> x.get(x.get(":, 0").gt(0)).sum(new int[] {0})),
                one("a branch on a sum", "x:float32[N,4]", x -> x.sum().getFloat() > 0 ? x : x.neg())
                        .refused("getFloat", "a branch on the array's values"),
                one(
                                "a branch on the text of an array",
                                "x:float32[N,4]",
                                x -> x.toString().contains("-") ? x : x.neg())
                        .refused("String", "a branch on the array's values"),
                one("numbers computed in Java", "x:float32[N,4]", x -> {
                            float[] values = x.toFloatArray();
                            for (int i = 0; i < values.length; i++) {
                                values[i] = (float) Math.tanh(values[i]);
                            }
                            return x.getManager().create(values, x.getShape());
                        })
                        .refused("toFloatArray", "the numbers are computed in Java"),
                one("the distinct values", "x:int64[N]", x -> x.unique().get(0)),
                // Types.
                one(
                                "half precision inside",
                                MATRIX,
                                x -> x.toType(DataType.FLOAT16, false).add(1).toType(DataType.FLOAT32, false))
                        .tolerating(4e-3),
                one(
                        "double precision inside",
                        MATRIX,
                        x -> x.toType(DataType.FLOAT64, false).div(3).toType(DataType.FLOAT32, false)),
                one(
                        "integers divided and their remainders",
                        "x:int64[N]",
                        x -> x.div(3).add(x.mod(3)).mul(x)),
                one(
                        "a mean of integers",
                        "x:int32[N,T]",
                        x -> x.toType(DataType.FLOAT32, false).mean(new int[] {1})),
                one(
                        "booleans combined",
                        "x:float32[N,T]",
                        x -> x.gt(0).logicalAnd(x.lt(1)).logicalOr(x.gt(2)).logicalXor(x.lt(-1))),
                one(
                        "bytes averaged",
                        "x:uint8[N,T]",
                        x -> x.toType(DataType.INT32, false)
                                .sum(new int[] {1})
                                .div(x.getShape().get(1))),
                // Lists, names, streams.
                one(
                        "inputs found by their names",
                        new String[] {"b:float32[N]", "a:float32[N]"},
                        l -> l.get("a").sub(l.get("b").mul(2))),
                one(
                        "a sum over a stream",
                        "x:float32[N,6]",
                        x -> IntStream.range(0, 6)
                                .mapToObj(i -> x.get(":, " + i).mul(i))
                                .reduce(NDArray::add)
                                .orElseThrow()),
                one(
                        "columns collected from a stream",
                        "x:float32[N,6]",
                        x -> NDArrays.stack(
                                IntStream.range(0, 6)
                                        .boxed()
                                        .sorted((a, b) -> b - a)
                                        .map(i -> x.get(":, {}", i))
                                        .collect(Collectors.toCollection(NDList::new)),
                                1)),
                one(
                                "a parallel stream",
                                "x:float32[N,6]",
                                x -> NDArrays.concat(
                                        new NDList(IntStream.range(0, 6)
                                                .parallel()
                                                .mapToObj(i ->
                                                        x.get(":, " + i).mul(i).expandDims(1))
                                                .toList()),
                                        1))
                        .refused("", "operations of several threads have no order"),
                one(
                        "fixed axes gathered in another order",
                        "x:float32[N,4]",
                        x -> x.transpose()
                                .get(x.getManager().create(new int[] {3, 1, 0, 2}))
                                .transpose()),
                one(
                        "equal results twice",
                        MATRIX,
                        x -> x.exp().add(x.exp()).sub(x.exp().log())),
                OutsideBlock.of(
                        "three outputs, one of them the input",
                        Origin.HABITS,
                        m -> new LambdaBlock(l -> new NDList(
                                l.head(), l.head().sum(new int[] {1}), l.head().argMax(1))),
                        MATRIX),
                OutsideBlock.of(
                        "a parameter read without the store", Origin.HABITS, Habits::directParameter, "x:float32[N,3]"),
                OutsideBlock.of(
                        "a layer called on each step's slice", Origin.HABITS, Habits::perStep, "x:float32[N,5,3]"),
                OutsideBlock.of(
                        "a layer called once for each step of any number",
                        Origin.HABITS,
                        Habits::perStep,
                        "x:float32[N,T,3]"));
    }

    private static OutsideBlock one(String name, String input, UnaryOperator<NDArray> function) {
        return one(name, new String[] {input}, list -> function.apply(list.head()));
    }

    private static OutsideBlock one(
            String name, String[] inputs, java.util.function.Function<NDList, NDArray> function) {
        OutsideBlock block = OutsideBlock.of(
                name, Origin.HABITS, m -> new LambdaBlock(list -> new NDList(function.apply(list))), inputs);
        return inputs[0].contains("int") ? block.reading("x", 0, 6) : block;
    }

    private static OutsideBlock own(
            String name, java.util.function.Function<NDManager, UnaryOperator<NDArray>> function, String input) {
        OutsideBlock block = OutsideBlock.of(name, Origin.HABITS, m -> LambdaBlock.singleton(function.apply(m)), input);
        return input.contains("int") ? block.reading("x", 0, 6) : block;
    }

    private static UnaryOperator<NDArray> cached(NDManager m) {
        NDArray[] cache = new NDArray[1];
        return x -> {
            long t = x.getShape().get(1);
            if (cache[0] == null || cache[0].getShape().get(0) != t) {
                cache[0] = m.arange((float) t).div(10).cos();
            }
            return x.mul(cache[0]);
        };
    }

    private static Block directParameter(NDManager m) {
        return new BlockSketch(m) {
            private final Parameter scale = weight(3);

            @Override
            NDList run(Call call, NDList in) {
                return new NDList(in.head()
                        .mul(scale.getArray())
                        .add(getParameters().valueAt(0).getArray()));
            }
        };
    }

    private static Block perStep(NDManager m) {
        return new BlockSketch(m) {
            private final Linear dense = linear(3, 4);

            @Override
            NDList run(Call call, NDList in) {
                NDArray x = in.head();
                NDList results = new NDList();
                for (int t = 0; t < x.getShape().get(1); t++) {
                    results.add(Activation.relu(call.of(dense, x.get(":, {}", t))));
                }
                return new NDList(NDArrays.stack(results, 1));
            }
        };
    }
}
