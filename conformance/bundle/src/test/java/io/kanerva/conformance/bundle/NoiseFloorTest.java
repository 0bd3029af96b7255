package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** DJL's own blocks in float64, which errors are measured against. */
class NoiseFloorTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource(Subject.class)
    void djlsBlocksComputeInFloat64AndFloat32IsAsFarFromThatAsItsOwnPrecision(Subject subject) throws IOException {
        Path bundle = subject.bundle(ReaderKind.GRIDSAMPLE);
        Findings found = verify(subject, bundle, List.of(JavaRuntime.CPU));
        assertThat(found.problems()).isEmpty();
        assertThat(found.noiseFloor()).isEqualTo("DJL's blocks on PyTorch");
        assertThat(TextReport.summary(found)).contains("noise floor: float64 was computed by DJL's blocks on PyTorch");
        // Every output that is not exact has a multiple, and the path that made the vectors is its own measure.
        assertThat(found.findings())
                .filteredOn(finding -> finding.inputs().startsWith("vectors")
                        && finding.comparison().output().equals("logits"))
                .isNotEmpty()
                .allSatisfy(finding -> assertThat(finding.noise()).isBetween(0.1, 10.0));
        assertThat(found.findings())
                .filteredOn(finding -> finding.runtime().equals(DjlRuntime.NAME) && !Double.isNaN(finding.noise()))
                .isNotEmpty()
                .allSatisfy(finding -> assertThat(finding.noise()).isBetween(0.99, 1.01));
    }

    @ParameterizedTest
    @EnumSource(
            value = Subject.class,
            names = {"DEREFERENCED", "CONTINUOUS_TWO_KEYS", "COLOUR"})
    void onnxRuntimeGivesTheSameInFloat64WhereItHasTheOperators(Subject subject) throws IOException {
        // It has no convolution in float64, so this is the writer, which is matrix products; the ONNX project's
        // evaluator does all graphs.
        Path bundle = subject.bundle(ReaderKind.GRIDSAMPLE);
        Findings floor = floor(subject, bundle, "memory-writer", new InFloat64(UnaryOperator.identity()));
        assertThat(floor.findings())
                .filteredOn(finding -> finding.check() == Check.FLOAT64)
                .isNotEmpty()
                .allMatch(finding -> finding.holds() && finding.comparison().largest() < 1e-12);
        assertThat(floor.findings())
                .filteredOn(finding -> finding.check() == Check.FLOAT64)
                .extracting(finding -> finding.comparison().output())
                .contains("memory");
    }

    @Test
    void aFloat64ThatIsAHundredThousandthOffIsCaughtByName() throws IOException {
        Path bundle = Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE);
        Findings floor = floor(
                Subject.DEREFERENCED,
                bundle,
                "memory-writer",
                new InFloat64(tensor -> Tensor.of(
                        ElementType.FLOAT64,
                        Arrays.stream(tensor.doubles())
                                .map(value -> value * (1 + 1e-5))
                                .toArray(),
                        tensor.shape())));
        assertThat(floor.findings())
                .filteredOn(finding -> finding.check() == Check.FLOAT64 && !finding.holds())
                .isNotEmpty()
                .first()
                .satisfies(finding -> assertThat(finding.describe())
                        .contains(
                                "onnxruntime-java",
                                "graph 'memory-writer', output 'memory'",
                                "does not match the noise floor in float64"));
    }

    private Findings verify(Subject subject, Path bundle, List<ModelRuntime> others) throws IOException {
        try (BundleCases cases = new BundleCases(bundle, temporary);
                KanervaModel model = subject.model()) {
            List<ModelRuntime> runtimes = new ArrayList<>(others);
            runtimes.add(new DjlRuntime(cases.bundle(), model));
            return new Verification(temporary).run("test", runtimes, cases.vectors());
        }
    }

    private Findings floor(Subject subject, Path bundle, String graph, ModelRuntime other) throws IOException {
        try (BundleCases open = new BundleCases(bundle, temporary);
                KanervaModel model = subject.model()) {
            List<Case> cases = Case.of(
                    graph,
                    bundle.resolve(graph + ".onnx"),
                    bundle.resolve("vectors").resolve(graph),
                    Optional.empty());
            return new Verification(temporary).run("test", List.of(new DjlRuntime(open.bundle(), model), other), cases);
        }
    }

    /** ONNX Runtime's Java API as one that computes in float64, with something done to what it gives. */
    private static final class InFloat64 extends ForwardingRuntime {
        private final UnaryOperator<Tensor> change;

        InFloat64(UnaryOperator<Tensor> change) {
            super(JavaRuntime.CPU);
            this.change = change;
        }

        @Override
        public Description description() {
            Description java = super.description();
            return new Description(java.name(), java.title(), java.engine(), java.device(), java.optimisations(), true);
        }

        @Override
        public List<Answer> run(List<Job> jobs, IntConsumer progress) {
            return super.run(jobs, progress).stream()
                    .map(answer -> {
                        if (!(answer instanceof Outputs outputs)) {
                            return answer;
                        }
                        if (outputs.outputs().stream().anyMatch(tensor -> tensor.type() != ElementType.FLOAT64)) {
                            return answer; // to float32's own question
                        }
                        return (Answer) new Outputs(
                                outputs.outputs().stream().map(change).toList());
                    })
                    .toList();
        }
    }
}
