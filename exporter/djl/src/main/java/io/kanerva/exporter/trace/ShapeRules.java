package io.kanerva.exporter.trace;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The shapes of results, for operations that take long on large arrays. Arguments that the engine might reject have no
 * shape here, so that the engine is asked.
 */
final class ShapeRules {
    private static final Map<String, Rule> RULES = rules();

    private ShapeRules() {}

    /** The shape of a result by the shape of the first array, those of all arrays, and the other arguments. */
    @FunctionalInterface
    private interface Rule {
        long[] shape(long[] x, List<long[]> inputs, Map<String, Object> attributes);
    }

    private static Map<String, Rule> rules() {
        Map<String, Rule> rules = new HashMap<>();
        for (String name : ("neg abs square sqrt cbrt floor ceil round trunc exp log log10 log2 sin cos tan asin acos "
                        + "atan sinh cosh tanh sign erf isNaN isInfinite logicalNot relu sigmoid softPlus softSign "
                        + "selu gelu toType identity dropout clip leakyRelu elu")
                .split(" ")) {
            rules.put(name, (x, in, op) -> x);
        }
        for (String name : ("add sub mul div mod pow eq neq gt gte lt lte maximum minimum logicalAnd logicalOr "
                        + "logicalXor where")
                .split(" ")) {
            rules.put(
                    name,
                    (x, in, op) -> in.stream().reduce(ShapeRules::broadcast).orElseThrow());
        }
        for (String name : List.of("sum", "mean", "max", "min", "prod")) {
            rules.put(
                    name,
                    (x, in, op) -> op.containsKey("axes")
                            ? reduced(x, (long[]) op.get("axes"), (Boolean) op.get("keepDims"))
                            : null);
        }
        for (String name : List.of("softmax", "logSoftmax")) {
            rules.put(name, (x, in, op) -> hasAxis(x, (Long) op.get("axis")) ? x : null);
        }
        rules.put("layerNorm", (x, in, op) -> endsWith(x, (long[]) op.get("shape")) ? x : null);
        rules.put("batchNorm", (x, in, op) -> hasChannels(x, in, (Long) op.get("axis")) ? x : null);
        rules.put("matMul", (x, in, op) -> matMul(x, in.get(1)));
        rules.put("linear", (x, in, op) -> linear(x, in.get(1), in.get(2)));
        rules.put("convolution", (x, in, op) -> convolution(in, op));
        rules.put("maxPool", (x, in, op) -> pool(x, op));
        rules.put("avgPool", (x, in, op) -> pool(x, op));
        rules.put("concat", (x, in, op) -> concat(in, (Long) op.get("axis")));
        rules.put("embedding", (x, in, op) -> append(x, in.get(1)[1]));
        rules.put("interpolation", (x, in, op) -> resized(x, (long[]) op.get("size")));
        return Map.copyOf(rules);
    }

    /** The operations that have a rule. */
    static Set<String> operations() {
        return RULES.keySet();
    }

    /**
     * The shape of each result.
     *
     * @param operation its name, see {@link RecordedMethods}
     * @param inputs the shapes of the arrays that it reads; null for an absent one
     * @param attributes its other arguments as on the tape
     * @return empty if no rule applies
     */
    static List<long[]> of(String operation, List<long[]> inputs, Map<String, Object> attributes) {
        Rule rule = RULES.get(operation);
        if (rule == null || inputs.isEmpty() || inputs.get(0) == null) {
            return List.of();
        }
        long[] shape = rule.shape(inputs.get(0), inputs, attributes);
        return shape == null ? List.of() : List.of(shape);
    }

    /** NumPy's broadcasting; null if the shapes do not fit. */
    private static long[] broadcast(long[] a, long[] b) {
        if (a == null || b == null) {
            return null;
        }
        long[] longer = (a.length >= b.length ? a : b).clone();
        long[] shorter = a.length >= b.length ? b : a;
        for (int i = 1; i <= shorter.length; i++) {
            long x = longer[longer.length - i];
            long y = shorter[shorter.length - i];
            if (x != y && x != 1 && y != 1) {
                return null;
            }
            longer[longer.length - i] = x == 1 ? y : x;
        }
        return longer;
    }

    private static boolean hasAxis(long[] x, long axis) {
        return axis >= -x.length && axis < x.length;
    }

    private static long[] reduced(long[] x, long[] axes, boolean keepsDimensions) {
        boolean[] isReduced = new boolean[x.length];
        for (long axis : axes) {
            if (!hasAxis(x, axis)) {
                return null;
            }
            isReduced[Math.floorMod(axis, x.length)] = true;
        }
        long[] shape = new long[x.length];
        int rank = 0;
        for (int i = 0; i < x.length; i++) {
            if (!isReduced[i] || keepsDimensions) {
                shape[rank++] = isReduced[i] ? 1 : x[i];
            }
        }
        return axes.length == 0 || Arrays.stream(x).anyMatch(size -> size == 0) ? null : Arrays.copyOf(shape, rank);
    }

    private static boolean endsWith(long[] x, long[] end) {
        return end.length <= x.length && Arrays.equals(Arrays.copyOfRange(x, x.length - end.length, x.length), end);
    }

    private static boolean hasChannels(long[] x, List<long[]> inputs, long axis) {
        return hasAxis(x, axis)
                && inputs.stream()
                        .skip(1)
                        .filter(Objects::nonNull)
                        .allMatch(shape -> shape.length == 1 && shape[0] == x[Math.floorMod(axis, x.length)]);
    }

    /** Matrices, and batches of them with equal or no batch dimensions. */
    private static long[] matMul(long[] a, long[] b) {
        if (a.length < 2 || b.length < 2 || a[a.length - 1] != b[b.length - 2]) {
            return null;
        }
        long[] batchA = Arrays.copyOf(a, a.length - 2);
        long[] batchB = Arrays.copyOf(b, b.length - 2);
        if (batchA.length > 0 && batchB.length > 0 && !Arrays.equals(batchA, batchB)) {
            return null;
        }
        return append(append(batchA.length > 0 ? batchA : batchB, a[a.length - 2]), b[b.length - 1]);
    }

    private static long[] linear(long[] x, long[] weight, long[] bias) {
        boolean fits = x.length > 0
                && weight.length == 2
                && x[x.length - 1] == weight[1]
                && (bias == null || bias.length == 1 && bias[0] == weight[0]);
        return fits ? append(Arrays.copyOf(x, x.length - 1), weight[0]) : null;
    }

    private static long[] convolution(List<long[]> inputs, Map<String, Object> attributes) {
        long[] x = inputs.get(0);
        long[] weight = inputs.get(1);
        long[] stride = (long[]) attributes.get("stride");
        long[] padding = (long[]) attributes.get("padding");
        long[] dilation = (long[]) attributes.get("dilation");
        int rank = x.length - 2;
        if (rank < 1
                || weight.length != x.length
                || stride.length != rank
                || padding.length != rank
                || dilation.length != rank
                || x[1] != weight[1] * (Long) attributes.get("groups")) {
            return null;
        }
        long[] shape = x.clone();
        shape[1] = weight[0];
        for (int i = 0; i < rank; i++) {
            long space = x[i + 2] + 2 * padding[i] - dilation[i] * (weight[i + 2] - 1) - 1;
            if (space < 0) {
                return null;
            }
            shape[i + 2] = space / stride[i] + 1;
        }
        return shape;
    }

    private static long[] pool(long[] x, Map<String, Object> attributes) {
        long[] kernel = (long[]) attributes.get("kernel");
        long[] stride = (long[]) attributes.get("stride");
        long[] padding = (long[]) attributes.get("padding");
        int rank = x.length - 2;
        if ((Boolean) attributes.get("ceil")
                || rank < 1
                || kernel.length != rank
                || stride.length != rank
                || padding.length != rank) {
            return null;
        }
        long[] shape = x.clone();
        for (int i = 0; i < rank; i++) {
            long space = x[i + 2] + 2 * padding[i] - kernel[i];
            if (space < 0) {
                return null;
            }
            shape[i + 2] = space / stride[i] + 1;
        }
        return shape;
    }

    private static long[] concat(List<long[]> inputs, long axis) {
        long[] shape = inputs.get(0).clone();
        if (!hasAxis(shape, axis)) {
            return null;
        }
        int at = Math.floorMod(axis, shape.length);
        shape[at] = 0;
        for (long[] input : inputs) {
            if (input.length != shape.length) {
                return null;
            }
            for (int i = 0; i < shape.length; i++) {
                if (i == at) {
                    shape[i] += input[i];
                } else if (shape[i] != input[i]) {
                    return null;
                }
            }
        }
        return shape;
    }

    private static long[] resized(long[] x, long[] size) {
        if (x.length != size.length + 2) {
            return null;
        }
        long[] shape = x.clone();
        System.arraycopy(size, 0, shape, 2, size.length);
        return shape;
    }

    private static long[] append(long[] shape, long size) {
        long[] longer = Arrays.copyOf(shape, shape.length + 1);
        longer[shape.length] = size;
        return longer;
    }
}
