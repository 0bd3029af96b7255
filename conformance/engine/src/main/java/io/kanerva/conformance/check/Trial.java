package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Runs parts of a model on a reference, without graph optimisations, and on a suspect. */
final class Trial {
    private final ModelRuntime reference;
    private final ModelRuntime suspect;
    private final boolean optimised;
    private final Budget budget;
    private final Path scratch;
    private int count;
    private Tensor expected;

    /** @param scratch folder for the parts, used by this only */
    Trial(ModelRuntime reference, ModelRuntime suspect, boolean optimised, Budget budget, Path scratch) {
        this.reference = reference;
        this.suspect = suspect;
        this.optimised = optimised;
        this.budget = budget;
        this.scratch = scratch;
    }

    /** The same with another suspect. */
    Trial with(ModelRuntime other) {
        return new Trial(reference, other, optimised, budget, scratch.resolve("other"));
    }

    /** Whether a part can be run on both and differs. */
    boolean differs(SubModel part) throws IOException {
        return run(part).map(comparison -> !comparison.within()).orElse(false);
    }

    /** The comparison of a part's output; empty if one of the two cannot run the part. */
    Optional<Comparison> run(SubModel part) throws IOException {
        Path folder = Files.createDirectories(scratch.resolve("part-" + count++));
        Path model = Files.write(folder.resolve("part.onnx"), part.model().toByteArray());
        Path inputs = TensorFolder.write(folder.resolve("inputs"), TensorFolder.INPUT, part.inputs());
        Answer right = one(reference, model, inputs, false);
        if (!(right instanceof Outputs expectedOutputs) || expectedOutputs.output(0) == null) {
            return Optional.empty();
        }
        expected = expectedOutputs.output(0);
        Files.write(model, part.giving(expected).toByteArray());
        if (!(one(suspect, model, inputs, optimised) instanceof Outputs outputs)) {
            return Optional.empty();
        }
        String name = part.model().getGraph().getOutput(0).getName();
        Tolerance tolerance = budget.of(expected.named(name), suspect);
        Comparison comparison = Bisection.compared(name, expected, outputs.output(0), one -> tolerance);
        if (!comparison.within() && budget.allowsNoise() && outputs.output(0) != null) {
            comparison = RoundingNoise.measure(reference, model, inputs, folder.resolve("noise"))
                    .compare(name, 0, expected, outputs.output(0), tolerance);
        }
        return Optional.of(comparison);
    }

    private static Answer one(ModelRuntime runtime, Path model, Path inputs, boolean optimised) {
        return runtime.run(List.of(new Job(model, inputs, optimised)), done -> {})
                .get(0);
    }

    /** What the reference gave for the last part. */
    Tensor expected() {
        return expected;
    }
}
