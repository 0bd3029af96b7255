package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class ConsensusTest {
    /** An engine that is only spoken of. */
    private record Named(String name) implements ModelRuntime {
        @Override
        public Description description() {
            return new Description(name, name, name + " 1", "cpu", Set.of(false), false);
        }

        @Override
        public String about() {
            return "";
        }

        @Override
        public List<Answer> run(List<Job> jobs, IntConsumer progress) {
            throw new UnsupportedOperationException();
        }
    }

    private static List<Tensor> output(float value) {
        return List.of(Tensor.of(new float[] {value}, 1));
    }

    private static void differ(Consensus consensus, String engine, float value) {
        List<Tensor> output = output(value);
        consensus.differ(new Named(engine), false, output, "'y'", output::equals);
    }

    @Test
    void equalSidesAreCountedAsTheyAre() {
        Consensus consensus = new Consensus(true, "vectors");
        for (String engine : List.of("a", "b", "c")) {
            differ(consensus, engine, 1);
            differ(consensus, engine.toUpperCase(Locale.ROOT), 2);
        }
        assertThat(consensus.cause("g", "case")).hasValueSatisfying(cause -> {
            assertThat(cause.kind()).isEqualTo(Cause.Kind.UNDECIDED);
            assertThat(cause.sentence())
                    .isEqualTo("no runtime gives the expected output 'y', and no more than 3 of A, B, C, a, b and c "
                            + "agree with each other");
        });
    }

    @Test
    void aReferenceIsNotCalledVectors() {
        Consensus consensus = new Consensus(false, "reference");
        differ(consensus, "a", 2);
        Optional<Cause> cause = consensus
                .misreading()
                .cause(
                        "g",
                        "case",
                        output(1),
                        output(1)::equals,
                        found -> found.equals(output(2)) ? Optional.of("Softmax for another") : Optional.empty());
        assertThat(cause).hasValueSatisfying(one -> {
            assertThat(one.kind()).isEqualTo(Cause.Kind.ENGINE);
            assertThat(one.sentence())
                    .isEqualTo("a takes Softmax for another ('y'); as the opset has it, the result is that of "
                            + "reference");
        });
    }
}
