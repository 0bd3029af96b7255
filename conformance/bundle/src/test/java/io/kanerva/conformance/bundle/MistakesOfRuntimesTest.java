package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.ChangedBundle;
import io.kanerva.conformance.Subject;
import io.kanerva.conformance.check.Bisection.Side;
import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.tensor.TensorValue;
import io.kanerva.exporter.bundle.ReaderKind;
import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.NormalSampler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
        Path good = Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE);
        Path changed = temporary.resolve("changed");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, changed);
        ChangedBundle.of(changed).setSampling(attribute -> attribute.setI(1), "align_corners");
        ModelRuntime mistaken = new Mistaken(
                "aligns-corners",
                job -> new Job(changed.resolve(job.model().getFileName()), job.inputs(), job.optimised()));
        Findings found;
        try (Kanerva kanerva = Kanerva.load(good, Device.CPU)) {
            found = new Verification(List.of(JavaRuntime.cpu(), mistaken), temporary, text -> {})
                    .run("test", BundleCases.of(good, kanerva.bundle(), 0, 1, temporary), false);
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
                new Side(JavaRuntime.cpu(), good.resolve("reader.onnx"), false),
                new Side(JavaRuntime.cpu(), changed.resolve("reader.onnx"), false),
                good.resolve("vectors/reader/test_data_set_0"),
                Tolerance.FLOAT32,
                temporary);
        assertThat(result.describe()).contains("(GridSample)");
    }

    @Test
    void aWrongSeedIsCaughtInWhatIsGeneratedAndInNothingElse() throws IOException {
        Path bundle = Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE);
        try (Kanerva kanerva = Kanerva.load(bundle, Device.CPU)) {
            FloatTensor episodes = episodes(bundle);
            Case right = PipelineCase.make(bundle, kanerva, episodes, 7, temporary);
            var memory = kanerva.write(episodes);
            var generated = kanerva.generate(memory, 8, 8);
            List<Tensor> outputs = new ArrayList<>(right.expected());
            outputs.set(5, FloatTensors.of("generated", generated.images()));
            outputs.set(6, FloatTensors.of("generated_keys", generated.keys()));
            outputs.set(7, FloatTensors.of("normals", new NormalSampler(8).tensor(1000)));
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
        try (Kanerva kanerva = Kanerva.load(bundle, Device.CPU)) {
            Case right = PipelineCase.bound(bundle, kanerva, episodes(bundle), 7, temporary);
            Case wrong = PipelineCase.bound(bundle, kanerva, episodes(bundle), 8, temporary);
            Findings found = verify(new Answering("wrong-seed", wrong.expected()), List.of(right));
            // What a key costs does not depend on where it was drawn; what is read there does.
            assertThat(found.failures())
                    .extracting(finding -> finding.comparison().output())
                    .containsOnly("reconstruction", "kl_latent");
            assertThat(found.problems().get(0))
                    .contains("wrong-seed", "graph 'bound', output 'reconstruction' (seed 7) differs by");
            Findings same = verify(new Answering("right-seed", right.expected()), List.of(right));
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
            public String engine() {
                return JavaRuntime.cpu().engine();
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
        List<Case> cases =
                Case.of("decoder", bundle.resolve("decoder.onnx"), bundle.resolve("vectors/decoder"), Optional.empty());
        assertThat(cases).allMatch(given -> given.precision() == Precision.FLOAT32);
        Findings found = verify(almost, cases);
        assertThat(found.failures()).extracting(Finding::check).containsOnly(Finding.Check.BITS);
        assertThat(found.problems().get(0)).contains("is not bit-equal to ONNX Runtime in Java");
    }

    private static FloatTensor episodes(Path bundle) throws IOException {
        return FloatTensors.of(Tensor.read(bundle.resolve("vectors/encoder/test_data_set_1/input_0.pb")));
    }

    private Findings verify(ModelRuntime runtime, List<Case> cases) throws IOException {
        return new Verification(List.of(runtime), temporary, text -> {}).run("test", cases, false);
    }

    /** ONNX Runtime, given other jobs than it was asked to do. */
    private static class Mistaken extends ForwardingRuntime {
        private final String name;
        private final Function<Job, Job> mistake;

        Mistaken(String name, Function<Job, Job> mistake) {
            super(JavaRuntime.cpu());
            this.name = name;
            this.mistake = mistake;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String engine() {
            return name;
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
