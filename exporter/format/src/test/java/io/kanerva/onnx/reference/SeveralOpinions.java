package io.kanerva.onnx.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import java.nio.file.Path;
import java.util.Map;

/**
 * Runs a graph with ONNX Runtime and with the reference evaluator, which must agree; the answers are ONNX Runtime's.
 */
public final class SeveralOpinions implements GraphRunner {
    private final OrtRunner runtime = new OrtRunner();
    private final ReferenceEvaluator reference = new ReferenceEvaluator();
    private final double tolerance;
    private double largest;

    /**
     * @param tolerance largest accepted difference d between the two answers y and r: d &lt;= tolerance * max(1, |r|)
     */
    public SeveralOpinions(double tolerance) {
        this.tolerance = tolerance;
    }

    /** The largest absolute difference between ONNX Runtime and the reference evaluator so far, over finite numbers. */
    public double largestDifference() {
        return largest;
    }

    @Override
    public Map<String, Tensor> run(byte[] model, Map<String, Tensor> inputs) {
        return compared(runtime.run(model, inputs), reference.run(model, inputs));
    }

    @Override
    public Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
        return compared(runtime.run(model, inputs), reference.run(model, inputs));
    }

    private Map<String, Tensor> compared(Map<String, Tensor> answers, Map<String, Tensor> others) {
        assertThat(others.keySet()).isEqualTo(answers.keySet());
        answers.forEach((name, answer) -> {
            Tensor other = others.get(name);
            assertThat(other.shape()).as("shape of %s", name).isEqualTo(answer.shape());
            assertThat(other.type()).as("type of %s", name).isEqualTo(answer.type());
            // Two units of the last place, as ONNX Runtime rounds in between in its own way.
            double allowed = Math.max(tolerance, 2 * answer.type().precision());
            double[] expected = other.doubles();
            double[] found = answer.doubles();
            for (int i = 0; i < found.length; i++) {
                if (Double.doubleToLongBits(found[i]) != Double.doubleToLongBits(expected[i])) {
                    assertThat(found[i])
                            .as("ONNX Runtime's %s[%d] against the reference evaluator's", name, i)
                            .isCloseTo(expected[i], within(allowed * Math.max(1, Math.abs(expected[i]))));
                    largest = Math.max(largest, Math.abs(found[i] - expected[i]));
                }
            }
        });
        return answers;
    }
}
