package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.ChangedBundle;
import io.kanerva.conformance.check.Bisection;
import io.kanerva.conformance.check.Bisection.Side;
import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Generation;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.NormalSampler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mistakes that a runtime or a client may make: each is caught, by name, by the check that should catch it. */
class MistakesOfRuntimesTest {
    @TempDir
    Path temporary;

    @Test
    void alignedCornersAreCaughtInTheTracesAndTheNodeIsNamed() throws IOException {
        Path good = Subject.CONTINUOUS_TWO_KEYS.bundle(ReaderKind.GRIDSAMPLE);
        Path changed = temporary.resolve("changed");
        Subject.CONTINUOUS_TWO_KEYS.export(ReaderKind.GRIDSAMPLE, changed);
        ChangedBundle.of(changed).setSampling(attribute -> attribute.setI(1), "align_corners");
        ModelRuntime mistaken = new Mistaken(
                "aligns-corners",
                job -> new Job(changed.resolve(job.model().getFileName()), job.inputs(), job.optimised()));
        Findings found;
        try (BundleCases bundle = new BundleCases(good, temporary)) {
            found = new Verification(temporary).run("test", List.of(JavaRuntime.CPU, mistaken), bundle.vectors());
        }
        assertThat(found.failures()).extracting(Finding::runtime).containsOnly("aligns-corners");
        assertThat(found.failures())
                .extracting(
                        finding -> finding.graph() + "/" + finding.comparison().output())
                .contains("reader/traces")
                .noneMatch(name -> name.startsWith("encoder/")
                        || name.startsWith("memory-writer/")
                        || name.startsWith("decoder/"));
        Bisection.Result result = Bisection.between(
                new Side(JavaRuntime.CPU, good.resolve("reader.onnx"), false),
                new Side(JavaRuntime.CPU, changed.resolve("reader.onnx"), false),
                good.resolve("vectors/reader/test_data_set_0"),
                Budget.of(Tolerance.FLOAT32),
                temporary);
        assertThat(result.describe()).contains("(GridSample)");
    }

    @Test
    void aWrongSeedIsCaughtInWhatIsGeneratedAndInNothingElse() throws IOException {
        Path bundle = Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE);
        try (BundleCases cases = new BundleCases(bundle, temporary)) {
            Case right = clients(cases, "pipeline", 7);
            Memory memory = cases.kanerva().write(episodes(bundle));
            Generation generated = cases.kanerva().generate(memory, 8, 8);
            List<Tensor> outputs = new ArrayList<>(expected(right));
            outputs.set(4, FloatTensors.of("generated", generated.images()));
            outputs.set(5, FloatTensors.of("generated_keys", generated.keys()));
            outputs.set(6, FloatTensors.of("normals", new NormalSampler(8).tensor(1000)));
            Findings found = verify(new Answering("wrong-seed", outputs), List.of(right));
            assertThat(found.failures())
                    .extracting(finding -> finding.comparison().output())
                    .containsOnly("generated", "generated_keys", "normals")
                    .hasSize(6); // with optimisations off and on
            assertThat(found.problems().get(0))
                    .contains("wrong-seed", "graph 'pipeline', output 'generated' (seed 7) differs by");
        }
    }

    @Test
    void aWrongSeedIsCaughtInTheBound() throws IOException {
        Path bundle = Subject.CONTINUOUS_TWO_KEYS.bundle(ReaderKind.GRIDSAMPLE);
        try (BundleCases cases = new BundleCases(bundle, temporary)) {
            Case right = clients(cases, "bound", 7);
            KanervaRuntime kanerva = new KanervaRuntime(List.of(cases));
            Path other = temporary.resolve("seed-8");
            TensorFolder.write(
                    other,
                    TensorFolder.INPUT,
                    List.of(
                            TensorFolder.read(right.inputs(), TensorFolder.INPUT)
                                    .get(0),
                            Tensor.of(new long[] {8}, 1).named("seed")));
            List<Tensor> wrong = outputs(kanerva, new Job(bundle, other, true));
            Findings found = verify(new Answering("wrong-seed", wrong), List.of(right));
            // What a key costs does not depend on where it was drawn; what is read there does.
            assertThat(found.failures())
                    .extracting(finding -> finding.comparison().output())
                    .containsOnly("reconstruction", "kl_latent");
            assertThat(found.problems().get(0))
                    .contains("wrong-seed", "graph 'bound', output 'reconstruction' (seed 7) differs by");
            Findings same = verify(new Answering("right-seed", expected(right)), List.of(right));
            assertThat(same.problems()).isEmpty();
        }
    }

    @Test
    void swappedInputsOfAGraphAreRefusedByName() throws IOException {
        Path changed = temporary.resolve("swapped");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, changed);
        ChangedBundle.of(changed).swapGraphInputs("reader");
        assertThatThrownBy(() -> Kanerva.load(changed, Device.CPU).close())
                .isInstanceOf(BundleException.class)
                .hasMessageContaining("reader")
                .hasMessageContaining("inputs [memory, keys]")
                .hasMessageContaining("[keys, memory]");
    }

    @Test
    void aRuntimeThatIsOneUnitInTheLastPlaceOffIsNotBitEqual() throws IOException {
        Path bundle = Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE);
        ModelRuntime almost = new Mistaken("almost", job -> job) {
            @Override
            public Description description() {
                Description own = super.description();
                return new Description(
                        own.name(),
                        own.title(),
                        JavaRuntime.CPU.description().engine(),
                        own.device(),
                        own.optimisations(),
                        false);
            }

            @Override
            public List<Answer> run(List<Job> jobs, IntConsumer progress) {
                return super.run(jobs, progress).stream()
                        .map(answer -> (Answer) new Answer.Outputs(((Answer.Outputs) answer)
                                .outputs().stream()
                                        .map(tensor -> {
                                            float[] values = tensor.floats();
                                            values[values.length - 1] = Math.nextUp(values[values.length - 1]);
                                            return Tensor.of(tensor.name(), values, tensor.shape());
                                        })
                                        .toList()))
                        .toList();
            }
        };
        List<Case> cases = new ArrayList<>(Case.of(
                "decoder", bundle.resolve("decoder.onnx"), bundle.resolve("vectors/decoder"), Optional.empty()));
        Case random = Case.random(
                        "decoder",
                        bundle.resolve("decoder.onnx"),
                        Map.of("B", 1, "Q", 2),
                        Set.of(),
                        3,
                        Optional.empty(),
                        temporary)
                .orElseThrow();
        cases.add(random);
        assertThat(Precision.of(bundle.resolve("decoder.onnx"))).isEqualTo(Precision.FLOAT32);
        Findings found = verify(almost, cases);
        assertThat(found.failures()).extracting(Finding::check).containsOnly(Finding.Check.BITS);
        assertThat(found.failures())
                .filteredOn(finding -> finding.inputs().equals(random.label()))
                .extracting(Finding::optimised)
                .containsExactly(false, true);
        assertThat(found.problems().get(0)).contains("is not bit-equal to ONNX Runtime in Java");
    }

    private static FloatTensor episodes(Path bundle) throws IOException {
        return FloatTensors.of(Tensor.read(bundle.resolve("vectors/encoder/test_data_set_1/input_0.pb")));
    }

    private Findings verify(ModelRuntime runtime, List<Case> cases) throws IOException {
        return new Verification(temporary).run("test", List.of(runtime), cases);
    }

    /** The case of the first vectors with more than one episode. */
    private static Case clients(BundleCases cases, String graph, long seed) throws IOException {
        return cases.clients(seed - 1).stream()
                .filter(given -> given.graph().equals(graph) && given.label().equals("seed " + seed))
                .findFirst()
                .orElseThrow();
    }

    private static List<Tensor> expected(Case given) {
        return outputs(given.reference(), new Job(given.model(), given.inputs(), false));
    }

    private static List<Tensor> outputs(ModelRuntime runtime, Job job) {
        return ((Answer.Outputs) runtime.run(List.of(job), done -> {}).get(0)).outputs();
    }

    /** ONNX Runtime, given other jobs than it was asked to do. */
    private static class Mistaken extends ForwardingRuntime {
        private final String name;
        private final Function<Job, Job> mistake;

        Mistaken(String name, Function<Job, Job> mistake) {
            super(JavaRuntime.CPU);
            this.name = name;
            this.mistake = mistake;
        }

        @Override
        public Description description() {
            Description own = super.description();
            return new Description(name, own.title(), name, own.device(), own.optimisations(), own.doublePrecision());
        }

        @Override
        public List<Answer> run(List<Job> jobs, IntConsumer progress) {
            return super.run(jobs.stream().map(mistake).toList(), progress);
        }
    }

    /** A client that gives these outputs whatever it is asked. */
    private static final class Answering extends Mistaken {
        private final List<Tensor> outputs;

        Answering(String name, List<Tensor> outputs) {
            super(name, job -> job);
            this.outputs = outputs;
        }

        @Override
        public List<Answer> run(List<Job> jobs, IntConsumer progress) {
            return jobs.stream()
                    .map(job -> (Answer) new Answer.Outputs(outputs))
                    .toList();
        }
    }
}
