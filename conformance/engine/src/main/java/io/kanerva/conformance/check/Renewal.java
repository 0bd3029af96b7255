package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.AtomicFiles;
import io.kanerva.onnx.CompositeValue;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** New expected outputs for a model's test vectors: what a runtime computes today, beside what the files hold. */
public final class Renewal {
    private final List<Change> changes = new ArrayList<>();

    /**
     * One file of an expected output.
     *
     * @param before what it holds; null if it does not exist
     * @param after what the runtime computes
     * @param within whether the two agree within the output's tolerance
     */
    public record Change(Path file, Tensor before, Tensor after, boolean within) {
        /** Whether the file has to be written: its bits differ, or it does not exist. */
        public boolean isNew() {
            return before == null || !before.equals(after);
        }

        /** The difference, in one line. */
        public String describe() {
            String name =
                    "%s  '%s'".formatted(file.getParent().getFileName().resolve(file.getFileName()), after.name());
            if (before == null) {
                return "%s  new: %s".formatted(name, after);
            }
            if (!isNew()) {
                return "%s  same bits".formatted(name);
            }
            if (before.type() != after.type() || !Arrays.equals(before.shape(), after.shape())) {
                return "%s  other: was %s, is %s".formatted(name, before, after);
            }
            // Of one width for all elements, so that the place is that of the largest difference.
            Comparison difference = Comparison.between(after.name(), before, after, Tolerance.elements(1, 0));
            return !difference.problem().isEmpty()
                    ? "%s  differs: %s".formatted(name, difference.problem())
                    : String.format(
                            Locale.ROOT,
                            "%s  %s by at most %.2e; at %s it was %s, is %s (%.0f dB)",
                            name,
                            within ? "differs within its tolerance," : "DIFFERS",
                            difference.largest(),
                            difference.at(),
                            difference.expected(),
                            difference.found(),
                            difference.signalToNoise());
        }
    }

    /**
     * Computes the outputs of all cases, twice.
     *
     * @param cases in folders of vectors, with what the files hold as expected outputs
     * @param source computes the new outputs, without optimisations where it can
     * @throws IOException if it cannot, if random operators or anything else make two runs differ, or if an output is
     *     no tensor; the message is one sentence
     */
    public Renewal(List<Case> cases, ModelRuntime source) throws IOException {
        boolean optimised = !source.description().optimisations().contains(false);
        for (Case testCase : cases) {
            ModelProto model = OnnxFiles.read(testCase.model());
            List<ValueInfoProto> declared = model.getGraph().getOutputList();
            for (ValueInfoProto output : declared) {
                if (CompositeValue.isComposite(output.getType())) {
                    throw new IOException("%s: expected outputs that are tensors, found '%s', which is none"
                            .formatted(testCase.model(), output.getName()));
                }
            }
            for (var entry : OutputFacts.of(model).entrySet()) {
                if (!entry.getValue().random().isEmpty()) {
                    throw new IOException("%s: expected outputs that the inputs determine, found '%s' of %s"
                            .formatted(
                                    testCase.model(),
                                    entry.getKey(),
                                    String.join(", ", entry.getValue().random())));
                }
            }
            Job job = new Job(testCase.model(), testCase.inputs(), optimised);
            List<Tensor> outputs = outputs(testCase, source, job);
            if (!outputs.equals(outputs(testCase, source, job))) {
                throw new IOException("%s: expected the same bits from two runs of %s, found others"
                        .formatted(testCase.inputs(), source.name()));
            }
            for (int i = 0; i < outputs.size(); i++) {
                Tensor after = outputs.get(i).named(declared.get(i).getName());
                Tensor before = i < testCase.expected().size()
                        ? testCase.expected().get(i).named(after.name())
                        : null;
                boolean within = before != null
                        && Comparison.between(
                                        after.name(),
                                        before,
                                        after,
                                        testCase.budget().of(before, source))
                                .within();
                changes.add(
                        new Change(testCase.inputs().resolve(TensorFolder.OUTPUT + i + ".pb"), before, after, within));
            }
        }
    }

    private static List<Tensor> outputs(Case testCase, ModelRuntime source, Job job) throws IOException {
        Answer answer = source.run(List.of(job), done -> {}).get(0);
        if (answer instanceof None none) {
            throw new IOException("%s: expected outputs of %s, found %s"
                    .formatted(testCase.inputs(), source.name(), none.describe()));
        }
        return ((Outputs) answer).outputs();
    }

    /** One entry per file, in order. */
    public List<Change> changes() {
        return List.copyOf(changes);
    }

    /**
     * Writes the files that have to be; each is replaced as a whole.
     *
     * @throws IOException if one cannot be written, which then has its old content
     */
    public void write() throws IOException {
        for (Change change : changes) {
            if (change.isNew()) {
                AtomicFiles.write(change.file(), change.after().toProto().toByteArray());
            }
        }
    }
}
