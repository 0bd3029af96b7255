package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What lies between a model's inputs and one of its outputs, judged from the file: the coarsest floating-point type
 * that is computed in, nodes that quantise, and nodes that draw random numbers.
 *
 * @param coarsest of the types that the output is computed in; float32 if there is none
 * @param quantises nodes that round computed values to few levels, for example {@code QuantizeLinear 'q'}; weights that
 *     are stored in 8 bits do not count, since their values are the same on every engine
 * @param random nodes that draw random numbers without which the output cannot be computed
 */
public record OutputFacts(ElementType coarsest, List<String> quantises, List<String> random) {
    private static final Set<String> QUANTISING = Set.of("QuantizeLinear", "DynamicQuantizeLinear");
    private static final Set<String> RANDOM = Set.of(
            "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli");
    private static final Set<String> CASTS = Set.of("Cast", "RandomNormal", "RandomUniform", "EyeLike", "Bernoulli");

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
        Map<String, Value> values = new Walk(model).graph(model.getGraph(), Map.of());
        Map<String, OutputFacts> facts = new LinkedHashMap<>();
        for (ValueInfoProto output : model.getGraph().getOutputList()) {
            Value value = values.getOrDefault(output.getName(), Value.NOTHING);
            int declared = output.getType().getTensorType().getElemType();
            ElementType coarsest =
                    coarser(value.coarsest, ElementType.of(declared).orElse(null));
            facts.put(
                    output.getName(),
                    new OutputFacts(
                            coarsest == null ? ElementType.FLOAT32 : coarsest,
                            List.copyOf(value.quantises),
                            List.copyOf(value.random)));
        }
        return facts;
    }

    /** The tolerance of the output before its rounding noise is measured. */
    Tolerance tolerance(ElementType type, String device) {
        if (!type.isFloat() && type != ElementType.COMPLEX64 && type != ElementType.COMPLEX128) {
            return Tolerance.BITS;
        }
        return switch (coarsest) {
            case BFLOAT16 -> Tolerance.BFLOAT16;
            case FLOAT16 -> Tolerance.FLOAT16;
            case FLOAT64 -> device.equals("cpu") ? Tolerance.FLOAT64_ENGINES : Tolerance.FLOAT32_ELSEWHERE;
            default -> device.equals("cpu") ? Tolerance.FLOAT32 : Tolerance.FLOAT32_ELSEWHERE;
        };
    }

    private static ElementType coarser(ElementType one, ElementType other) {
        if (other == null || !other.isFloat()) {
            return one;
        }
        return one == null || other.precision() > one.precision() ? other : one;
    }

    /**
     * What is known about a value.
     *
     * @param type null if unknown
     * @param coarsest null if it is not computed in a floating-point type
     * @param constant whether it is the same for all inputs
     */
    private record Value(
            ElementType type, ElementType coarsest, boolean constant, Set<String> quantises, Set<String> random) {
        static final Value NOTHING = new Value(null, null, false, Set.of(), Set.of());

        static Value of(int type, boolean constant) {
            ElementType known = ElementType.of(type).orElse(null);
            ElementType coarsest = constant || known == null || !known.isFloat() ? null : known;
            return new Value(known, coarsest, constant, Set.of(), Set.of());
        }
    }

    /** Walks through the nodes in their order, which is the order of computation. */
    private record Walk(ModelProto model) {

        Map<String, Value> graph(GraphProto graph, Map<String, Value> outer) {
            Map<String, Value> values = new HashMap<>(outer);
            for (ValueInfoProto input : graph.getInputList()) {
                values.put(
                        input.getName(),
                        Value.of(input.getType().getTensorType().getElemType(), false));
            }
            for (TensorProto weight : graph.getInitializerList()) {
                values.put(weight.getName(), Value.of(weight.getDataType(), true));
            }
            for (NodeProto node : graph.getNodeList()) {
                Value result = result(node, values);
                node.getOutputList().forEach(output -> values.put(output, result));
            }
            return values;
        }

        private Value result(NodeProto node, Map<String, Value> values) {
            if (node.getOpType().equals("Shape") || node.getOpType().equals("Size")) {
                return new Value(ElementType.INT64, null, false, Set.of(), Set.of()); // sizes carry no values
            }
            List<Value> inputs = new ArrayList<>();
            node.getInputList().stream()
                    .filter(input -> !input.isEmpty())
                    .forEach(input -> inputs.add(values.getOrDefault(input, Value.NOTHING)));
            Set<String> quantises = new LinkedHashSet<>();
            Set<String> random = new LinkedHashSet<>();
            for (AttributeProto attribute : node.getAttributeList()) {
                List<GraphProto> inner = new ArrayList<>(attribute.getGraphsList());
                if (attribute.hasG()) {
                    inner.add(attribute.getG());
                }
                for (GraphProto body : inner) {
                    Map<String, Value> within = graph(body, values);
                    body.getOutputList()
                            .forEach(output -> inputs.add(within.getOrDefault(output.getName(), Value.NOTHING)));
                }
            }
            model.getFunctionsList().stream()
                    .filter(function -> function.getName().equals(node.getOpType())
                            && function.getDomain().equals(node.getDomain()))
                    .flatMap(function -> function.getNodeList().stream())
                    .forEach(inner -> named(inner, List.of(), quantises, random));
            boolean constant = inputs.stream().allMatch(Value::constant);
            ElementType coarsest = null;
            for (Value input : inputs) {
                quantises.addAll(input.quantises);
                random.addAll(input.random);
                coarsest = coarser(coarsest, input.coarsest);
            }
            named(node, inputs, quantises, random);
            ElementType type = type(node, inputs);
            // A weight in half precision that is widened before it is used is exact.
            boolean computed = !constant || !random.isEmpty();
            return new Value(type, computed ? coarser(coarsest, type) : null, !computed, quantises, random);
        }

        private void named(NodeProto node, List<Value> inputs, Set<String> quantises, Set<String> random) {
            String output = node.getOutputCount() == 0 ? "" : node.getOutput(0);
            String name = "%s '%s'".formatted(node.getOpType(), node.getName().isEmpty() ? output : node.getName());
            boolean rounds = QUANTISING.contains(node.getOpType())
                    || node.getOpType().startsWith("QLinear")
                    || node.getOpType().equals("QGemm");
            if (rounds && !(!inputs.isEmpty() && inputs.stream().allMatch(Value::constant))) {
                quantises.add(name);
            }
            boolean drops = node.getOpType().equals("Dropout") && trains(node);
            if (RANDOM.contains(node.getOpType()) || drops) {
                random.add(name);
            }
        }

        /** Whether a Dropout drops: its third input, if it has one, is true, or not known before the model runs. */
        private boolean trains(NodeProto node) {
            if (node.getInputCount() < 3 || node.getInput(2).isEmpty()) {
                return false;
            }
            String name = node.getInput(2);
            return model.getGraph().getInitializerList().stream()
                    .filter(weight -> weight.getName().equals(name))
                    .map(weight -> weight.hasRawData()
                            ? weight.getRawData().byteAt(0) != 0
                            : weight.getInt32DataCount() > 0 && weight.getInt32Data(0) != 0)
                    .findFirst()
                    .orElseGet(() -> constants()
                            .filter(other -> other.getOutputList().contains(name))
                            .map(other -> other.getAttribute(0).getT())
                            .map(value -> value.hasRawData()
                                    ? value.getRawData().byteAt(0) != 0
                                    : value.getInt32DataCount() > 0 && value.getInt32Data(0) != 0)
                            .findFirst()
                            .orElse(true));
        }

        private Stream<NodeProto> constants() {
            return model.getGraph().getNodeList().stream()
                    .filter(node -> node.getOpType().equals("Constant")
                            && node.getAttributeCount() == 1
                            && node.getAttribute(0).hasT());
        }

        private static ElementType type(NodeProto node, List<Value> inputs) {
            if (CASTS.contains(node.getOpType())) {
                for (AttributeProto attribute : node.getAttributeList()) {
                    if (attribute.getName().equals("to") || attribute.getName().equals("dtype")) {
                        return ElementType.of((int) attribute.getI()).orElse(null);
                    }
                }
            }
            for (AttributeProto attribute : node.getAttributeList()) {
                if (attribute.hasT() && (node.getOpType().startsWith("Constant"))) {
                    return ElementType.of(attribute.getT().getDataType()).orElse(null);
                }
            }
            // Nearly all operators compute in the type of their first floating-point input.
            return inputs.stream()
                    .map(Value::type)
                    .filter(known -> known != null && known.isFloat())
                    .findFirst()
                    .orElse(null);
        }
    }
}
