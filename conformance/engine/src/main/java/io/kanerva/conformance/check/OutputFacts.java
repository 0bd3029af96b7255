package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What lies between a model's inputs and one of its outputs, judged from the file: the coarsest floating-point type
 * that is computed in, nodes that quantise, and nodes that draw random numbers.
 *
 * @param coarsest of the types that the output is computed in; float32 if there is none
 * @param quantises nodes that round computed values to few levels, for example {@code QuantizeLinear 'q'}; weights that
 *     are stored in 8 bits do not count, since their values are the same on every engine
 * @param exact whether only nodes without rounding of their own lie between the inputs and the output: casts, and what
 *     moves, selects or compares values
 * @param random nodes that draw random numbers without which the output cannot be computed
 */
public record OutputFacts(ElementType coarsest, List<String> quantises, boolean exact, List<String> random) {
    static final OutputFacts UNKNOWN = new OutputFacts(ElementType.FLOAT32, List.of(), false, List.of());

    public OutputFacts {
        quantises = List.copyOf(quantises);
        random = List.copyOf(random);
    }

    /**
     * The facts of each output of a model, in its order.
     *
     * @throws IOException if the file is unreadable or not an ONNX model
     */
    public static Map<String, OutputFacts> of(Path model) throws IOException {
        return of(OnnxFiles.read(model));
    }

    static Map<String, OutputFacts> of(ModelProto model) {
        Map<String, ValueFacts> values = new GraphWalk(model).graph(model.getGraph(), Map.of());
        Map<String, OutputFacts> facts = new LinkedHashMap<>();
        for (ValueInfoProto output : model.getGraph().getOutputList()) {
            ValueFacts value = values.getOrDefault(output.getName(), ValueFacts.NOTHING);
            int declared = output.getType().getTensorType().getElemType();
            ElementType coarsest =
                    coarser(value.coarsest(), ElementType.of(declared).orElse(null));
            facts.put(
                    output.getName(),
                    new OutputFacts(
                            coarsest == null ? ElementType.FLOAT32 : coarsest,
                            List.copyOf(value.quantises()),
                            value.exact(),
                            List.copyOf(value.random())));
        }
        return facts;
    }

    /** The same, of an output that need not be exact. */
    OutputFacts inexact() {
        return new OutputFacts(coarsest, quantises, false, random);
    }

    /** The tolerance of the output before its rounding noise is measured. */
    Tolerance tolerance(ElementType type, String device) {
        if (!type.isFloat() && type != ElementType.COMPLEX64 && type != ElementType.COMPLEX128) {
            return Tolerance.BITS;
        }
        if (exact) {
            return Tolerance.exact(type);
        }
        return switch (coarsest) {
            case BFLOAT16 -> Tolerance.BFLOAT16;
            case FLOAT16 -> Tolerance.FLOAT16;
            case FLOAT64 -> device.equals("cpu") ? Tolerance.FLOAT64_ENGINES : Tolerance.FLOAT32_ELSEWHERE;
            default -> device.equals("cpu") ? Tolerance.FLOAT32 : Tolerance.FLOAT32_ELSEWHERE;
        };
    }

    static ElementType coarser(ElementType one, ElementType other) {
        if (other == null || !other.isFloat()) {
            return one;
        }
        return one == null || other.precision() > one.precision() ? other : one;
    }
}
