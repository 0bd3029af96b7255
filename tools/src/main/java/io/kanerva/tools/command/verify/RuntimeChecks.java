package io.kanerva.tools.command.verify;

import io.kanerva.conformance.bundle.BundleBound;
import io.kanerva.conformance.bundle.BundleCases;
import io.kanerva.conformance.bundle.DjlRuntime;
import io.kanerva.conformance.bundle.KanervaRuntime;
import io.kanerva.conformance.check.Bisection;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Participant;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.DataOptions;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.report.DecodedImages;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs cases through the runtimes that were asked for, reports, and says at the end whether all is as it should be. */
final class RuntimeChecks implements AutoCloseable {
    private static final int MAX_BISECTIONS = 5;
    private static final int MAX_IN_EPISODE = 25;

    private final Subcommand action;
    private final RuntimeOptions options;
    private final ReportOptions reports;
    private final boolean bisect;
    private final TemporaryFolder temporary = new TemporaryFolder("kpp-verify");
    private final Verification verification;
    private List<ModelRuntime> runtimes = List.of();
    private Findings findings;

    RuntimeChecks(Subcommand action, RuntimeOptions options, ReportOptions reports, boolean bisect) throws IOException {
        this.action = action;
        this.options = options;
        this.reports = reports;
        this.bisect = bisect;
        verification = new Verification(temporary.path(), options.install(), progress(), BundleGraph.LOGITS);
    }

    /** Folder for files in between. */
    Path scratch() {
        return verification.scratch();
    }

    /** The options that say which runtimes. */
    RuntimeOptions options() {
        return options;
    }

    /**
     * Checks bundles by themselves: their graphs on every runtime, each being started once for all of them, and their
     * pipelines on every client.
     *
     * @param djl the model's blocks; null if there is more than one bundle
     */
    void bundles(List<BundleCases> bundles, DjlRuntime djl, int random, long seed) throws IOException {
        List<ModelRuntime> others = new ArrayList<>(List.of(new KanervaRuntime(bundles)));
        if (djl != null) {
            others.add(djl);
        }
        runtimes = options.find(action, others.toArray(ModelRuntime[]::new));
        findings = BundleCases.check(verification, bundles, runtimes, options.clients(), random, seed);
    }

    /** Checks a bundle against the model that it was exported from, and scores test episodes through both. */
    void model(BundleCases bundle, DjlRuntime djl, ImageSet sample, TestEpisodes episodes, long seed)
            throws IOException {
        List<ModelRuntime> kanerva =
                runtimes.stream().filter(KanervaRuntime.class::isInstance).toList();
        findings = findings.and(bundle.check(verification, runtimes, djl, sample, seed))
                .and(new BundleBound(bundle, episodes, seed).run(verification, djl, kanerva));
    }

    /** Checks a bundle's graphs against those of another bundle of the same model. */
    void otherBundle(BundleCases bundle, BundleCases other) throws IOException {
        findings =
                findings.and(verification.run(findings.subject(), List.of(JavaRuntime.CPU), bundle.otherBundle(other)));
    }

    /** Cases of any models. */
    void models(String subject, List<Case> cases) throws IOException {
        runtimes = options.find(action);
        findings = verification.run(subject, runtimes, cases);
    }

    /**
     * Scores test images through every runtime that ran.
     *
     * @param one whether missing images are a failure; else the report says so
     */
    void bounds(List<BundleCases> bundles, int images, long seed, Path data, boolean one) throws IOException {
        for (BundleCases bundle : bundles) {
            try {
                // One folder need not hold the images of all bundles; for those that it does not, what was fetched or
                // ships will do.
                Path folder = one || data != null && source(bundle).isIn(data) ? data : null;
                findings = findings.and(bound(bundle, images, seed, folder));
            } catch (Failure | DataFormatException e) {
                if (one) {
                    throw e;
                }
                String note = "%s: no test images are scored: %s"
                        .formatted(bundle.bundle().name(), e.getMessage());
                findings = findings.and(Findings.of(findings.subject(), List.of(), List.of(note)));
            }
        }
    }

    /**
     * Writes the reports.
     *
     * @param bundles whose images may be shown
     * @param against where a model or bundle is that is right, for bisection; null if it is not at hand
     */
    void report(List<BundleCases> bundles, Path against) throws IOException {
        Verification.Shown shown = verification.shown();
        Optional<ModelSettings> settings = bundles.stream()
                .map(BundleCases::bundle)
                .filter(bundle -> bundles.size() == 1 || shown.source().startsWith(bundle.name() + "/"))
                .map(Bundle::settings)
                .findFirst();
        reports.write(action, findings, DecodedImages.of(shown.source(), shown.tensors(), settings));
        bisectFailures(Optional.ofNullable(against));
    }

    /** The data set that a bundle was trained on. */
    private static DataSource source(BundleCases bundle) {
        String trainedOn = bundle.bundle().provenance().data();
        return Stream.of(DataSource.values())
                .filter(known -> trainedOn.contains(known.id()))
                .max(Comparator.comparingInt(known -> known.id().length())) // fashion-mnist names mnist, too
                .orElseThrow(() -> new Failure("%s: expected a data set that is known for --bound, found '%s'"
                        .formatted(bundle.folder(), trainedOn)));
    }

    private Findings bound(BundleCases bundle, int asked, long seed, Path data) throws IOException {
        int length = Math.min(MAX_IN_EPISODE, bundle.bundle().settings().capacity());
        DataSource source = source(bundle);
        Images test = source.test(DataOptions.home(data, source));
        int images = Math.min(asked, test.count());
        while (images % length != 0) {
            length--;
        }
        TestEpisodes episodes = new TestEpisodes(test.first(images), source.testBinarisation(), length, seed);
        Set<String> ran = findings.runtimes().stream()
                .filter(Participant::ran)
                .map(Participant::name)
                .collect(Collectors.toSet());
        return new BundleBound(bundle, episodes, seed)
                .run(
                        verification,
                        new KanervaRuntime(List.of(bundle)),
                        runtimes.stream()
                                .filter(runtime -> ran.contains(runtime.name()) && !(runtime instanceof KanervaRuntime))
                                .toList());
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
    private void bisectFailures(Optional<Path> against) throws IOException {
        if (!bisect) {
            return;
        }
        List<String> done = new ArrayList<>();
        for (Finding finding : findings.failures()) {
            String what = "%s, graph '%s', optimisations %s"
                    .formatted(finding.runtime(), finding.graph(), finding.optimised() ? "on" : "off");
            Case failed = verification.caseOf(finding).orElse(null);
            if (failed == null
                    || !Files.isRegularFile(failed.model()) // a whole bundle's pipeline is no graph
                    || done.contains(what)
                    || done.size() == MAX_BISECTIONS
                    || finding.check() != Finding.Check.BUDGET) {
                continue;
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
                    new Bisection.Side(JavaRuntime.CPU, reference, false),
                    new Bisection.Side(suspect, failed.model(), finding.optimised()),
                    failed.inputs(),
                    failed.budget(),
                    verification.scratch());
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
