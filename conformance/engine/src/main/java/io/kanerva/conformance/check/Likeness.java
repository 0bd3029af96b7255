package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Whether outputs of one case are alike: within its tolerances, with the model's rounding noise where these do not
 * suffice, but for what random numbers decide and the specification leaves open.
 */
final class Likeness {
    private final Case testCase;
    private final ModelRuntime java;
    private final Path scratch;
    private final Meaning meaning;
    /** The random operators before each output of the graph; empty text if there are none. */
    private final Map<String, String> random;
    /** Outputs of which the order is open. */
    private final List<TopKOrder> orders;

    private List<String> names = List.of();
    private RoundingNoise noise;

    /**
     * @param java measures rounding noise
     * @param scratch folder for that, used by this case only
     * @param model null if it cannot be read
     * @param random the random operators before each output of the graph; empty text if there are none
     */
    Likeness(Case testCase, ModelRuntime java, Path scratch, ModelProto model, Map<String, String> random) {
        this.testCase = testCase;
        this.java = java;
        this.scratch = scratch;
        this.random = random;
        orders = model == null ? List.of() : TopKOrder.of(model);
        meaning = new Meaning(testCase.model(), testCase.inputs(), java, scratch);
    }

    /** The expected outputs, whose names the outputs of all runtimes get. */
    void expect(List<Tensor> right) {
        names = right.stream().map(Tensor::name).toList();
    }

    /** Whether random operators decide an output, or the output that it is a part of. */
    boolean isRandom(String output) {
        return random.entrySet().stream()
                .anyMatch(entry -> !entry.getValue().isEmpty() && isPart(output, entry.getKey()));
    }

    static boolean isPart(String name, String output) {
        return name.equals(output) || name.startsWith(output + ".") || name.startsWith(output + "[");
    }

    /** What follows if engines or vectors take an operator for that of another opset, say. */
    Optional<Cause> misread(Misreading sides, List<Tensor> right) {
        List<Tensor> meant = meaning.right();
        Predicate<List<Tensor>> isRight = outputs -> alike(outputs, meant, java);
        return meant.isEmpty()
                        || meaning.isUnclear(right)
                        || sides.others().stream().anyMatch(group -> meaning.isUnclear(group.outputs()))
                ? Optional.empty()
                : sides.cause(
                        testCase.graph(),
                        testCase.label(),
                        right,
                        isRight,
                        outputs -> meaning.mistaken().entrySet().stream()
                                .filter(other -> !isRight.test(other.getValue()))
                                .filter(other -> alike(outputs, other.getValue(), java))
                                .map(Map.Entry::getKey)
                                .findFirst()
                                .or(() -> meaning.wrong(outputs, isRight)));
    }

    /** What is found, in the order of what is expected where the order is open. */
    List<Tensor> ordered(List<Tensor> expected, List<Tensor> found) {
        List<Tensor> ordered = found;
        for (TopKOrder order : orders) {
            ordered = order.arranged(expected, ordered);
        }
        return ordered;
    }

    boolean alike(List<Tensor> found, List<Tensor> others, ModelRuntime runtime) {
        List<Tensor> ordered = ordered(others, found);
        for (int i = 0; i < Math.min(names.size(), others.size()); i++) {
            Tensor one = i < ordered.size() ? ordered.get(i) : null;
            if (!isRandom(names.get(i))
                    && !compared(i, others.get(i), one, runtime, testCase.budget())
                            .within()) {
                return false;
            }
        }
        return found.size() == others.size();
    }

    Comparison compared(int output, Tensor expected, Tensor found, ModelRuntime runtime, Budget budget) {
        String own = names.get(output);
        String name = own.isEmpty() ? "output " + output : own;
        Tolerance tolerance = budget.of(expected.named(own), runtime);
        Comparison comparison = Comparison.between(name, expected, found, tolerance);
        boolean decided =
                comparison.within() || found == null || orders.stream().anyMatch(order -> order.has(output));
        BitSet open = decided ? new BitSet() : meaning.open(output, expected, found);
        if (!open.isEmpty()) {
            Comparison rest = compared(
                    output, expected, OpenValues.filled(found, expected, open), runtime, budget, name, tolerance);
            return rest.within() ? rest.undecided(rest.undecided() + open.cardinality()) : rest;
        }
        return compared(output, expected, found, runtime, budget, name, tolerance);
    }

    private Comparison compared(
            int output,
            Tensor expected,
            Tensor found,
            ModelRuntime runtime,
            Budget budget,
            String name,
            Tolerance tolerance) {
        Comparison comparison = Comparison.between(name, expected, found, tolerance);
        if (comparison.within() || !budget.allowsNoise() || found == null || !Files.isRegularFile(testCase.model())) {
            return comparison;
        }
        if (noise == null) {
            try {
                noise = RoundingNoise.measure(java, testCase.model(), testCase.inputs(), scratch);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return noise.compare(name, output, expected, found, tolerance);
    }
}
