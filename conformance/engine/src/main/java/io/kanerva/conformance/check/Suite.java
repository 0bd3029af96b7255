package io.kanerva.conformance.check;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs a folder of models, each in the ONNX project's test layout (a folder with model.onnx and test_data_set_N), on
 * every runtime, and counts how many each runtime passes. The node tests of the Python package {@code onnx} are such a
 * folder.
 */
public final class Suite {

    /** The outcome of a test on a runtime. */
    public enum Outcome {
        /** All outputs of all its data sets are within the tolerance. */
        PASSED,
        /** It ran, but an output exceeds the tolerance. */
        DIFFERS,
        /** The runtime rejects it with a message. */
        REFUSED,
        /** The runtime's process died. */
        CRASHED
    }

    /**
     * A test.
     *
     * @param name of its folder
     * @param opset of the standard domain; 0 if it does not import it
     */
    public record Test(String name, long opset, List<Case> cases) {}

    /**
     * The result of one test on one runtime.
     *
     * @param why the reason why it did not pass; empty if it did
     */
    public record Result(Test test, Outcome outcome, String why) {}

    /** One runtime's results; none if it did not run. */
    public record Row(ModelRuntime runtime, Readiness readiness, List<Result> results) {
        /** The number of tests per outcome, among those of an opset from {@code minOpset} to {@code maxOpset}. */
        public Map<Outcome, Long> counts(long minOpset, long maxOpset) {
            Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
            results.stream()
                    .filter(result ->
                            result.test().opset() >= minOpset && result.test().opset() <= maxOpset)
                    .forEach(result -> counts.merge(result.outcome(), 1L, Long::sum));
            return counts;
        }
    }

    private final List<Test> tests = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private final Tolerance tolerance;

    /**
     * Reads the tests of a folder.
     *
     * @throws IOException if the folder cannot be read
     */
    public Suite(Path folder, Tolerance tolerance) throws IOException {
        this.tolerance = tolerance;
        List<Path> folders;
        try (Stream<Path> children = Files.list(folder)) {
            folders = children.filter(child -> Files.isRegularFile(child.resolve("model.onnx")))
                    .sorted()
                    .toList();
        }
        for (Path child : folders) {
            String name = child.getFileName().toString();
            try {
                ModelProto model = ModelProto.parseFrom(Files.readAllBytes(child.resolve("model.onnx")));
                if (!Stream.concat(model.getGraph().getInputList().stream(), model.getGraph().getOutputList().stream())
                        .allMatch(Suite::isTensor)) {
                    skipped.add(name + ": an input or output is a sequence, a map or an optional");
                    continue;
                }
                List<Case> cases = Case.of(name, child.resolve("model.onnx"), child, Optional.of(Budget.of(tolerance)));
                long opset = model.getOpsetImportList().stream()
                        .filter(set -> set.getDomain().isEmpty())
                        .mapToLong(OperatorSetIdProto::getVersion)
                        .max()
                        .orElse(0);
                if (cases.isEmpty()
                        || cases.stream()
                                .anyMatch(testCase -> testCase.expected().isEmpty())) {
                    skipped.add(name + ": it has no expected outputs");
                } else {
                    tests.add(new Test(name, opset, cases));
                }
            } catch (InvalidProtocolBufferException e) {
                skipped.add(name + ": its model is malformed");
            } catch (IOException e) {
                skipped.add(name + ": " + e.getMessage());
            }
        }
    }

    private static boolean isTensor(ValueInfoProto value) {
        return value.getType().hasTensorType();
    }

    /** The tests that can be run. */
    public List<Test> tests() {
        return List.copyOf(tests);
    }

    /** Tests that cannot be run, and why: the protocol is for tensors only. */
    public List<String> skipped() {
        return List.copyOf(skipped);
    }

    /** Runs all tests on each runtime, with graph optimisations on where it has them. */
    public List<Row> run(List<ModelRuntime> runtimes, boolean install, Consumer<String> progress) {
        List<Row> rows = new ArrayList<>();
        for (ModelRuntime runtime : runtimes) {
            Readiness readiness = runtime.prepare(install);
            rows.add(new Row(
                    runtime,
                    readiness,
                    readiness.state() == Readiness.State.READY ? run(runtime, progress) : List.of()));
        }
        return rows;
    }

    private List<Result> run(ModelRuntime runtime, Consumer<String> progress) {
        boolean optimised = runtime.description().optimisations().contains(true);
        List<Job> jobs = tests.stream()
                .flatMap(test -> test.cases().stream())
                .map(testCase -> new Job(testCase.model(), testCase.inputs(), optimised))
                .toList();
        List<Answer> answers =
                runtime.run(jobs, done -> progress.accept("%s, %d of %d".formatted(runtime.name(), done, jobs.size())));
        List<Result> results = new ArrayList<>();
        int next = 0;
        for (Test test : tests) {
            Result result = new Result(test, Outcome.PASSED, "");
            for (Case testCase : test.cases()) {
                Answer answer = answers.get(next++);
                if (result.outcome() == Outcome.PASSED) {
                    result = judge(test, testCase, answer);
                }
            }
            results.add(result);
        }
        return results;
    }

    private Result judge(Test test, Case testCase, Answer answer) {
        if (answer instanceof None none) {
            return new Result(test, none.crashed() ? Outcome.CRASHED : Outcome.REFUSED, none.why());
        }
        List<Tensor> found = ((Outputs) answer).outputs();
        if (found.size() != testCase.expected().size()) {
            return new Result(
                    test,
                    Outcome.DIFFERS,
                    "expected %d outputs, found %d"
                            .formatted(testCase.expected().size(), found.size()));
        }
        for (int i = 0; i < found.size(); i++) {
            Comparison comparison = Comparison.between(
                    testCase.expected().get(i).name(), testCase.expected().get(i), found.get(i), tolerance);
            if (!comparison.within()) {
                return new Result(
                        test, Outcome.DIFFERS, "output '%s' %s".formatted(comparison.output(), comparison.describe()));
            }
        }
        return new Result(test, Outcome.PASSED, "");
    }
}
