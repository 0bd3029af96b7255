package io.kanerva.exporter.outside;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Blocks in which two sizes together decide what is computed, or one that is of some kind. */
final class SizeRelations {
    private static final String MATRIX = "x:float32[N,T]";
    private static final String[] PAIR = {"a:float32[N,S]", "b:float32[N,T]"};

    private SizeRelations() {}

    static List<OutsideBlock> all() {
        return List.of(
                one("sums along the longer side", MATRIX, x -> size(x, 1) > size(x, 0) ? x.cumSum(1) : x.cumSum(0))
                        .at("N", 1, 3, 34, 20, 7)
                        .at("T", 1, 40, 33, 20, 8),
                one(
                                "symmetrical if square",
                                MATRIX,
                                x -> size(x, 0) == size(x, 1)
                                        ? x.add(x.transpose()).div(2)
                                        : x.mul(1))
                        .at("N", 1, 3, 34, 20)
                        .at("T", 1, 40, 34, 20),
                one("blocks of rows if they divide the length", MATRIX, x -> {
                            long n = size(x, 0);
                            return size(x, 1) % n == 0
                                    ? x.reshape(n, n, -1).sum(new int[] {1}).sum(new int[] {1}, true)
                                    : x.sum(new int[] {1}, true);
                        })
                        .at("N", 1, 3, 7, 20)
                        .at("T", 9, 39, 65, 100),
                one("groups by a common divisor", MATRIX, x -> {
                            long groups = gcd(size(x, 1), 12);
                            return x.reshape(size(x, 0), groups, -1).softmax(2).reshape(x.getShape());
                        })
                        .at("T", 1, 12, 18, 65, 100),
                one("padded unless the length is a power of two", MATRIX, x -> {
                            long t = size(x, 1);
                            return (t & t - 1) == 0 ? x.mul(1) : x.pad(new Shape(0, 2 * Long.highestOneBit(t) - t), 0);
                        })
                        .at("T", 1, 2, 3, 64, 65, 100),
                one("tokens back to a square image, if there is one", MATRIX, x -> {
                            long root = Math.round(Math.sqrt(size(x, 1)));
                            return root * root == size(x, 1)
                                    ? x.reshape(-1, root, root)
                                            .transpose(0, 2, 1)
                                            .reshape(x.getShape())
                                    : x.neg();
                        })
                        .at("T", 1, 9, 10, 64, 65, 100),
                one("the middle square", "x:float32[N,2,H,W]", x -> {
                            long h = size(x, 2);
                            long w = size(x, 3);
                            long side = Math.min(h, w);
                            long top = (h - side) / 2;
                            long left = (w - side) / 2;
                            return x.get(":, :, {}:{}, {}:{}", top, top + side, left, left + side);
                        })
                        .at("H", 1, 9, 30, 8)
                        .at("W", 1, 20, 9, 8),
                one(
                                "landscapes turned",
                                "x:float32[N,2,H,W]",
                                x -> size(x, 3) > size(x, 2)
                                        ? x.transpose(0, 1, 3, 2).mul(1)
                                        : x.mul(1))
                        .at("H", 9, 9, 30, 1)
                        .at("W", 9, 9, 31, 1),
                two("the shorter padded to the longer", l -> {
                            long more = size(l.get(0), 1) - size(l.get(1), 1);
                            NDArray a = more < 0 ? l.get(0).pad(new Shape(0, -more), 0) : l.get(0);
                            return a.add(more > 0 ? l.get(1).pad(new Shape(0, more), 0) : l.get(1));
                        })
                        .at("S", 1, 5, 9, 64)
                        .at("T", 1, 40, 9, 33),
                two("both truncated to the shorter", l -> {
                            long shorter = Math.min(size(l.get(0), 1), size(l.get(1), 1));
                            return l.get(0).get(":, :{}", shorter).mul(l.get(1).get(":, :{}", shorter));
                        })
                        .at("S", 1, 5, 9, 64)
                        .at("T", 1, 40, 9, 33),
                two("a joint context of at most 64", l -> {
                            NDArray both = l.get(0).concat(l.get(1), 1);
                            return size(l.get(0), 1) + size(l.get(1), 1) > 64 ? both.get(":, -64:") : both;
                        })
                        .at("S", 1, 24, 24, 64)
                        .at("T", 1, 40, 41, 33),
                one("a thumbnail of the same proportions", "x:float32[1,2,H,W]", x -> {
                            long width = Math.max(1, 8 * size(x, 3) / size(x, 2));
                            return x.getNDArrayInternal().interpolation(new long[] {8, width}, 1, false);
                        })
                        .at("H", 9, 9, 63, 33)
                        .at("W", 9, 40, 4, 20),
                one("faded by the length", MATRIX, x -> x.mul((float) Math.exp(-size(x, 1) / 100.0))));
    }

    private static long size(NDArray x, int axis) {
        return x.getShape().get(axis);
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    private static OutsideBlock one(String name, String input, UnaryOperator<NDArray> function) {
        return OutsideBlock.of(name, Origin.HABITS, m -> LambdaBlock.singleton(function), input);
    }

    private static OutsideBlock two(String name, Function<NDList, NDArray> function) {
        return OutsideBlock.of(
                name, Origin.HABITS, m -> new LambdaBlock(list -> new NDList(function.apply(list))), PAIR);
    }
}
