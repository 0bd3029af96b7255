package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Bisection;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.HiddenBisection;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.report.DecodedImages;
import io.kanerva.tools.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The engine with the options of a command: collects findings, reports them, and fails if a comparison failed. */
final class RuntimeChecks implements AutoCloseable {
    private static final int MAX_BISECTIONS = 5;
    private static final String OTHER_MODEL =
            ", so the model itself differs from what gave the expected outputs; --against a correct one finds where";

    private final Subcommand command;
    private final RuntimeOptions options;
    private final CheckOptions checks;
    private final TemporaryFolder temporary = new TemporaryFolder("kpp-verify");
    private final ModelRuntime java;
    private final Verification verification;
    private final Thread hook = new Thread(() -> keep("this process was terminated"), "keep-what-was-found");
    private boolean reported;
    private int parts;

    /** For bundles, which ONNX Runtime runs in this process. */
    RuntimeChecks(Subcommand command, RuntimeOptions options, CheckOptions checks) throws IOException {
        this(command, options, checks, false);
    }

    /** @param apart whether ONNX Runtime's Java API runs in a process of its own, which a model may crash */
    RuntimeChecks(Subcommand command, RuntimeOptions options, CheckOptions checks, boolean apart) throws IOException {
        this.command = command;
        this.options = options;
        this.checks = checks;
        checks.requireWritable();
        java = apart
                ? ForeignRuntime.separateJava(JavaRuntime.CPU.name(), temporary.path(), options.silence())
                : JavaRuntime.CPU;
        verification = new Verification(
                java, temporary.path(), options.install(), progress(command.terminal()), BundleGraph.LOGITS);
        verification.latency(checks.latency());
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Reports what was found before the run ended early, unless all was reported. */
    private synchronized void keep(String why) {
        if (!reported) {
            reported = true;
            Findings findings = verification.soFar(why);
            if (!findings.runtimes().isEmpty()) {
                checks.report(command, findings, DecodedImages.none());
                conclude(findings, "expected a run to its end, found one that was ended early: " + why);
            }
        }
    }

    /** ONNX Runtime's Java API, here or in a process of its own. */
    ModelRuntime java() {
        return java;
    }

    /** The engine. */
    Verification verification() {
        return verification;
    }

    /** Folder for temporary files. */
    Path scratch() {
        return verification.scratch();
    }

    /**
     * Reports the findings and bisects failures.
     *
     * @param chosen runtimes, of which one must have run
     * @param bundles whose images may be shown; empty for other models
     * @param against a correct model or bundle for the bisection, or null
     * @throws Failure if a comparison failed, or a required runtime did not run
     */
    void conclude(Findings found, List<ModelRuntime> chosen, List<Bundle> bundles, Path against) throws IOException {
        Findings compared = found.and(Findings.of(found.subject(), List.of(), verification.toleranceNotes()));
        Findings findings =
                checks.bisect() ? compared.and(bisect(compared, chosen, Optional.ofNullable(against))) : compared;
        Verification.Shown shown = verification.shown();
        DecodedImages pictures = DecodedImages.of(
                shown.source(),
                shown.tensors(),
                bundles.stream()
                        .filter(bundle -> bundles.size() == 1 || shown.source().startsWith(bundle.name() + "/"))
                        .map(Bundle::settings)
                        .findFirst());
        synchronized (this) {
            reported = true;
            checks.report(command, findings, pictures);
        }
        try {
            requireGood(findings, chosen, !bundles.isEmpty()); // a bundle must run wherever it is run
            conclude(findings, "");
        } catch (Failure e) {
            conclude(findings, e.getMessage());
            throw e;
        }
    }

    private void conclude(Findings findings, String problem) {
        command.print("%s", TextReport.verdict(findings, problem));
        command.out().flush();
    }

    private void requireGood(Findings findings, List<ModelRuntime> chosen, boolean everywhere) {
        options.requireOutputs(findings, everywhere);
        Subcommand.requireNone(findings.problems(), "comparisons");
        findings.runtimes().forEach(runtime -> options.requireReady(runtime.name(), runtime.readiness()));
        Set<String> names = chosen.stream().map(ModelRuntime::name).collect(Collectors.toSet());
        if (findings.runtimes().stream().noneMatch(runtime -> runtime.ran() && names.contains(runtime.name()))) {
            throw new Failure("expected a runtime that runs, found none");
        }
    }

    /** Shows the phase: in place on a terminal, one line per phase elsewhere. */
    static Consumer<String> progress(Terminal terminal) {
        String[] last = {""};
        return text -> {
            String phase = terminal.redraws() ? text : text.replaceAll(", \\d+ of \\d+$", "");
            if (!phase.equals(last[0])) {
                last[0] = phase;
                terminal.status(phase);
            }
        };
    }

    /** Bisects each runtime and graph that fails, on its worst case. */
    private Findings bisect(Findings findings, List<ModelRuntime> chosen, Optional<Path> against) {
        List<String> done = new ArrayList<>();
        List<String> found = new ArrayList<>();
        for (Finding finding : findings.failures()) {
            String what = "%s, graph '%s', optimisations %s"
                    .formatted(finding.runtime(), finding.graph(), finding.optimised() ? "on" : "off");
            Case failed = verification.caseOf(finding).orElse(null);
            if (failed == null
                    || !Files.isRegularFile(failed.model()) // the pipeline of a bundle is no graph
                    || done.contains(what)
                    || done.size() == MAX_BISECTIONS
                    || finding.check() != Finding.Check.BUDGET) {
                continue;
            }
            done.add(what);
            ModelRuntime suspect = chosen.stream()
                    .filter(runtime -> runtime.name().equals(finding.runtime()))
                    .findFirst()
                    .orElse(java); // which runs a bundle's own checks, chosen or not
            Path reference = against.map(other -> Files.isDirectory(other)
                            ? other.resolve(failed.model().getFileName())
                            : other)
                    .orElse(failed.model());
            found.add("bisected: %s: %s"
                    .formatted(what, bisect(finding, failed, suspect, reference, against.isPresent())));
        }
        return Findings.of(findings.subject(), List.of(), found);
    }

    private String bisect(Finding finding, Case failed, ModelRuntime suspect, Path reference, boolean against) {
        try {
            Bisection.Result result = Bisection.between(
                    new Bisection.Side(java, reference, false),
                    new Bisection.Side(suspect, failed.model(), finding.optimised()),
                    failed.inputs(),
                    failed.budget(),
                    verification.scratch());
            // No node differs, or the runtime cannot run the model with every value as an output.
            boolean agrees = result.node().isEmpty() && !against;
            String hidden = agrees || checks.reduced() != null ? hidden(finding, failed, suspect) : "";
            String remark = agrees && hidden.isEmpty() && result.problem().isEmpty() ? OTHER_MODEL : "";
            return agrees && !hidden.isEmpty() ? hidden : result.describe() + remark;
        } catch (IOException e) {
            return "cannot be bisected: " + e.getMessage();
        }
    }

    /** Where a runtime differs only as long as no intermediate value is an output; empty if it does not. */
    private String hidden(Finding finding, Case failed, ModelRuntime suspect) throws IOException {
        HiddenBisection bisection = new HiddenBisection(
                java, suspect, finding.optimised(), failed, temporary.path().resolve("hidden-" + parts++));
        HiddenBisection.Result part = bisection.find(finding.comparison().output());
        if (part == null) {
            return "";
        }
        if (checks.reduced() != null) {
            Path folder = checks.reduced()
                    .resolve("%s-%s-%s"
                            .formatted(finding.graph(), finding.runtime(), finding.optimised() ? "on" : "off")
                            .replaceAll("[^\\w.@-]", "_"));
            part.part().write(folder, part.expected());
            command.print(
                    "reduced   %s: %d nodes and the vectors that show it",
                    folder, part.nodes().size());
        }
        String pass = "";
        if (finding.optimised() && suspect instanceof JavaRuntime own) {
            pass = bisection.pass(part, own::withoutPasses);
        } else if (finding.optimised() && suspect instanceof ForeignRuntime foreign && foreign.switchesPasses()) {
            pass = bisection.pass(part, foreign::withoutPasses);
        }
        return part.describe()
                + (!pass.isEmpty()
                        ? "; not without the optimiser's pass " + pass
                        : finding.optimised() ? "; suspect the optimiser" : "");
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
            keep("by the error below");
        } catch (IllegalStateException e) {
            // The process is ending: the hook keeps what was found.
        }
        temporary.close();
    }
}
