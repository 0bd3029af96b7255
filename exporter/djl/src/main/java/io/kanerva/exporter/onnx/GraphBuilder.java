package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.SizeSource;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeFactor;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.WeightPacking;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Builds a graph; lowerings add their nodes here. Values are named by operator and number, so equal programs give equal
 * names.
 */
public final class GraphBuilder {
    private final int opset;
    private final boolean writesErfOut;
    /** The builder of the graph around this one; null for the outermost graph. */
    private final GraphBuilder parent;
    /** Whether sizes are computed in this graph, though another one is around it. */
    private final boolean ownsSizes;

    private final List<Value> inputs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    /** The node that computes each value. */
    private final Map<String, Node> producers = new HashMap<>();
    /** Values whose types and shapes are known. */
    private final Map<String, Value> known = new HashMap<>();

    private final Map<String, Tensor> initializers = new LinkedHashMap<>();
    private final Map<Tensor, Value> constants = new HashMap<>();
    private final SizeNodes sizes = new SizeNodes(this);
    private final SmallestSizes smallest;
    /** Sizes that depend on values. */
    private final Map<String, Supplier<Value>> counted = new HashMap<>();
    /** Dimensions that have a value in this graph only. */
    private final Set<String> ownDimensions = new HashSet<>();

    private Origin origin = Origin.UNKNOWN;
    private int count;

    GraphBuilder(ExportOptions options) {
        opset = options.opset();
        writesErfOut = options.writesErfOut();
        smallest = new SmallestSizes(options.limits().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, limit -> limit.getValue().min())));
        parent = null;
        ownsSizes = true;
    }

    private GraphBuilder(GraphBuilder parent, boolean ownsSizes) {
        opset = parent.opset;
        writesErfOut = parent.writesErfOut;
        smallest = parent.smallest;
        this.parent = parent;
        this.ownsSizes = ownsSizes;
    }

    /**
     * A builder of a subgraph of the next node: it may read all values of this graph, which gets its constants, and its
     * sizes unless they depend on the subgraph's own dimensions.
     */
    public GraphBuilder subgraph() {
        return new GraphBuilder(this, false);
    }

    /**
     * Like {@link #subgraph}, of a node that runs it at some sizes only: it computes all sizes itself, because the
     * expressions may have no value at others.
     */
    GraphBuilder branch() {
        GraphBuilder branch = new GraphBuilder(this, true);
        ownDimensions.forEach(name -> branch.dimension(name, sizes.size(Size.named(name))));
        return branch;
    }

    /** Gives a dimension a value in this graph, an int64 vector of one element. */
    void dimension(String name, Value value) {
        ownDimensions.add(name);
        sizes.put(Size.named(name), value);
    }

    /** Lets sizes that depend on values be read off an array that has them. */
    void counted(String operation, int id, Value array, int rank) {
        for (int axis = 0; axis < rank; axis++) {
            int last = axis;
            counted.put(SizeFactor.Named.count(operation, id, axis), () -> sizeOf(array, last));
        }
    }

    /** A name that no other value of the model has. */
    String unique(String name) {
        return parent == null ? name + "_" + count++ : parent.unique(name);
    }

    /** The version of the operator set that nodes must belong to. */
    public int opset() {
        return opset;
    }

    /** Whether erf is written out: {@link ExportOptions#withErfWrittenOut}. */
    public boolean writesErfOut() {
        return writesErfOut;
    }

    /** Adds an input of the graph; the shape may be null for one of a subgraph. */
    public Value input(String name, ElementType type, List<Size> shape) {
        Value value = new Value(name, type, shape);
        inputs.add(value);
        known.put(name, value);
        return value;
    }

    /** Remembers a value's type and shape. */
    void put(Value value) {
        known.put(value.name(), value);
    }

    /** A value of this graph with its type and shape, if they are known. */
    public Optional<Value> known(String name) {
        return Optional.ofNullable(known.get(name));
    }

    /** The node of this graph that computes a value. */
    public Optional<Node> producer(String name) {
        return Optional.ofNullable(producers.get(name));
    }

    /** Gives a value the name of a graph output. */
    void identity(Value value, String name) {
        nodes.add(new Node("Identity", List.of(value.name()), List.of(name), new TreeMap<>()));
    }

    /** Sets where the nodes come from that are added from now on. */
    void origin(Origin next) {
        origin = next;
    }

    /** The graph of all nodes that were added. */
    public Graph build(List<Value> outputs) {
        return new Graph(inputs, outputs, nodes, initializers);
    }

    /**
     * Adds a node with one output.
     *
     * @param operator ONNX's name in the standard domain
     * @param from the inputs; {@link Value#ABSENT} for absent optional ones
     * @param attributes names and values alternately; values are Long, Integer, Float, String, Tensor, {@code long[]},
     *     {@code float[]}, a list of String, or a subgraph's {@link Graph}
     * @throws UnsupportedOperationException if ONNX's operator has another form in the graph's opset
     */
    public Value node(String operator, List<Value> from, Object... attributes) {
        return nodes(operator, 1, from, attributes).get(0);
    }

    /** Adds a node with one output and no attributes. */
    public Value node(String operator, Value... from) {
        return node(operator, List.of(from));
    }

    /** Like {@link #node(String, List, Object...)}, for operators with several outputs. */
    public List<Value> nodes(String operator, int outputs, List<Value> from, Object... attributes) {
        SortedMap<String, Object> named = new TreeMap<>();
        for (int i = 0; i < attributes.length; i += 2) {
            named.put((String) attributes[i], attribute(attributes[i + 1]));
        }
        String name = unique(operator);
        List<Value> results = IntStream.range(0, outputs)
                .mapToObj(i -> new Value(outputs == 1 ? name : name + "_" + i, null, null))
                .toList();
        Node node = new Node(
                operator,
                from.stream().map(Value::name).toList(),
                results.stream().map(Value::name).toList(),
                named,
                origin);
        OperatorSchema.check(node, opset);
        nodes.add(node);
        node.outputs().forEach(output -> producers.put(output, node));
        return results;
    }

    private static Object attribute(Object value) {
        if (value instanceof Integer number) {
            return number.longValue();
        }
        if (value instanceof long[] numbers) {
            return Arrays.stream(numbers).boxed().toList();
        }
        if (value instanceof float[] numbers) {
            List<Float> list = new ArrayList<>();
            for (float number : numbers) {
                list.add(number);
            }
            return List.copyOf(list);
        }
        if (value instanceof List<?> texts) {
            return texts.stream().map(String.class::cast).toList();
        }
        if (value instanceof Long
                || value instanceof Float
                || value instanceof String
                || value instanceof Tensor
                || value instanceof Graph) {
            return value;
        }
        throw new IllegalArgumentException("expected a value for an ONNX attribute, found a "
                + value.getClass().getSimpleName());
    }

    /** A constant; equal constants share one value. */
    public Value constant(Tensor tensor) {
        return parent != null
                ? parent.constant(tensor)
                : constants.computeIfAbsent(tensor, t -> initializer(WeightPacking.CONSTANT + constants.size(), t));
    }

    /** A named weight; equal names must have equal values. */
    public Value initializer(String name, Tensor tensor) {
        if (parent != null) {
            return parent.initializer(name, tensor);
        }
        Tensor before = initializers.putIfAbsent(name, tensor);
        if (before != null && !before.equals(tensor)) {
            throw new IllegalStateException("two different initializers are called " + name);
        }
        return new Value(
                name,
                tensor.type(),
                Arrays.stream(tensor.shape()).mapToObj(Size::fixed).toList());
    }

    /** The values of a weight or a constant; empty for other values. */
    public Optional<Tensor> tensor(String name) {
        return parent != null ? parent.tensor(name) : Optional.ofNullable(initializers.get(name));
    }

    /** A constant without dimensions. */
    public Value scalar(ElementType type, double value) {
        return constant(Tensor.filled(type, value));
    }

    /** A constant without dimensions; as an int64, with all of its digits. */
    public Value scalar(ElementType type, long value) {
        return type == ElementType.INT64 ? constant(Tensor.of(new long[] {value})) : scalar(type, (double) value);
    }

    /** A constant int64 vector, as ONNX takes axes and sizes. */
    public Value integers(long... values) {
        return constant(Tensor.of(values, values.length));
    }

    /** The value cast to an element type; the value itself if it has that type already. */
    public Value cast(Value value, ElementType type) {
        if (value.type() == type) {
            return value;
        }
        return new Value(node("Cast", List.of(value), "to", type.number()).name(), type, value.shape());
    }

    /** A size as an int64 vector of one element, computed from the inputs' shapes where it is dynamic. */
    public Value size(Size size) {
        return isOwn(size.isKnown() ? size.dimensions() : Stream.empty()) ? sizes.size(size) : parent.size(size);
    }

    /** Whether a size may be 0 within the limits of the dimensions: the array has no elements there. */
    public boolean canBeZero(Size size) {
        return smallest.canBeZero(size);
    }

    /** A real number as a float64 vector of one element, computed from the inputs' shapes. */
    public Value real(RealSize number) {
        return isOwn(number.dimensions()) ? sizes.real(number) : parent.real(number);
    }

    private boolean isOwn(Stream<String> dimensions) {
        return ownsSizes || dimensions.anyMatch(ownDimensions::contains);
    }

    /** The axis of an input that has a size, as an int64 vector of one element. */
    Optional<Value> sizeOfInput(Size size) {
        return modelInputs().stream()
                .filter(input -> input.shape() != null && input.shape().contains(size))
                .findFirst()
                .map(input -> sizeOf(input, input.shape().indexOf(size)));
    }

    private List<Value> modelInputs() {
        return parent == null ? inputs : parent.modelInputs();
    }

    Value sizeOfDimension(String dimension) {
        if (counted.containsKey(dimension)) {
            return counted.get(dimension).get();
        }
        SizeSource source =
                SizeSource.of(modelInputs().stream().map(Value::shape).toList()).get(dimension);
        Value size = sizeOf(modelInputs().get(source.input()), source.axis());
        Value rest = source.offset().is(0) ? size : node("Sub", size, size(source.offset()));
        Value quotient = source.factor().is(1) ? rest : node("Div", rest, size(source.factor()));
        return source.isSquare()
                ? cast(node("Sqrt", cast(quotient, ElementType.FLOAT64)), ElementType.INT64)
                : quotient;
    }

    /**
     * The size of a value's axis when the model runs, as an int64 vector of one element. Not by Shape's own range: ONNX
     * Runtime's symbolic shape inference, which its optimiser for transformers needs, passes over it.
     */
    public Value sizeOf(Value value, long axis) {
        return node("Gather", List.of(node("Shape", value), integers(axis)), "axis", 0);
    }

    /**
     * A size as an int64 vector of one element, even if its expression is unknown.
     *
     * @param value a value with this size at the axis
     */
    public Value size(Size size, Value value, long axis) {
        return size.isKnown() ? size(size) : sizeOf(value, axis);
    }

    /** The only element of a vector as a scalar; an intermediate value is taken to be int64. */
    public Value element(Value vector) {
        Value scalar = node("Squeeze", vector, integers(0));
        return new Value(scalar.name(), vector.type() == null ? ElementType.INT64 : vector.type(), List.of());
    }

    /** The integers from 0 to a size (exclusive) as an int64 vector. */
    public Value range(Size size, Value value, long axis) {
        if (size.isFixed()) {
            return integers(LongStream.range(0, size.value()).toArray());
        }
        return node(
                "Range", scalar(ElementType.INT64, 0), element(size(size, value, axis)), scalar(ElementType.INT64, 1));
    }

    /** Whether a value consists of zeros, constant or created in the graph. */
    public boolean isZeros(Value value) {
        Tensor tensor = initializers.get(value.name());
        if (tensor != null) {
            return isZeros(tensor);
        }
        if (parent != null && parent.isZeros(value)) {
            return true;
        }
        return producer(value.name())
                .filter(node -> node.is("ConstantOfShape"))
                .filter(node -> isZeros((Tensor) node.attributes().get("value")))
                .isPresent();
    }

    private static boolean isZeros(Tensor tensor) {
        return Arrays.stream(tensor.doubles()).allMatch(number -> number == 0);
    }

    /** Sizes as one int64 vector. */
    public Value sizes(List<Size> list) {
        if (list.stream().allMatch(Size::isFixed)) {
            return integers(list.stream().mapToLong(Size::value).toArray());
        }
        List<Value> parts = new ArrayList<>();
        for (int i = 0; i < list.size(); ) {
            int end = i;
            while (end < list.size() && list.get(end).isFixed()) {
                end++;
            }
            parts.add(
                    end > i
                            ? integers(list.subList(i, end).stream()
                                    .mapToLong(Size::value)
                                    .toArray())
                            : size(list.get(i)));
            i = Math.max(end, i + 1);
        }
        return parts.size() == 1 ? parts.get(0) : node("Concat", parts, "axis", 0);
    }
}
