package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Renewal;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.terminal.PlainText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kpp verify renew}: replaces the expected outputs of a model's vectors by what it computes today. */
@Command(
        name = "renew",
        header = "Replace the expected outputs of a model's vectors by what it computes today.",
        description = "Runs the inputs of the vectors with every runtime. Only if two engines or more agree on all "
                + "outputs of each set, within their tolerances, are those that changed replaced; what changed is "
                + "printed, one line for each file. Exit code 1 if nothing could be confirmed; then nothing is "
                + "written.",
        footer = {
            "  kpp verify renew mine.onnx --vectors mine-vectors --dry-run",
            "  kpp verify renew mine.onnx --vectors mine-vectors --install --runtimes onnxruntime-java,openvino"
        })
final class VerifyRenewCommand extends Subcommand {
    @ParentCommand
    private VerifyCommand parent;

    @Parameters(paramLabel = "FILE.onnx", description = "The model.")
    private Path model;

    @Option(
            names = "--vectors",
            paramLabel = "DIR",
            required = true,
            order = 1,
            description = "Folder of test_data_set_N folders, whose outputs are replaced, or added if missing.")
    private Path vectors;

    @Option(
            names = "--from",
            paramLabel = "RUNTIME",
            defaultValue = "onnxruntime-java",
            order = 2,
            description = "Whose outputs are written, without optimisations where it can. Default: ${DEFAULT-VALUE}.")
    private String from;

    @Option(
            names = "--one-engine",
            order = 3,
            description = "Write what a single engine says, if no other can run the model.")
    private boolean oneEngine;

    @Option(names = "--dry-run", order = 4, description = "Show what would change, and write nothing.")
    private boolean dryRun;

    @Mixin
    private ToleranceOptions tolerance;

    @Mixin
    private RuntimeOptions runtimes;

    @Override
    protected void run() throws IOException {
        parent.requireUnused();
        Optional<Budget> budget = tolerance.tolerance(this).map(Budget::ofFloats);
        VerifyModelCommand.requireModel(model);
        String name = model.getFileName().toString();
        try (TemporaryFolder scratch = new TemporaryFolder("kpp-verify")) {
            ModelRuntime java = ForeignRuntime.separateJava(JavaRuntime.CPU.name(), scratch.path(), runtimes.silence());
            List<ModelRuntime> all = new ArrayList<>(runtimes.find(this, false));
            all.replaceAll(runtime -> runtime.equals(JavaRuntime.CPU) ? java : runtime);
            ModelRuntime source = all.stream()
                    .filter(runtime -> runtime.name().equals(from))
                    .findFirst()
                    .orElseThrow(() -> usage("Invalid value for option '--from': expected one of %s, found '%s'"
                            .formatted(
                                    String.join(
                                            ", ",
                                            all.stream().map(ModelRuntime::name).toList()),
                                    from)));
            List<Case> cases = VerifyModelCommand.vectors(name, model, vectors, budget);
            if (!dryRun) {
                cases.forEach(testCase -> OutputFile.requireWritableFolder(testCase.inputs()));
            }
            Verification verification =
                    new Verification(java, scratch.path(), runtimes.install(), RuntimeChecks.progress(terminal()), "");
            Findings findings = verification.run(
                    name, all, cases.stream().map(one -> one.against(source)).toList());
            out().print(PlainText.of(TextReport.summary(findings)));
            out().flush();
            runtimes.requireOutputs(findings, false);
            findings.runtimes().forEach(runtime -> runtimes.requireReady(runtime.name(), runtime.readiness()));
            requireConfirmed(findings, cases);
            renew(new Renewal(cases, source));
        } catch (IOException e) {
            throw new Failure(e.getMessage() + "; nothing was written", e);
        }
    }

    private void requireConfirmed(Findings findings, List<Case> cases) {
        if (!findings.problems().isEmpty()) {
            throw new Failure("%s: expected engines that agree, found: %s; nothing was written"
                    .formatted(model, findings.problems().get(0)));
        }
        for (Case one : cases) {
            Set<String> engines = findings.engines(one.graph(), one.label());
            if (engines.size() < 2 && !oneEngine) {
                throw new Failure(("%s: %s: expected two engines that agree, found %s; --install sets others up, and "
                                + "--one-engine does without; nothing was written")
                        .formatted(model, one.label(), engines.isEmpty() ? "none" : "only " + engines));
            }
        }
    }

    private void renew(Renewal renewal) {
        renewal.changes().forEach(change -> print("%s", change.describe()));
        long changed = renewal.changes().stream().filter(Renewal.Change::isNew).count();
        if (!dryRun) {
            try {
                renewal.write();
            } catch (IOException e) {
                throw OutputFile.unwritable(vectors, e);
            }
        }
        print(
                "kpp verify renew: %s %d of %d files in %s",
                dryRun ? "would replace" : "replaced",
                changed,
                renewal.changes().size(),
                vectors);
    }
}
