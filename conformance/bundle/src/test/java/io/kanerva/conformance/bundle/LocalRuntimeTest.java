package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime.Description;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runtimes in this process. */
class LocalRuntimeTest {
    @TempDir
    Path folder;

    /** Asks for ever more memory at the first value, and gives the second back. */
    private static final class Large extends LocalRuntime {
        Large() {
            super(new Description("large", "large", "large 1", "cpu", Set.of(false), false));
        }

        @Override
        List<Tensor> answer(Job job, Map<String, Tensor> inputs) {
            Tensor x = inputs.get("x");
            List<byte[]> kept = new ArrayList<>();
            while (x.floats()[0] > 1) {
                kept.add(new byte[Integer.MAX_VALUE]); // one more than any array has
            }
            return List.of(x);
        }
    }

    @Test
    void whatDoesNotFitIntoTheHeapIsOneSentenceAndCostsNoOtherJob() throws Exception {
        List<Job> jobs = new ArrayList<>();
        for (int value = 2; value > 0; value--) {
            Path inputs = folder.resolve(Integer.toString(value));
            TensorFolder.write(inputs, TensorFolder.INPUT, List.of(Tensor.of("x", new float[] {value}, 1)));
            jobs.add(new Job(folder, inputs, false));
        }
        List<Answer> answers = new Large().run(jobs, done -> {});
        assertThat(answers).hasSize(2);
        assertThat(answers.get(0))
                .isInstanceOfSatisfying(
                        None.class,
                        none -> assertThat(none.why())
                                .matches("expected a computation that fits into \\d+ MiB of Java heap, "
                                        + "found a larger one; -Xmx gives more"));
        assertThat(answers.get(1))
                .isInstanceOfSatisfying(
                        Outputs.class,
                        outputs -> assertThat(outputs.output(0).floats()).containsExactly(1));
    }
}
