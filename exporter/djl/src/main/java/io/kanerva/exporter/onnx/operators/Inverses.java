package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Inverses of small matrices: the adjugate divided by the determinant, in float64, so that a float32 inverse is as
 * accurate as the engine's, which solves with pivots. A matrix without an inverse, for which the engine throws, gives
 * infinities or NaN.
 */
final class Inverses {
    private static final int MAX_ROWS = 4;

    private Inverses() {}

    static void register(Operators table) {
        table.put(
                "inverse",
                "Reshape, Gather, Mul, Add, Sub, ReduceSum and Div for the adjugate and the determinant "
                        + "(up to 4 x 4, in "
                        + "float64)",
                Inverses::inverse);
    }

    private static Value inverse(GraphBuilder g, Operation op, List<Value> in) {
        Size size = op.input().shape().get(op.input().rank() - 1);
        if (!size.isFixed() || size.value() > MAX_ROWS || size.value() < 1) {
            throw new UnsupportedOperationException(
                    "ONNX's standard domain has no matrix inverse; it is written out for "
                            + "matrices of a fixed size up to " + MAX_ROWS + " x " + MAX_ROWS + ", found " + size
                            + " x "
                            + size
                            + "; solve before the model");
        }
        int n = Math.toIntExact(size.value());
        int rank = op.input().rank();
        ElementType type = op.output().type();
        List<Size> rows = new ArrayList<>(Collections.nCopies(rank - 2, Size.fixed(0)));
        rows.add(Size.fixed((long) n * n));
        Value x = g.cast(g.node("Reshape", g.cast(in.get(0), ElementType.FLOAT64), g.sizes(rows)), ElementType.FLOAT64);
        Value adjugate = n == 1 ? g.node("Div", x, x) : adjugate(g, x, n);
        Value firstRow = elements(g, x, IntStream.range(0, n).toArray());
        Value firstColumn =
                elements(g, adjugate, IntStream.range(0, n).map(i -> i * n).toArray());
        Value determinant =
                Reductions.reduce(g, "ReduceSum", g.node("Mul", firstRow, firstColumn), new long[] {-1}, true);
        List<Size> shape = new ArrayList<>(Collections.nCopies(rank - 2, Size.fixed(0)));
        shape.addAll(List.of(size, size));
        Value inverse = g.node("Reshape", g.node("Div", adjugate, determinant), g.sizes(shape));
        return type == ElementType.FLOAT64 ? inverse : g.cast(inverse, type);
    }

    /** Elements of the flattened matrix. */
    private static Value elements(GraphBuilder g, Value x, int... places) {
        return g.node(
                "Gather",
                List.of(x, g.integers(IntStream.of(places).asLongStream().toArray())),
                "axis",
                -1);
    }

    /** Element (i, j) is (-1)^(i+j) times the determinant without row j and column i, a sum over permutations. */
    private static Value adjugate(GraphBuilder g, Value x, int n) {
        Value sum = null;
        for (List<Integer> order : permutations(n - 1)) {
            Value product = null;
            for (int k = 0; k < n - 1; k++) {
                int row = k;
                int column = order.get(k);
                Value factor = elements(
                        g,
                        x,
                        IntStream.range(0, n * n)
                                .map(at -> without(at % n, row) * n + without(at / n, column))
                                .toArray());
                product = product == null ? factor : g.node("Mul", product, factor);
            }
            sum = sum == null ? product : g.node(isEven(order) ? "Add" : "Sub", sum, product);
        }
        double[] signs = IntStream.range(0, n * n)
                .mapToDouble(at -> (at / n + at % n) % 2 == 0 ? 1 : -1)
                .toArray();
        return g.node("Mul", sum, g.constant(Tensor.of(ElementType.FLOAT64, signs, n * n)));
    }

    /** The k-th index that is left without one. */
    private static int without(int removed, int k) {
        return k < removed ? k : k + 1;
    }

    private static boolean isEven(List<Integer> order) {
        long inversions = IntStream.range(0, order.size())
                .mapToLong(i -> order.subList(0, i).stream()
                        .filter(other -> other > order.get(i))
                        .count())
                .sum();
        return inversions % 2 == 0;
    }

    /** All orders of the numbers below n, the sorted one first. */
    private static List<List<Integer>> permutations(int n) {
        if (n == 0) {
            return List.of(List.of());
        }
        List<List<Integer>> orders = new ArrayList<>();
        for (List<Integer> shorter : permutations(n - 1)) {
            for (int place = n - 1; place >= 0; place--) {
                List<Integer> order = new ArrayList<>(shorter);
                order.add(place, n - 1);
                orders.add(order);
            }
        }
        return orders;
    }
}
