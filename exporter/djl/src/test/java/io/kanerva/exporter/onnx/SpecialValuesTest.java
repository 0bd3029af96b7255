package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Each exported method on NaN, infinities, zeros of both signs, subnormal numbers and the ends of the integers, in
 * every element type that the engine takes. What ONNX Runtime computes differently is listed in SPECIAL_VALUES.md,
 * which {@code -Dspecial.write=true} writes anew. A build takes a third of the pairs of a method and a type,
 * {@code -Dspecial.full=true} all.
 */
@Tag("long")
class SpecialValuesTest {
    private static final Path PAGE = Path.of("SPECIAL_VALUES.md");
    private static final boolean WRITES = Boolean.getBoolean("special.write");
    /** Every method in every type; a build takes each method in some of them. */
    private static final boolean IS_FULL = WRITES || Boolean.getBoolean("special.full");

    private static final int PART = 3;
    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;
    private static final String HEAD = "| method | differs for |\n|---|---|\n";
    private static final String NO_KERNEL = "no kernel";
    private static final double TOLERANCE = 1e-4;
    /** Sizes of the samples' dynamic dimensions. */
    private static final Map<String, Integer> SIZES = Map.of("A", 5, "B", 2, "T", 3);

    /** Values by the name of what is special about them. */
    private static Map<String, double[]> values(DataType type) {
        Map<String, double[]> values = new LinkedHashMap<>();
        if (type.isFloating()) {
            double tiny =
                    type == DataType.FLOAT16 ? 0x1p-24 : type == DataType.FLOAT32 ? Float.MIN_VALUE : Double.MIN_VALUE;
            double huge =
                    type == DataType.FLOAT16 ? 65504 : type == DataType.FLOAT32 ? Float.MAX_VALUE : Double.MAX_VALUE;
            values.put("NaN", new double[] {0.5, -2, NAN, 1.25, 3, -1, 0.25});
            values.put("infinity", new double[] {1.5, INFINITY, -2, 0.5, -INFINITY, 1, 0.25});
            values.put("zeros", new double[] {-0.0, 0, tiny, 1, -tiny, -1, 0.5});
            values.put("largest", new double[] {huge, 1, -huge, 0.5, 2, -1, -0.25});
        } else {
            double[] ends = switch (type) {
                case INT8 -> new double[] {Byte.MIN_VALUE, Byte.MAX_VALUE};
                case UINT8 -> new double[] {0, 255};
                case INT32 -> new double[] {Integer.MIN_VALUE, Integer.MAX_VALUE};
                case INT64 -> new double[] {Long.MIN_VALUE, Long.MAX_VALUE};
                default -> new double[] {0, 1};
            };
            values.put("integers", new double[] {1, ends[0], 3, ends[1], 0, 1, 2});
            // Beyond half of the digits of the type, of int32 and of float64: sums and products show what computes in
            // another type.
            double[] large = switch (type) {
                case INT64 -> new double[] {3037000501L, -0x1p53, 0x1p53, -3037000501L};
                case INT32 -> new double[] {46341, -0x1p24, 0x1p24, -46341};
                case INT8 -> new double[] {13, -64, 64, -13};
                default -> new double[] {17, 129, 128, 200};
            };
            values.put("large", new double[] {1, large[0], large[1], 3, large[2], large[3], 5});
        }
        return values;
    }

    private static Tensor tensor(InputSpec input, double[] values) {
        int[] next = {0};
        return Tensor.of(
                DjlTensors.elementType(input.type()),
                () -> values[next[0]++ % values.length],
                input.shapeAt(Map.of()).getShape());
    }

    private static InputSpec typed(InputSpec input, DataType type) {
        List<Dimension> shape = input.shape().stream()
                .map(size -> size.isNamed() ? Dimension.fixed(SIZES.get(size.name())) : size)
                .toList();
        return new InputSpec(input.name(), input.type() == DataType.FLOAT32 ? type : input.type(), shape);
    }

    private static boolean isSame(double expected, double found, double precision) {
        return expected == found
                || Double.isNaN(expected) && Double.isNaN(found)
                || Math.abs(found - expected) <= Math.max(TOLERANCE, 4 * precision) * Math.max(1, Math.abs(expected));
    }

    private final OrtRunner runtime = new OrtRunner();
    private final Map<String, Map<String, Set<String>>> found = new TreeMap<>();
    private int pairs;

    /** Calls whose samples elsewhere avoid what they are not defined for. */
    private static Map<String, Sample> plain() {
        InputSpec input = input("x", "B", "T", 6);
        Map<String, UnaryOperator<NDArray>> calls = Map.of(
                "sqrt()", NDArray::sqrt,
                "cbrt()", NDArray::cbrt,
                "log()", NDArray::log,
                "log2()", NDArray::log2,
                "tan()", NDArray::tan,
                "asin()", NDArray::asin,
                "erfinv()", NDArray::erfinv,
                "pow(NDArray)", x -> x.pow(x),
                "xlogy(NDArray)", x -> x.xlogy(x),
                "div(NDArray)", x -> x.div(x));
        return calls.entrySet().stream()
                .collect(Collectors.toMap(
                        entry -> "NDArray." + entry.getKey(),
                        entry -> new Sample(
                                List.of(input), list -> entry.getValue().apply(list.singletonOrThrow()))));
    }

    private void note(String method, DataType type, String kind) {
        found.computeIfAbsent(method, m -> new TreeMap<>())
                .computeIfAbsent(type.toString(), t -> new TreeSet<>())
                .add(kind);
    }

    private void compare(String method, Sample sample, DataType type, NDManager manager) {
        List<InputSpec> inputs =
                sample.inputs().stream().map(input -> typed(input, type)).toList();
        Function<NDList, NDList> call = list -> new NDList(sample.call().apply(list));
        OnnxModel model = null;
        for (Map.Entry<String, double[]> kind : values(type).entrySet()) {
            Map<String, Tensor> feeds = new LinkedHashMap<>();
            for (int i = 0; i < inputs.size(); i++) {
                boolean isIndex = sample.inputs().get(i).type() == DataType.INT64;
                double[] values = isIndex ? new double[] {0, 1} : kind.getValue();
                feeds.put(inputs.get(i).name(), tensor(inputs.get(i), values));
            }
            Tensor expected;
            try (NDManager own = manager.newSubManager()) {
                NDList arrays = new NDList();
                feeds.values().forEach(tensor -> arrays.add(DjlTensors.toArray(tensor, own)));
                expected = DjlTensors.copyOf(call.apply(arrays).singletonOrThrow());
            } catch (RuntimeException e) {
                return; // The engine does not take the type.
            }
            try {
                model = model == null
                        ? OnnxExporter.export(new LambdaBlock(call), inputs, List.of("y"), ExportOptions.defaults())
                        : model;
            } catch (ExportException e) {
                return;
            }
            try {
                if (!isSame(expected, runtime.run(model.toBytes(), feeds).get("y"))) {
                    note(method, type, kind.getKey());
                }
            } catch (IllegalArgumentException e) {
                assertThat(e).as("%s, %s", method, type).hasMessageMatching("(?s).*NOT_IMPLEMENTED.*");
                note(method, type, NO_KERNEL);
                return;
            }
        }
        pairs++;
    }

    private static boolean isSame(Tensor expected, Tensor found) {
        if (expected.type().isInteger()) {
            return expected.elements().equals(found.elements());
        }
        double[] a = expected.doubles();
        double[] b = found.doubles();
        double precision = expected.type().precision();
        return a.length == b.length && IntStream.range(0, a.length).allMatch(i -> isSame(a[i], b[i], precision));
    }

    private static String page(Map<String, Map<String, Set<String>>> rows) {
        return rows.entrySet().stream()
                .map(row -> "| `" + row.getKey() + "` | "
                        + row.getValue().entrySet().stream()
                                .map(cell -> cell.getKey() + ": " + String.join(", ", cell.getValue()))
                                .collect(Collectors.joining("; "))
                        + " |\n")
                .collect(Collectors.joining());
    }

    private static Map<String, Map<String, Set<String>>> listed(String page) {
        Map<String, Map<String, Set<String>>> rows = new TreeMap<>();
        page.lines().filter(line -> line.startsWith("| `")).forEach(line -> {
            String[] cells = line.split(" \\| ");
            Map<String, Set<String>> types = new TreeMap<>();
            for (String cell : cells[1].replace(" |", "").split("; ")) {
                types.put(cell.split(": ")[0], Set.of(cell.split(": ")[1].split(", ")));
            }
            rows.put(cells[0].substring(3, cells[0].length() - 1), types);
        });
        return rows;
    }

    private static boolean isTried(String method, DataType type) {
        return IS_FULL || Math.floorMod(method.hashCode() + type.ordinal(), PART) == 0;
    }

    @Test
    void whatDiffersIsListed() throws IOException {
        Map<String, Sample> samples = new TreeMap<>(MethodSamples.all());
        samples.putAll(SelectionSamples.all());
        samples.putAll(InternalMethodSamples.all());
        try (NDManager manager = NDManager.newBaseManager()) {
            for (Map<String, Sample> calls : List.of(samples, plain())) {
                calls.forEach((method, sample) -> InputSpec.TYPES.stream()
                        .filter(type -> isTried(method, type))
                        .forEach(type -> compare(method, sample, type, manager)));
            }
        }
        String text = Files.readString(PAGE);
        if (WRITES) {
            text = text.substring(0, text.indexOf(HEAD) + HEAD.length()) + page(found);
            Files.writeString(PAGE, text);
            System.out.println(pairs + " pairs of a method and an element type were compared");
        }
        Map<String, Map<String, Set<String>>> listed = listed(text);
        found.forEach((method, types) -> types.forEach((type, kinds) -> assertThat(
                        listed.getOrDefault(method, Map.of()).getOrDefault(type, Set.of()))
                .as("what is listed in %s for %s of %s; write it anew with -Dspecial.write=true", PAGE, method, type)
                .containsAll(kinds)));
        // Single cells may differ between processors, as sums that overflow do; a method that differs nowhere is out of
        // place.
        assertThat(pairs).isGreaterThan(500);
        assertThat(listed.entrySet())
                .filteredOn(row -> !found.containsKey(row.getKey())
                        && row.getValue().keySet().stream()
                                .allMatch(
                                        type -> isTried(row.getKey(), DataType.valueOf(type.toUpperCase(Locale.ROOT)))))
                .as("methods in %s that do not differ", PAGE)
                .allMatch(row -> row.getValue().values().stream().allMatch(Set.of("largest")::equals));
    }
}
