package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.normal;
import static io.kanerva.conformance.corpus.Values.scalar;
import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.check.Bisection;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.HiddenBisection;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Faults that disappear as soon as a value between becomes an output. */
class HiddenBisectionTest {
    @TempDir
    Path temporary;

    /** ONNX Runtime 1.29's optimiser makes one node of these two, which quantises the other factor as well. */
    private Case dequantised() throws IOException {
        byte[] weights = new byte[64 * 32];
        new Random(1).nextBytes(weights);
        Path model = graph().input("x", normal(2, 4, 64))
                .weight("w", Tensor.ofBytes(ElementType.INT8, weights, 64, 32))
                .weight("scale", scalar(ElementType.FLOAT32, 1e-3))
                .weight("zero", scalar(ElementType.INT8, 0))
                .node("Relu", "x", "a")
                .node("DequantizeLinear", "w scale zero", "d")
                .node("MatMul", "a d", "m")
                .node("Tanh", "m", "t")
                .node("Exp", "t", "y")
                .output("y")
                .write(temporary);
        return Case.of("g", model, temporary, Optional.empty()).get(0);
    }

    @Test
    void theNodesThatAreFusedAreNamedAndThePassThatFusesThem() throws IOException {
        HiddenBisection bisection =
                new HiddenBisection(JavaRuntime.CPU, JavaRuntime.CPU, true, dequantised(), temporary.resolve("parts"));
        HiddenBisection.Result found = bisection.find("y");
        assertThat(found.node()).isEqualTo("'MatMul-m' (MatMul)");
        assertThat(found.nodes()).containsExactly("DequantizeLinear", "MatMul");
        assertThat(found.comparison().within()).isFalse();
        assertThat(bisection.pass(found, JavaRuntime.CPU::withoutPasses)).isEqualTo("QDQSelectorActionTransformer");
    }

    @Test
    void whatIsLeftShowsTheDifferenceByItself() throws IOException {
        HiddenBisection.Result found = new HiddenBisection(
                        JavaRuntime.CPU, JavaRuntime.CPU, true, dequantised(), temporary.resolve("parts"))
                .find("y");
        Path folder = temporary.resolve("reduced");
        Path model = found.part().write(folder, found.expected());
        Findings again = new Verification(temporary.resolve("again"))
                .run("reduced", List.of(JavaRuntime.CPU), Case.of("part", model, folder, Optional.empty()));
        assertThat(again.failures()).isNotEmpty().allMatch(finding -> finding.optimised());
        assertThat(again.compared()).isGreaterThan(again.failures().size()); // without optimisations it is right
    }

    @Test
    void valuesOfAnotherTypeWithTheSameNumbersArePassedOnTheWayToTheFault() throws IOException {
        Path model = graph().input("x", normal(2, 4, 8))
                .weight("zero", scalar(ElementType.FLOAT32, 0))
                .weight("w", normal(3, 8, 8))
                .node("Greater", "x zero", "b")
                .node("Cast", "b", "f", "to", 1)
                .node("MatMul", "f w", "m")
                .node("Exp", "m", "y")
                .output("y")
                .write(temporary);
        Case testCase = Case.of("g", model, temporary, Optional.empty()).get(0);
        Engine bytes = Engine.mistaking("bytes", Rewrites.weightIfUsed("w", 1.01))
                .and(tensor -> tensor.type() == ElementType.BOOL
                        ? Tensor.of(ElementType.UINT8, tensor.doubles(), tensor.shape())
                        : tensor);
        Bisection.Result found = Bisection.between(
                new Bisection.Side(JavaRuntime.CPU, model, false),
                new Bisection.Side(bytes, model, false),
                testCase.inputs(),
                testCase.budget(),
                temporary.resolve("bisected"));
        assertThat(found.describe())
                .startsWith("the first node whose value differs is 'MatMul-m' (MatMul), after 2 that match");
        HiddenBisection.Result hidden =
                new HiddenBisection(JavaRuntime.CPU, bytes, false, testCase, temporary.resolve("parts")).find("y");
        assertThat(hidden.node()).isEqualTo("'MatMul-m' (MatMul)");
        assertThat(hidden.nodes()).containsExactly("MatMul");
    }

    @Test
    void aModelThatAgreesHasNoPartThatDiffers() throws IOException {
        Path model = WrongVectors.dense().write(temporary);
        Case testCase = Case.of("g", model, temporary, Optional.empty()).get(0);
        Findings runs =
                new Verification(temporary.resolve("runs")).run("dense", List.of(JavaRuntime.CPU), List.of(testCase));
        assertThat(runs.findings()).isNotEmpty().allMatch(finding -> finding.outcome() == Finding.Outcome.AGREES);
        assertThat(new HiddenBisection(JavaRuntime.CPU, JavaRuntime.CPU, true, testCase, temporary.resolve("parts"))
                        .find("y"))
                .isNull();
    }
}
