package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Finds the first node of a graph whose value differs between two sides, each a runtime with a model: every value in
 * the graph becomes an output, both sides run on the same inputs, and values are compared in the order of the nodes.
 * Two runtimes with one model show an error of a runtime; one runtime with two models shows what changed in a model.
 */
public final class Bisection {

    /**
     * One side.
     *
     * @param optimised whether graph optimisations are on; few apply, since an output is never fused away
     */
    public record Side(ModelRuntime runtime, Path model, boolean optimised) {}

    /**
     * The result.
     *
     * @param node its name, and its operator in brackets; empty if no node's value differs
     * @param compared number of values that were compared, including that node's
     * @param comparison of the first output of the node that differs; null if none does
     * @param problem why nothing could be compared; empty if something was
     */
    public record Result(String node, int compared, Comparison comparison, String problem) {
        /** The result in one sentence. */
        public String describe() {
            if (!problem.isEmpty()) {
                return "cannot be bisected: " + problem;
            }
            return node.isEmpty()
                    ? (compared == 1 ? "the value of its node matches" : "all %d values of its nodes match")
                            .formatted(compared)
                    : "the first node whose value differs is %s, after %d that match: '%s' %s"
                            .formatted(node, compared - 1, comparison.output(), comparison.describe());
        }
    }

    private Bisection() {}

    /**
     * Compares node by node.
     *
     * @param inputs folder of input_0.pb, ...
     * @param budget how far values may differ
     * @param scratch folder for intermediate models
     * @throws IOException if a model cannot be read or written
     */
    public static Result between(Side reference, Side suspect, Path inputs, Budget budget, Path scratch)
            throws IOException {
        List<String> expectedNames = new ArrayList<>();
        List<String> foundNames = new ArrayList<>();
        Path expectedModel = exposed(reference.model(), scratch.resolve("reference"), expectedNames, Map.of());
        Answer expected = reference
                .runtime()
                .run(List.of(new Job(expectedModel, inputs, reference.optimised())), done -> {})
                .get(0);
        Map<String, Tensor> types =
                expected instanceof Outputs outputs ? byName(expectedNames, outputs.outputs()) : Map.of();
        Path foundModel = exposed(suspect.model(), scratch.resolve("suspect"), foundNames, types);
        Answer found = suspect.runtime()
                .run(List.of(new Job(foundModel, inputs, suspect.optimised())), done -> {})
                .get(0);
        if (expected instanceof None none) {
            return new Result(
                    "", 0, null, "%s: %s".formatted(reference.runtime().name(), none.why()));
        }
        if (found instanceof None none) {
            return new Result("", 0, null, "%s: %s".formatted(suspect.runtime().name(), none.why()));
        }
        return compare(
                SelfContained.read(suspect.model()).getGraph(),
                byName(expectedNames, ((Outputs) expected).outputs()),
                byName(foundNames, ((Outputs) found).outputs()),
                value -> budget.of(value, suspect.runtime()));
    }

    private static Result compare(
            GraphProto graph,
            Map<String, Tensor> expected,
            Map<String, Tensor> found,
            Function<Tensor, Tolerance> tolerance) {
        int compared = 0;
        for (NodeProto node : graph.getNodeList()) {
            for (String output : node.getOutputList()) {
                if (!expected.containsKey(output) || !found.containsKey(output)) {
                    continue;
                }
                compared++;
                Comparison comparison = compared(output, expected.get(output), found.get(output), tolerance);
                if (!comparison.within()) {
                    String name = node.getName().isEmpty()
                            ? "the one with output '" + output + "'"
                            : "'" + node.getName() + "'";
                    return new Result("%s (%s)".formatted(name, node.getOpType()), compared, comparison, "");
                }
            }
        }
        return compared == 0
                ? new Result("", 0, null, "the models have no values with the same name")
                : new Result("", compared, null, "");
    }

    /**
     * Values of two types are compared as numbers, since a value between has the type that an engine likes: half
     * precision or 8 bits in float32, booleans in bytes. Two floating-point types agree as closely as the coarser one
     * allows.
     */
    static Comparison compared(String output, Tensor expected, Tensor found, Function<Tensor, Tolerance> tolerance) {
        if (found == null
                || expected.type() == found.type()
                || !isNumeric(expected.type())
                || !isNumeric(found.type())
                || !Arrays.equals(expected.shape(), found.shape())) {
            return Comparison.between(output, expected, found, tolerance.apply(expected));
        }
        Tolerance between = isFloat(expected.type()) && isFloat(found.type())
                ? coarser(ofRounding(expected.type()), ofRounding(found.type()))
                : Tolerance.BITS;
        return Comparison.between(output, widened(expected), widened(found), between);
    }

    private static boolean isFloat(ElementType type) {
        return type.isFloat() || Float8.of(type) != null;
    }

    private static boolean isNumeric(ElementType type) {
        return type.isNumeric() || Float8.of(type) != null;
    }

    private static Tolerance coarser(Tolerance one, Tolerance other) {
        return one.relative() > other.relative() ? one : other;
    }

    /** For values that one engine rounds to a type, and another does not; float32's at least. */
    private static Tolerance ofRounding(ElementType type) {
        Float8 eightBits = Float8.of(type);
        if (eightBits != null) {
            return Tolerance.elements(eightBits.smallest(), eightBits.precision());
        }
        return switch (type) {
            case BFLOAT16 -> Tolerance.BFLOAT16;
            case FLOAT16 -> Tolerance.FLOAT16;
            default -> Tolerance.FLOAT32;
        };
    }

    private static Tensor widened(Tensor tensor) {
        Float8 eightBits = Float8.of(tensor.type());
        double[] values = eightBits == null ? tensor.doubles() : eightBits.values(tensor);
        return Tensor.of(ElementType.FLOAT64, values, tensor.shape());
    }

    private static Map<String, Tensor> byName(List<String> names, List<Tensor> values) {
        Map<String, Tensor> map = new HashMap<>();
        for (int i = 0; i < Math.min(names.size(), values.size()); i++) {
            map.put(names.get(i), values.get(i));
        }
        return map;
    }

    /**
     * Writes the model with all values as outputs, and appends their names to {@code names}.
     *
     * @param types values whose types are declared, which some engines and adapters need
     */
    private static Path exposed(Path model, Path folder, List<String> names, Map<String, Tensor> types)
            throws IOException {
        ModelProto.Builder proto = SelfContained.read(model);
        proto.getGraph().getOutputList().forEach(output -> names.add(output.getName()));
        Set<String> known = new HashSet<>(names);
        for (NodeProto node : proto.getGraph().getNodeList()) {
            for (String output : node.getOutputList()) {
                if (!output.isEmpty() && known.add(output)) {
                    ValueInfoProto.Builder value = ValueInfoProto.newBuilder().setName(output);
                    if (types.containsKey(output)) {
                        int type = types.get(output).type().number();
                        value.getTypeBuilder().getTensorTypeBuilder().setElemType(type);
                    }
                    proto.getGraphBuilder().addOutput(value);
                    names.add(output);
                }
            }
        }
        Files.createDirectories(folder);
        return Files.write(folder.resolve("every-value.onnx"), proto.build().toByteArray());
    }
}
