package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** All operations that can be exported, each with its ONNX operators and first opset. */
public final class Operators {
    /** The oldest supported opset. */
    static final int MIN_OPSET = 13;
    /**
     * Operations that support complex arrays: float arrays in the graph, with real and imaginary parts on a last axis.
     */
    private static final Set<String> COMPLEX = Set.of(
            "fft",
            "ifft",
            "rfft",
            "irfft",
            "fft2",
            "ifft2",
            "stft",
            "real",
            "complex",
            "conj",
            "abs",
            "identity",
            "add",
            "sub",
            "mul",
            "div",
            "neg");

    /** Operations that PyTorch takes of a scalar as of a vector of one element, where they name an axis or always. */
    private static final Set<String> ALONG_AN_AXIS = Set.of(
            "softmax",
            "logSoftmax",
            "sum",
            "mean",
            "max",
            "min",
            "prod",
            "norm",
            "normalize",
            "argMax",
            "argMin",
            "cumSum",
            "cumProd",
            "topK",
            "flip",
            "gather",
            "scatter");

    private static final Set<String> ALONG_THE_LAST_AXIS =
            Set.of("sort", "argSort", "median", "percentile", "oneHot", "booleanMask", "swapAxes");

    private final Map<String, Entry> entries = new HashMap<>();

    /**
     * An entry of the registry.
     *
     * @param onnx description of the operators that it becomes
     * @param since the first opset that has them
     */
    private record Entry(String onnx, int since, Lowering lowering) {}

    public Operators() {
        Arithmetic.register(this);
        Logic.register(this);
        Functions.register(this);
        Reductions.register(this);
        Ordering.register(this);
        Cumulative.register(this);
        Shapes.register(this);
        Arrangements.register(this);
        Indexing.register(this);
        Selections.register(this);
        Creation.register(this);
        LinearMaps.register(this);
        Inverses.register(this);
        Normalisations.register(this);
        Resizing.register(this);
        Pooling.register(this);
        Detection.register(this);
        Composites.register(this);
        Recurrent.register(this);
        Fourier.register(this);
    }

    void putAll(String operation, String onnx, Lowering lowering) {
        putAll(operation, onnx, MIN_OPSET, lowering);
    }

    void putAll(String operation, String onnx, int since, Lowering lowering) {
        if (entries.put(operation, new Entry(onnx, since, lowering)) != null) {
            throw new IllegalStateException(operation + " has two lowerings");
        }
    }

    void put(String operation, String onnx, Lowering.Single lowering) {
        putAll(operation, onnx, Lowering.of(lowering));
    }

    void put(String operation, String onnx, int since, Lowering.Single lowering) {
        putAll(operation, onnx, since, Lowering.of(lowering));
    }

    /** The tracer's names of the operations. */
    public Set<String> names() {
        return new TreeSet<>(entries.keySet());
    }

    /** Describes an operation's ONNX operators. */
    public String description(String operation) {
        return entries.get(operation).onnx();
    }

    /** The first opset in which an operation can be exported. */
    public int since(String operation) {
        return entries.get(operation).since();
    }

    /** Like {@link Lowering#lower}, by the operation's name. */
    public List<Value> lower(GraphBuilder graph, Operation operation, List<Value> inputs) {
        Entry entry = entries.get(operation.name());
        if (entry == null) {
            throw new UnsupportedOperationException("ONNX has no counterpart for it");
        }
        boolean isComplex = Stream.concat(operation.inputs().stream(), operation.outputs().stream())
                .anyMatch(operand -> operand != null && operand.type() == ElementType.COMPLEX64);
        if (isComplex && !COMPLEX.contains(operation.name())) {
            throw new UnsupportedOperationException(
                    "complex arrays are exported through " + new TreeSet<>(COMPLEX) + " only; take real() first");
        }
        return isOfScalar(operation)
                ? lowerAsVector(entry.lowering(), graph, operation, inputs)
                : entry.lowering().lower(graph, operation, inputs);
    }

    private static boolean isOfScalar(Operation operation) {
        return !operation.inputs().isEmpty()
                && operation.input().rank() == 0
                && (ALONG_THE_LAST_AXIS.contains(operation.name())
                        || ALONG_AN_AXIS.contains(operation.name())
                                && (operation.attributes().containsKey("axis")
                                        || operation.attributes().containsKey("axes")));
    }

    /**
     * ONNX's scalars have no axis, so they become vectors of one element, and the results what they are of a scalar.
     */
    private static List<Value> lowerAsVector(
            Lowering lowering, GraphBuilder graph, Operation operation, List<Value> inputs) {
        List<Size> one = List.of(Size.fixed(1));
        List<Operand> operands = new ArrayList<>();
        List<Value> vectors = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            Operand operand = operation.inputs().get(i);
            boolean isScalar = operand != null && operand.rank() == 0;
            operands.add(
                    isScalar
                            ? new Operand(operand.id(), operand.name(), operand.type(), one, operand.constant())
                            : operand);
            vectors.add(
                    isScalar
                            ? new Value(
                                    graph.node("Reshape", inputs.get(i), graph.integers(1))
                                            .name(),
                                    operand.type(),
                                    one)
                            : inputs.get(i));
        }
        Operation ofVectors = new Operation(
                operation.name(), operands, operation.attributes(), operation.outputs(), operation.site());
        List<Value> results = new ArrayList<>(lowering.lower(graph, ofVectors, vectors));
        for (int i = 0; i < results.size(); i++) {
            List<Size> shape = operation.outputs().get(i).shape();
            if (shape.stream().allMatch(Size::isFixed)) {
                results.set(i, graph.node("Reshape", results.get(i), graph.sizes(shape)));
            }
        }
        return results;
    }

    /** A lowering to an operator that takes floats only. */
    static Lowering.Single ofFloats(String onnx, Lowering.Single lowering) {
        return (g, op, in) -> {
            if (!op.input().type().isFloat()) {
                throw new UnsupportedOperationException("ONNX's " + onnx + " takes floats only, found "
                        + op.input().type() + "; convert the array with toType(DataType.FLOAT32, false) before");
            }
            return lowering.lower(g, op, in);
        };
    }
}
