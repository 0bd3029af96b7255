package io.kanerva.conformance.check;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Ending;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
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
        CRASHED,
        /** Our adapter cannot pass its inputs or outputs to the engine. */
        ADAPTER
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
    private final Map<ModelRuntime, Row> done = new HashMap<>();
    private List<ModelRuntime> requested = List.of();
    private final ModelRuntime java;
    private final Path scratch;

    /**
     * Reads the tests of a folder.
     *
     * @param tolerance of floating-point outputs; empty for that of {@link Budget#ofTests}
     * @param java measures rounding noise where an output exceeds its tolerance
     * @param scratch folder for intermediate files
     * @throws IOException if the folder cannot be read
     */
    public Suite(Path folder, Optional<Tolerance> tolerance, ModelRuntime java, Path scratch) throws IOException {
        this.java = java;
        this.scratch = scratch;
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
                Budget budget = tolerance.isPresent()
                        ? Budget.ofFloats(tolerance.get())
                        : Budget.ofTests(child.resolve("model.onnx"));
                List<Case> cases = Case.of(name, child.resolve("model.onnx"), child, Optional.of(budget));
                long opset = model.getOpsetImportList().stream()
                        .filter(set -> set.getDomain().isEmpty())
                        .mapToLong(OperatorSetIdProto::getVersion)
                        .max()
                        .orElse(0);
                if (cases.isEmpty()) {
                    skipped.add(name + ": it has no inputs");
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

    /** Keeps only every nth test in the order of their names, beginning with the first, for a quick check. */
    public void keepEvery(int step) {
        List<Test> kept = new ArrayList<>();
        for (int i = 0; i < tests.size(); i += step) {
            kept.add(tests.get(i));
        }
        tests.retainAll(kept);
    }

    /** The tests without expected outputs, which are compared with those of ONNX Runtime's Java API. */
    public List<String> withoutOutputs() {
        return tests.stream()
                .filter(test -> test.cases().stream()
                        .anyMatch(testCase -> testCase.expected().isEmpty()))
                .map(Test::name)
                .toList();
    }

    /** The tests whose outputs random operators decide: only their types and shapes are compared. */
    public List<String> random() {
        return tests.stream()
                .filter(test -> new Subject(test.cases().get(0), java, scratch).isAllRandom())
                .map(Test::name)
                .toList();
    }

    /** The tests that can be run. */
    public List<Test> tests() {
        return List.copyOf(tests);
    }

    /** Tests that cannot be run, and why. */
    public List<String> skipped() {
        return List.copyOf(skipped);
    }

    /** Runs all tests on each runtime, with graph optimisations off and on where it has both. */
    public List<Row> run(List<ModelRuntime> runtimes, boolean install, Consumer<String> progress) {
        List<Subject> subjects = new ArrayList<>();
        tests.stream()
                .flatMap(test -> test.cases().stream())
                .forEach(testCase ->
                        subjects.add(new Subject(testCase, java, scratch.resolve("noise-" + subjects.size()))));
        subjects.stream().filter(subject -> subject.right() == null).forEach(subject -> {
            Case testCase = subject.testCase();
            subject.reference(java.run(List.of(new Job(testCase.model(), testCase.inputs(), false)), done -> {})
                    .get(0));
        });
        synchronized (this) {
            requested = List.copyOf(runtimes);
        }
        try (Preparation preparation = new Preparation(runtimes, install, progress)) {
            for (ModelRuntime next = preparation.next(); next != null; next = preparation.next()) {
                keep(new Row(next, Readiness.READY, run(next, subjects, progress)));
            }
            runtimes.stream()
                    .filter(runtime -> preparation.of(runtime).state() != Readiness.State.READY)
                    .forEach(runtime -> keep(new Row(runtime, preparation.of(runtime), List.of())));
        }
        return rows();
    }

    private synchronized void keep(Row row) {
        done.put(row.runtime(), row);
    }

    /** The results so far, in the order of the runtimes; a run that ends early has not run them all. */
    public synchronized List<Row> rows() {
        Readiness unknown = new Readiness(Readiness.State.FAILED, "the run ended before it had run");
        return requested.stream()
                .map(runtime -> done.getOrDefault(runtime, new Row(runtime, unknown, List.of())))
                .toList();
    }

    private List<Result> run(ModelRuntime runtime, List<Subject> subjects, Consumer<String> progress) {
        List<Boolean> optimisations =
                runtime.description().optimisations().stream().sorted().toList();
        List<Job> jobs = new ArrayList<>();
        for (Subject subject : subjects) {
            Case testCase = subject.testCase();
            optimisations.forEach(on -> jobs.add(new Job(testCase.model(), testCase.inputs(), on)));
        }
        List<Answer> answers =
                runtime.run(jobs, done -> progress.accept("%s, %d of %d".formatted(runtime.name(), done, jobs.size())));
        Ending.awaitIfUnderWay(answers);
        List<Result> results = new ArrayList<>();
        int next = 0;
        int subject = 0;
        for (Test test : tests) {
            Result result = new Result(test, Outcome.PASSED, "");
            for (int i = 0; i < test.cases().size(); i++) {
                Subject one = subjects.get(subject++);
                for (boolean optimised : optimisations) {
                    Answer answer = answers.get(next++);
                    if (result.outcome() == Outcome.PASSED) {
                        result = judge(test, one, runtime, optimised, answer);
                    }
                }
            }
            results.add(result);
        }
        return results;
    }

    private static Result judge(Test test, Subject subject, ModelRuntime runtime, boolean optimised, Answer answer) {
        if (answer instanceof None none) {
            Outcome outcome = switch (none.kind()) {
                case REFUSED -> Outcome.REFUSED;
                case CRASHED -> Outcome.CRASHED;
                case ADAPTER -> Outcome.ADAPTER;
            };
            return new Result(test, outcome, none.why());
        }
        List<Tensor> found = ((Outputs) answer).outputs();
        if (subject.right() != null && found.size() != subject.right().size()) {
            return new Result(
                    test,
                    Outcome.DIFFERS,
                    "expected %d outputs, found %d".formatted(subject.right().size(), found.size()));
        }
        for (int i = 0; subject.right() != null && i < found.size(); i++) {
            Tensor right = subject.right().get(i);
            if (subject.isRandom(right)
                    && (right.type() != found.get(i).type()
                            || right.shape().length != found.get(i).shape().length)) {
                return new Result(
                        test, Outcome.DIFFERS, "expected a random %s, found %s".formatted(right, found.get(i)));
            }
        }
        return subject.compare(runtime, optimised, answer, null, NoiseFloor.NONE).stream()
                .filter(finding -> !finding.holds())
                .findFirst()
                .map(finding -> new Result(
                        test,
                        Outcome.DIFFERS,
                        "output '%s' %s%s"
                                .formatted(
                                        finding.comparison().output(),
                                        finding.comparison().describe(),
                                        optimised ? ", with optimisations" : "")))
                .orElseGet(() -> new Result(test, Outcome.PASSED, ""));
    }
}
