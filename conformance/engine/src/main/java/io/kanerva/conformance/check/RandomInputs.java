package io.kanerva.conformance.check;

import com.google.protobuf.MessageLite;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.TensorShapeProto.Dimension;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleSupplier;

/**
 * Makes up a model's inputs from a seed: standard normal values for floating-point types, whole numbers within what the
 * model's own tables allow ({@link IndexBounds}), booleans, and words; sequences and maps of a few of these, and
 * optionals that are there. A dimension that the model leaves open (by a name, by nothing, or by a negative size) is 2
 * unless it is given or its name is arithmetic of others ({@code past + sequence}); a size of 0 is an empty tensor.
 */
public final class RandomInputs {
    /** A gigabyte of random values is more than any check needs. */
    private static final long MAX_VALUES = 1 << 28;

    /** Sizes are not searched beyond this, since many are tried. */
    private static final long MAX_TRIED = 1 << 20;

    private static final int OPEN = 2;
    /** Whole numbers are below this where nothing is known about them. */
    private static final long UNKNOWN_BOUND = 10;

    /** What is taken for a shape that the model leaves open. */
    private static final List<Dimension> UNRANKED =
            List.of(Dimension.getDefaultInstance(), Dimension.getDefaultInstance());

    private final Path model;
    private final ModelProto proto;
    private final List<ValueInfoProto> inputs;
    private final Map<String, Integer> sizes;
    private final Map<String, Range> ranges;
    private final Set<String> unit;

    /**
     * Bounds of an input's values.
     *
     * @param from the smallest value
     * @param to above all values; integers reach up to the last one before it
     */
    public record Range(double from, double to) {

        /** How many integers there are within. */
        public double integers() {
            return Math.ceil(to) - Math.ceil(from);
        }
    }

    private RandomInputs(
            Path model, ModelProto proto, Map<String, Integer> sizes, Map<String, Range> ranges, Set<String> unit) {
        this.model = model;
        this.proto = proto;
        this.sizes = sizes;
        this.ranges = ranges;
        this.unit = unit;
        inputs = Case.inputs(proto.getGraph());
    }

    /**
     * For a model.
     *
     * @param sizes of its open dimensions, by their names or as {@code input.axis}
     * @param ranges of its inputs' values, by their names
     * @param unit names of inputs with values in (0, 1): these go through the logistic function
     * @throws IOException if the model cannot be read
     */
    public static RandomInputs of(Path model, Map<String, Integer> sizes, Map<String, Range> ranges, Set<String> unit)
            throws IOException {
        return new RandomInputs(model, OnnxFiles.read(model), sizes, ranges, unit);
    }

    /** Names of the inputs, in the graph's order. */
    public List<String> names() {
        return inputs.stream().map(ValueInfoProto::getName).toList();
    }

    /** The names of open dimensions: their own, or {@code input.axis} for those without. */
    public Set<String> open() {
        Set<String> open = new LinkedHashSet<>();
        for (ValueInfoProto input : inputs) {
            List<Dimension> dimensions = dimensions(input);
            for (int axis = 0; axis < dimensions.size(); axis++) {
                if (isOpen(dimensions.get(axis))) {
                    open.add(name(input, axis));
                }
            }
        }
        return open;
    }

    /** Why no inputs can be made up, in one sentence; empty if they can. */
    public String problem() {
        for (ValueInfoProto input : inputs) {
            TypeProto.Tensor leaf = MadeUpValue.leaf(input.getType());
            ElementType type = ElementType.of(leaf.getElemType()).orElse(null);
            if (type == null) {
                return ("%s: input '%s': expected a type of ONNX that can be made up, found %s; "
                                + "--vectors takes other inputs")
                        .formatted(model, input.getName(), MadeUpValue.describe(input.getType(), leaf.getElemType()));
            }
            Range range = ranges.get(input.getName());
            if (range != null && type.isInteger() && range.integers() < 1) {
                return "%s: input '%s': expected a range that holds an integer, found %s..%s"
                        .formatted(model, input.getName(), range.from(), range.to());
            }
            if (range != null && !type.isNumeric()) {
                return "%s: input '%s': expected a range for numbers, found one for %s"
                        .formatted(model, input.getName(), type);
            }
        }
        return "";
    }

    /**
     * A case of random inputs, whose expected outputs ONNX Runtime's Java API computes.
     *
     * @param graph the model's name in tables
     * @param scratch where the inputs are written
     * @throws IOException if the inputs cannot be written, or would be too large
     */
    public Case write(String graph, long seed, Budget budget, Path scratch) throws IOException {
        Path folder = scratch.resolve("%s-random-%d".formatted(fileName(graph), seed));
        return write(graph, seed, budget, folder, sizes, UNKNOWN_BOUND);
    }

    private Case write(String graph, long seed, Budget budget, Path folder, Map<String, Integer> chosen, long bound)
            throws IOException {
        Files.createDirectories(folder);
        List<MessageLite> made = make(seed, chosen, bound);
        for (int i = 0; i < made.size(); i++) {
            Files.write(
                    folder.resolve(TensorFolder.INPUT + i + ".pb"), made.get(i).toByteArray());
        }
        List<String> named = new ArrayList<>();
        for (String name : open()) {
            named.add(name + "=" + size(name, open(), chosen));
        }
        String label = inputs.isEmpty() ? "no inputs" : ("random " + seed + " " + String.join(" ", named)).strip();
        return new Case(graph, label, model, folder, List.of(), JavaRuntime.CPU, budget);
    }

    /**
     * The same, at sizes and with numbers that an engine accepts, which are found by trying if the first are refused.
     *
     * @throws IOException if the inputs cannot be written, or would be too large
     */
    public Case find(String graph, long seed, Budget budget, Path scratch, ModelRuntime engine) throws IOException {
        Case first = write(graph, seed, budget, scratch);
        if (!(engine.run(List.of(job(first)), done -> {}).get(0) instanceof None none)
                || none.kind() == None.Kind.ADAPTER) {
            return first;
        }
        Set<String> free = new LinkedHashSet<>(open());
        free.removeAll(sizes.keySet());
        free.removeIf(name -> derived(name, open(), Map.of()).isPresent());
        List<SizeCandidates.Try> candidates = SizeCandidates.candidates(proto, free, none.why(), UNKNOWN_BOUND);
        for (int from = 0; from < candidates.size(); from += SizeCandidates.AT_ONCE) {
            List<Case> tries = new ArrayList<>();
            for (int i = from; i < Math.min(candidates.size(), from + SizeCandidates.AT_ONCE); i++) {
                Map<String, Integer> chosen =
                        new LinkedHashMap<>(candidates.get(i).sizes());
                chosen.putAll(sizes);
                if (values(chosen) <= MAX_TRIED) {
                    Path folder = scratch.resolve("%s-try-%d-%d".formatted(fileName(graph), seed, i));
                    tries.add(write(
                            graph,
                            seed,
                            budget,
                            folder,
                            chosen,
                            candidates.get(i).bound()));
                }
            }
            List<Answer> answers =
                    engine.run(tries.stream().map(RandomInputs::job).toList(), done -> {});
            for (int i = 0; i < tries.size(); i++) {
                if (answers.get(i) instanceof Outputs) {
                    return tries.get(i);
                }
            }
        }
        return first;
    }

    /** Number of values in all inputs. */
    private double values(Map<String, Integer> chosen) {
        return inputs.stream()
                .mapToDouble(input ->
                        Arrays.stream(shape(input, chosen)).asDoubleStream().reduce(1, (one, other) -> one * other))
                .sum();
    }

    private static String fileName(String graph) {
        return graph.replaceAll("[^\\w.-]", "_");
    }

    private static Job job(Case made) {
        return new Job(made.model(), made.inputs(), false);
    }

    private List<MessageLite> make(long seed, Map<String, Integer> chosen, long bound) throws IOException {
        Random random = new Random(seed);
        IndexBounds bounds = new IndexBounds(proto);
        List<MessageLite> values = new ArrayList<>();
        for (ValueInfoProto input : inputs) {
            long[] shape = shape(input, chosen);
            requireSmall(input, shape);
            ElementType type = ElementType.of(MadeUpValue.leaf(input.getType()).getElemType())
                    .orElseThrow();
            DoubleSupplier numbers =
                    type.isNumeric() ? values(input.getName(), type, bounds, bound, random) : random::nextGaussian;
            values.add(new MadeUpValue(random, numbers, shape).of(input.getType(), input.getName()));
        }
        return values;
    }

    private DoubleSupplier values(String input, ElementType type, IndexBounds bounds, long bound, Random random) {
        Range range = ranges.get(input);
        if (range != null && type.isFloat()) {
            return () -> range.from() + random.nextDouble() * (range.to() - range.from());
        }
        if (range != null) {
            return () -> Math.ceil(range.from()) + Math.floor(random.nextDouble() * range.integers());
        }
        if (type == ElementType.BOOL) {
            return () -> random.nextBoolean() ? 1 : 0;
        }
        if (type.isInteger()) {
            OptionalLong rows = bounds.of(input);
            long below = Math.max(1, rows.orElse(bound));
            long most = type == ElementType.INT8 ? Math.min(below, 128) : Math.min(below, 1L << 31);
            // A table of one row has no other index than 0, even where something is divided by it.
            long least = bounds.divides(input) && (rows.isEmpty() || most > 1) ? 1 : 0;
            return () -> least + Math.floor(random.nextDouble() * Math.max(1, most - least));
        }
        return unit.contains(input) ? () -> 1 / (1 + Math.exp(-random.nextGaussian())) : random::nextGaussian;
    }

    /** Of a tensor, or of the tensors in a sequence, a map or an optional. */
    private static List<Dimension> dimensions(ValueInfoProto input) {
        TypeProto.Tensor leaf = MadeUpValue.leaf(input.getType());
        return leaf.hasShape() ? leaf.getShape().getDimList() : UNRANKED;
    }

    private static boolean isOpen(Dimension dimension) {
        return !dimension.hasDimValue() || dimension.getDimValue() < 0;
    }

    private static String name(ValueInfoProto input, int axis) {
        String own = dimensions(input).get(axis).getDimParam();
        return own.isEmpty() ? input.getName() + "." + axis : own;
    }

    /** The size of an open dimension: the chosen one, or what its name says of others, or the default. */
    private static int size(String name, Set<String> open, Map<String, Integer> chosen) {
        Integer given = chosen.get(name);
        return given != null ? given : derived(name, open, chosen).orElse(OPEN);
    }

    private static OptionalInt derived(String name, Set<String> open, Map<String, Integer> chosen) {
        Set<String> others = new LinkedHashSet<>(open);
        others.remove(name);
        return SizeFormula.value(name, others, one -> size(one, others, chosen));
    }

    private long[] shape(ValueInfoProto input, Map<String, Integer> chosen) {
        List<Dimension> dimensions = dimensions(input);
        long[] shape = new long[dimensions.size()];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = isOpen(dimensions.get(axis))
                    ? size(name(input, axis), open(), chosen)
                    : dimensions.get(axis).getDimValue();
        }
        return shape;
    }

    private void requireSmall(ValueInfoProto input, long[] shape) throws IOException {
        long values = 1;
        for (long size : shape) {
            values = size > MAX_VALUES || values > MAX_VALUES ? Long.MAX_VALUE : values * size;
        }
        if (values > MAX_VALUES) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "%s: input '%s': expected a shape of at most %,d random values, found %s; "
                            + "--vectors takes other inputs",
                    model,
                    input.getName(),
                    MAX_VALUES,
                    Arrays.toString(shape)));
        }
    }
}
