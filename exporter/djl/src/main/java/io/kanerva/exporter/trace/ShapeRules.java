package io.kanerva.exporter.trace;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The shapes of results, for operations that take long on large arrays. Arguments that the engine might reject have no
 * shape here, so that the engine is asked.
 */
final class ShapeRules {
    private static final Set<String> SAME = Set.of(
            ("neg abs square sqrt cbrt floor ceil round trunc exp log log10 log2 sin cos tan asin acos atan sinh cosh "
                            + "tanh sign erf isNaN isInfinite logicalNot relu sigmoid softPlus softSign selu gelu "
                            + "toType identity dropout clip leakyRelu elu")
                    .split(" "));
    private static final Set<String> BROADCASTING =
            Set.of("add sub mul div mod pow eq neq gt gte lt lte maximum minimum logicalAnd logicalOr logicalXor where"
                    .split(" "));
    private static final Set<String> REDUCTIONS = Set.of("sum", "mean", "max", "min", "prod");

    private ShapeRules() {}

    /**
     * The shape of each result.
     *
     * @param operation its name, see {@link RecordedMethods}
     * @param inputs the shapes of the arrays that it reads; null for an absent one
     * @param attributes its other arguments as on the tape
     * @return empty if no rule applies
     */
    static List<long[]> of(String operation, List<long[]> inputs, Map<String, Object> attributes) {
        long[] shape = shape(operation, inputs, attributes);
        return shape == null ? List.of() : List.of(shape);
    }

    private static long[] shape(String operation, List<long[]> inputs, Map<String, Object> attributes) {
        if (inputs.isEmpty() || inputs.get(0) == null) {
            return null;
        }
        long[] x = inputs.get(0);
        if (SAME.contains(operation)) {
            return x;
        }
        if (BROADCASTING.contains(operation)) {
            return inputs.stream().reduce(ShapeRules::broadcast).orElseThrow();
        }
        if (REDUCTIONS.contains(operation) && attributes.containsKey("axes")) {
            return reduced(x, (long[]) attributes.get("axes"), (Boolean) attributes.get("keepDims"));
        }
        return switch (operation) {
            case "softmax", "logSoftmax" -> hasAxis(x, (Long) attributes.get("axis")) ? x : null;
            case "layerNorm" -> endsWith(x, (long[]) attributes.get("shape")) ? x : null;
            case "batchNorm" -> hasChannels(x, inputs, (Long) attributes.get("axis")) ? x : null;
            case "matMul" -> matMul(x, inputs.get(1));
            case "linear" -> linear(x, inputs.get(1), inputs.get(2));
            case "convolution" -> convolution(inputs, attributes);
            case "maxPool", "avgPool" -> pool(x, attributes);
            case "concat" -> concat(inputs, (Long) attributes.get("axis"));
            case "embedding" -> append(x, inputs.get(1)[1]);
            case "interpolation" -> resized(x, (long[]) attributes.get("size"));
            default -> null;
        };
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
