package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** How nodes are written out that look at windows of their input: pools, normalisation of channels, resampling. */
final class WindowWays {
    private static final int ROI_MODES = 16;
    private static final long[] TURNED = {0, 2, 1};
    private static final String HALF_PIXEL = "half_pixel";

    private final NodeProto node;
    private final int opset;

    WindowWays(NodeProto node, int opset) {
        this.node = node;
        this.opset = opset;
    }

    /** The right way, then those of mistakes. */
    List<Way> ways() {
        return switch (node.getOpType()) {
            case "AveragePool" -> pool();
            case "LRN" -> normalisation();
            case "Resize" -> opset < 11 ? List.of() : resampling();
            default -> regions();
        };
    }

    private long whole(String name, long otherwise) {
        return WrittenOut.attribute(node, name).map(AttributeProto::getI).orElse(otherwise);
    }

    private float number(String name, float otherwise) {
        return WrittenOut.attribute(node, name).map(AttributeProto::getF).orElse(otherwise);
    }

    private String text(String name, String otherwise) {
        return WrittenOut.attribute(node, name)
                .map(one -> one.getS().toStringUtf8())
                .orElse(otherwise);
    }

    private long[] wholes(String name, int size, long otherwise) {
        return WrittenOut.attribute(node, name)
                .map(one ->
                        one.getIntsList().stream().mapToLong(Long::longValue).toArray())
                .orElseGet(
                        () -> LongStream.generate(() -> otherwise).limit(size).toArray());
    }

    /** What lies in the padding counts if an attribute says so, and what lies beyond it never does. */
    private List<Way> pool() {
        if (!text("auto_pad", "NOTSET").equals("NOTSET") || opset < 9) {
            return List.of();
        }
        long[] padding = wholes("pads", 0, 0);
        boolean pads = Arrays.stream(padding).anyMatch(size -> size != 0);
        boolean up = whole("ceil_mode", 0) != 0;
        if (up && opset >= 22 && Arrays.stream(padding).skip(padding.length / 2).anyMatch(size -> size != 0)) {
            return List.of(); // what is written out keeps windows that begin in the padding at the end
        }
        boolean counts = whole("count_include_pad", 0) != 0;
        List<Way> ways = new ArrayList<>(List.of(new Way("", to -> averaged(to, counts, counts, 0))));
        if (pads) {
            ways.add(new Way(
                    counts ? "with its padding left out of the count" : "with its padding in the count",
                    to -> averaged(to, !counts, !counts, 0)));
        }
        if (pads && counts) {
            ways.add(new Way("with the padding at the end left out of the count", to -> averaged(to, true, false, 0)));
        }
        if (up) {
            ways.add(new Way("with what lies beyond the padding in the count", to -> averaged(to, counts, counts, 1)));
        }
        return pads || up ? ways : List.of();
    }

    /**
     * The average of what is there, as the quotient of two averages over whole windows.
     *
     * @param before whether padding before the input counts
     * @param after whether padding after the input counts
     * @param beyond 1 if what lies beyond the padding counts, too
     */
    private void averaged(WrittenOut to, boolean before, boolean after, float beyond) {
        long[] size = wholes("kernel_shape", 0, 0);
        int axes = size.length;
        long[] strides = wholes("strides", axes, 1);
        long[] dilations = wholes("dilations", axes, 1);
        long[] pads = wholes("pads", 2 * axes, 0);
        long[] none = new long[axes];
        long[] first = Arrays.copyOf(pads, axes);
        long[] last = Arrays.copyOfRange(pads, axes, 2 * axes);
        // Rounding the number of windows up is rounding it down with so much more at the end.
        long[] more = whole("ceil_mode", 0) == 0
                ? none
                : Arrays.stream(strides).map(stride -> stride - 1).toArray();
        String ones = to.add(
                "ConstantOfShape",
                List.of(to.add("Shape", List.of(to.input(0)))),
                "value",
                Tensor.of(new float[] {1}, 1));
        List<String> averages = new ArrayList<>();
        for (boolean count : new boolean[] {false, true}) {
            String value = count ? ones : to.input(0);
            value = to.padded(value, first, none, count && before ? 1 : 0);
            value = to.padded(value, none, last, count && after ? 1 : 0);
            value = to.padded(value, none, more, count ? beyond : 0);
            averages.add(
                    opset < 19
                            ? to.add("AveragePool", List.of(value), "kernel_shape", size, "strides", strides)
                            : to.add(
                                    "AveragePool",
                                    List.of(value),
                                    "kernel_shape",
                                    size,
                                    "strides",
                                    strides,
                                    "dilations",
                                    dilations));
        }
        to.result("Div", averages);
    }

    /** Of an even number of channels, one more lies after the one in the middle than before it. */
    private List<Way> normalisation() {
        long size = whole("size", 1);
        long less = (size - 1) / 2;
        long more = size - 1 - less;
        List<Way> ways = new ArrayList<>(List.of(new Way("", to -> normalised(to, less, more, size))));
        if (less != more) {
            ways.add(new Way("with one more channel before than after", to -> normalised(to, more, less, size)));
            ways.add(new Way("with as many channels after as before", to -> normalised(to, more, more, size)));
        }
        if (size > 1) {
            ways.add(new Way("without a division by its size", to -> normalised(to, less, more, 1)));
        }
        return opset < 7 ? List.of() : ways;
    }

    private static void normalised(WrittenOut to, long before, long after, long divisor) {
        String x = to.input(0);
        String flat = to.add("Reshape", List.of(x, to.constant(Tensor.of(new long[] {0, 0, -1}, 3))));
        String turned = to.add("Transpose", List.of(flat), "perm", TURNED); // channels last
        String squares = to.add("Mul", List.of(turned, turned));
        String padded = to.padded(squares, new long[] {before}, new long[] {after}, 0);
        long count = before + after + 1;
        String mean = to.add("AveragePool", List.of(padded), "kernel_shape", new long[] {count});
        float alpha = to.number("alpha", 1e-4f) * count / divisor;
        String sum = to.add("Mul", List.of(mean, to.number(ElementType.FLOAT32, alpha)));
        String scale = to.add(
                "Pow",
                List.of(
                        to.add("Add", List.of(sum, to.number(ElementType.FLOAT32, to.number("bias", 1)))),
                        to.number(ElementType.FLOAT32, to.number("beta", 0.75f))));
        String back = to.add("Transpose", List.of(scale), "perm", TURNED);
        to.result("Div", List.of(x, to.add("Reshape", List.of(back, to.add("Shape", List.of(x))))));
    }

    /** ONNX Runtime follows the attributes; engines take one value of them for another. */
    private List<Way> resampling() {
        String mode = text("mode", "nearest");
        List<Way> ways = new ArrayList<>(List.of(Way.ITSELF));
        String coordinates = "coordinate_transformation_mode";
        if (text(coordinates, HALF_PIXEL).equals("align_corners")) {
            return List.of(); // for sizes that are no whole numbers, it follows them differently itself
        }
        Stream.of(HALF_PIXEL, "pytorch_half_pixel", "asymmetric", "align_corners")
                .filter(other -> !other.equals(text(coordinates, HALF_PIXEL)))
                .forEach(other -> ways.add(taken(coordinates, other)));
        if (mode.equals("nearest")) {
            Stream.of("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
                    .filter(other -> !other.equals(text("nearest_mode", "round_prefer_floor")))
                    .forEach(other -> ways.add(taken("nearest_mode", other)));
        }
        if (mode.equals("cubic")) {
            boolean half = number("cubic_coeff_a", -0.75f) == -0.5f;
            ways.add(new Way("with another cubic_coeff_a", to -> to.itself("cubic_coeff_a", half ? -0.75f : -0.5f)));
            long excludes = whole("exclude_outside", 0);
            ways.add(new Way("with another exclude_outside", to -> to.itself("exclude_outside", 1 - excludes)));
        }
        return ways;
    }

    private static Way taken(String attribute, String other) {
        return new Way("with %s=%s".formatted(attribute, other), to -> to.itself(attribute, other));
    }

    /** Before opset 16, coordinates are not moved by half a pixel. */
    private List<Way> regions() {
        String mode = "coordinate_transformation_mode";
        if (opset >= ROI_MODES) {
            return List.of(
                    Way.ITSELF,
                    taken(mode, text(mode, HALF_PIXEL).equals(HALF_PIXEL) ? "output_half_pixel" : HALF_PIXEL));
        }
        float half = 0.5f / number("spatial_scale", 1);
        return List.of(Way.ITSELF, new Way("as from opset 16: with coordinates moved by half a pixel", to -> {
            String moved = to.add("Sub", List.of(to.input(1), to.number(ElementType.FLOAT32, half)));
            to.itself(List.of(to.input(0), moved, to.input(2)), "");
        }));
    }
}
