package io.kanerva.tools.command.verify;

import io.kanerva.conformance.Agreement;
import io.kanerva.conformance.BundleVerification;
import io.kanerva.conformance.DjlPyTorchRuntime;
import io.kanerva.conformance.check.Bisection;
import io.kanerva.conformance.check.BoundFinding;
import io.kanerva.conformance.check.BundleCases;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Participant;
import io.kanerva.conformance.check.PipelineCase;
import io.kanerva.conformance.check.RuntimeBound;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.conformance.tensor.TensorValue;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.DataOptions;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.report.DecodedImages;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs cases through the runtimes that were asked for, reports, and says at the end whether all is as it should be. */
final class RuntimeChecks implements AutoCloseable {
    private static final int MOST_BISECTIONS = 5;
    private static final int MOST_IN_EPISODE = 25;
    /** Decoded numbers that a bound holds and passes through files at most: a quarter of a gigabyte. */
    private static final long MOST_NUMBERS = 1 << 26;

    private final Subcommand action;
    private final RuntimeOptions options;
    private final ReportOptions reports;
    private final boolean bisect;
    private final TemporaryFolder temporary = new TemporaryFolder("kpp-verify");
    private final Path scratch = temporary.path();
    private Findings findings;

    RuntimeChecks(Subcommand action, RuntimeOptions options, ReportOptions reports, boolean bisect) throws IOException {
        this.action = action;
        this.options = options;
        this.reports = reports;
        this.bisect = bisect;
    }

    /** Folder for files in between. */
    Path scratch() {
        return scratch;
    }

    /** The options that say which runtimes. */
    RuntimeOptions options() {
        return options;
    }

    /**
     * All graphs of a bundle, and the bound if images are wanted; {@code own} and {@code faults} is what was found
     * before.
     */
    void bundle(
            Path folder,
            BundleVerification verification,
            Agreement own,
            List<String> faults,
            Path against,
            KanervaModel model,
            int random,
            long seed,
            int images,
            Path data)
            throws IOException {
        List<ModelRuntime> runtimes = options.find(action, new DjlPyTorchRuntime(verification.bundle(), model));
        List<Case> cases = BundleCases.of(folder, verification.bundle(), random, seed, scratch);
        Verification run = new Verification(runtimes, scratch, progress());
        findings = run.run(verification.bundle().name(), cases, options.install());
        findings = findings.withOwn(own, faults);
        addClients(Map.of(folder, verification), seed);
        if (images > 0) {
            findings = findings.withBounds(bounds(folder, verification, runtimes, images, seed, data), List.of());
        }
        reports.write(
                action,
                findings,
                DecodedImages.of(
                        run.pictured(),
                        run.logits(),
                        Optional.of(verification.bundle().settings())));
        bisectFailures(runtimes, cases, Optional.ofNullable(against));
    }

    /**
     * All graphs of several bundles, each runtime being started once for all of them; bounds of those whose test images
     * are at hand.
     */
    void bundles(
            Map<Path, BundleVerification> bundles,
            Agreement own,
            List<String> faults,
            int random,
            long seed,
            int images,
            Path data)
            throws IOException {
        List<ModelRuntime> runtimes = options.find(action);
        List<Case> cases = new ArrayList<>();
        for (Map.Entry<Path, BundleVerification> bundle : bundles.entrySet()) {
            String name = bundle.getValue().bundle().name();
            BundleCases.of(bundle.getKey(), bundle.getValue().bundle(), random, seed, scratch.resolve(name))
                    .forEach(given -> cases.add(given.of(name)));
        }
        Verification run = new Verification(runtimes, scratch, progress());
        findings = run.run(
                bundles.values().stream().map(bundle -> bundle.bundle().name()).collect(Collectors.joining(", ")),
                cases,
                options.install());
        findings = findings.withOwn(own, faults);
        addClients(bundles, seed);
        List<BoundFinding> bounds = new ArrayList<>();
        List<String> unscored = new ArrayList<>();
        for (Map.Entry<Path, BundleVerification> bundle :
                images > 0 ? bundles.entrySet() : Set.<Map.Entry<Path, BundleVerification>>of()) {
            try {
                // One folder need not hold the images of all bundles; for those that it does not, what was fetched or
                // ships will do.
                boolean held = data != null
                        && source(bundle.getKey(), bundle.getValue()).isIn(data);
                bounds.addAll(bounds(bundle.getKey(), bundle.getValue(), runtimes, images, seed, held ? data : null));
            } catch (Failure | DataFormatException e) {
                unscored.add("%s: no test images are scored: %s"
                        .formatted(bundle.getValue().bundle().name(), e.getMessage()));
            }
        }
        findings = findings.withBounds(bounds, unscored);
        Optional<ModelSettings> settings = bundles.values().stream()
                .map(BundleVerification::bundle)
                .filter(bundle -> run.pictured().startsWith(bundle.name() + "/"))
                .map(Bundle::settings)
                .findFirst();
        reports.write(action, findings, DecodedImages.of(run.pictured(), run.logits(), settings));
    }

    private void addClients(Map<Path, BundleVerification> bundles, long seed) throws IOException {
        List<ModelRuntime> clients = options.clients();
        if (clients.isEmpty()) {
            return;
        }
        List<Case> pipelines = new ArrayList<>();
        for (Map.Entry<Path, BundleVerification> bundle : bundles.entrySet()) {
            String name = bundle.getValue().bundle().name();
            pipelines(bundle.getKey(), bundle.getValue(), seed, scratch.resolve(name))
                    .forEach(given -> pipelines.add(bundles.size() == 1 ? given : given.of(name)));
        }
        findings = findings.and(
                new Verification(clients, scratch, progress()).run(findings.subject(), pipelines, options.install()));
    }

    /** Cases of any models. */
    void models(String subject, List<Case> cases, Path against) throws IOException {
        List<ModelRuntime> runtimes = options.find(action);
        Verification run = new Verification(runtimes, scratch, progress());
        findings = run.run(subject, cases, options.install());
        reports.write(action, findings, DecodedImages.of(run.pictured(), run.logits(), Optional.empty()));
        bisectFailures(runtimes, cases, Optional.ofNullable(against));
    }

    /** Whole pipelines on the images of the golden vectors. */
    private static List<Case> pipelines(Path folder, BundleVerification verification, long seed, Path scratch)
            throws IOException {
        List<Case> pipelines = new ArrayList<>();
        for (int n = 0; Files.isDirectory(folder.resolve("vectors/encoder/test_data_set_" + n)); n++) {
            Tensor images = Tensor.read(folder.resolve("vectors/encoder/test_data_set_" + n + "/input_0.pb"));
            FloatTensor episodes = new FloatTensor(
                    images.floats(),
                    Arrays.stream(images.shape()).mapToInt(Math::toIntExact).toArray());
            pipelines.add(PipelineCase.make(folder, verification.kanerva(), episodes, seed + n, scratch));
            pipelines.add(PipelineCase.bound(folder, verification.kanerva(), episodes, seed + n, scratch));
        }
        return pipelines;
    }

    /** The data set that a bundle was trained on. */
    private static DataSource source(Path folder, BundleVerification verification) {
        String trainedOn = verification.bundle().provenance().data();
        return Stream.of(DataSource.values())
                .filter(known -> trainedOn.contains(known.id()))
                .max(Comparator.comparingInt(known -> known.id().length())) // fashion-mnist names mnist, too
                .orElseThrow(() -> new Failure(
                        "%s: expected a data set that is known for --bound, found '%s'".formatted(folder, trainedOn)));
    }

    private List<BoundFinding> bounds(
            Path folder, BundleVerification verification, List<ModelRuntime> runtimes, int asked, long seed, Path data)
            throws IOException {
        ModelSettings settings = verification.bundle().settings();
        int most = Math.min(MOST_IN_EPISODE, settings.capacity());
        DataSource source = source(folder, verification);
        Images test = source.test(DataOptions.home(data, source));
        int images = Math.min(asked, test.count());
        int length = most;
        while (images % length != 0) {
            length--;
        }
        // What is decoded of one round of images is held at once, and passes through files.
        long numbers = verification.bundle().graphs().get("decoder").outputs().get(0).shape().stream()
                .skip(2)
                .mapToLong(Long::parseLong)
                .reduce(1, Math::multiplyExact);
        int round = (int) Math.min(images, Math.max(1, MOST_NUMBERS / numbers / length) * length);
        Map<String, BoundFinding> bounds = new LinkedHashMap<>();
        for (int from = 0; from < images; from += round) {
            TestEpisodes episodes = new TestEpisodes(
                    test.slice(from, Math.min(images, from + round)), source.testBinarisation(), length, seed);
            List<FloatTensor> batches = new ArrayList<>();
            for (int e = 0; e < episodes.count(); e++) {
                batches.add(Pictures.of(episodes, e).tensor());
            }
            RuntimeBound bound = new RuntimeBound(folder, verification.kanerva(), batches, seed + from);
            for (ModelRuntime runtime : runtimes) {
                if (findings.runtimes().stream()
                        .anyMatch(participant ->
                                participant.ran() && participant.name().equals(runtime.name()))) {
                    bounds.merge(runtime.name(), bound.of(runtime, scratch, progress()), BoundFinding::and);
                }
            }
        }
        return List.copyOf(bounds.values());
    }

    /** Shows what is being done: in place on a terminal, a line a phase elsewhere. */
    Consumer<String> progress() {
        Terminal terminal = action.terminal();
        String[] last = {""};
        return text -> {
            String phase = terminal.redraws() ? text : text.replaceAll(", \\d+ of \\d+$", "");
            if (!phase.equals(last[0])) {
                last[0] = phase;
                terminal.status(phase);
            }
        };
    }

    /** One bisection for each runtime and graph that fails, on its worst case. */
    private void bisectFailures(List<ModelRuntime> runtimes, List<Case> cases, Optional<Path> against)
            throws IOException {
        if (!bisect) {
            return;
        }
        List<String> done = new ArrayList<>();
        for (Finding finding : findings.failures()) {
            String what = "%s, graph '%s', optimisations %s"
                    .formatted(finding.runtime(), finding.graph(), finding.optimised() ? "on" : "off");
            Case failed = cases.stream()
                    .filter(given -> given.graph().equals(finding.graph())
                            && given.label().equals(finding.inputs()))
                    .findFirst()
                    .orElse(null);
            if (failed == null
                    || done.contains(what)
                    || done.size() == MOST_BISECTIONS
                    || finding.check() != Finding.Check.BUDGET) {
                continue; // a client's pipeline is no graph
            }
            done.add(what);
            ModelRuntime suspect = runtimes.stream()
                    .filter(runtime -> runtime.name().equals(finding.runtime()))
                    .findFirst()
                    .orElseThrow();
            Path reference = against.map(other -> Files.isDirectory(other)
                            ? other.resolve(failed.model().getFileName())
                            : other)
                    .orElse(failed.model());
            Bisection.Result result = Bisection.between(
                    new Bisection.Side(JavaRuntime.cpu(), reference, false),
                    new Bisection.Side(suspect, failed.model(), finding.optimised()),
                    failed.inputs(),
                    failed.toleranceOn(suspect.device()),
                    scratch);
            action.print(
                    "bisected  %s: %s",
                    what,
                    result.describe()
                            + (result.node().isEmpty() && result.problem().isEmpty() && against.isEmpty()
                                    ? ", so it is the model that differs; --against one that is right finds where"
                                    : ""));
        }
    }

    /** Fails if a runtime that was required did not run, or anything was not as it should be. */
    void requireAll() {
        if (options.require()) {
            for (Participant runtime : findings.runtimes()) {
                if (!runtime.ran()) {
                    throw new Failure("%s: expected it to run, found that it did not: %s"
                            .formatted(runtime.name(), runtime.readiness().why()));
                }
            }
        }
        List<String> problems = findings.problems();
        if (!problems.isEmpty()) {
            throw new Failure(problems.get(0)
                    + (problems.size() > 1 ? " (and %d more comparisons)".formatted(problems.size() - 1) : ""));
        }
        if (findings.findings().isEmpty()) {
            throw new Failure("expected something to compare, found that no runtime ran");
        }
    }

    @Override
    public void close() throws IOException {
        temporary.close();
    }
}
