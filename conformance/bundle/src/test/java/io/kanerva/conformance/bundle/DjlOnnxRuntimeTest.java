package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.ChangedBundle;
import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link DjlOnnxRuntime} in a JVM of its own. */
class DjlOnnxRuntimeTest {

    @TempDir
    Path temporary;

    /**
     * One run for both halves: on a machine without CUDA the engine spends ten seconds on finding that out, each time
     * it starts.
     */
    @Test
    void djlsOnnxRuntimeEngineAnswersAsPyTorchDoesAndSeesAChangedWeight() throws IOException {
        List<Case> cases = new ArrayList<>();
        for (Subject subject : Subject.values()) {
            Path bundle = subject.bundle(ReaderKind.GRIDSAMPLE);
            add(cases, bundle, subject.name(), budget(bundle));
        }
        Path multiplied = Subject.QUICKSTART.bundle(ReaderKind.MATMUL);
        add(cases, multiplied, "matmul", budget(multiplied));
        Path changed = temporary.resolve("bundle");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, changed);
        ChangedBundle.of(changed).scaleWeight("decoder", 1.01f);
        add(cases, changed, "changed", budget(Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE)));

        Findings found = new Verification(temporary).run("test", List.of(runtime()), cases);
        int bundles = Subject.values().length + 2;
        assertThat(found.worst()).hasSize(11 * bundles);
        assertThat(found.findings()).hasSize(22 * bundles);
        assertThat(found.failures())
                .isNotEmpty()
                .extracting(
                        finding -> finding.graph() + " " + finding.comparison().output())
                .containsOnly("changed/decoder logits");
        assertThat(found.problems())
                .anyMatch(problem -> problem.contains("djl-onnxruntime, optimisations on: graph 'changed/decoder', "
                        + "output 'logits' (vectors 0) differs by"));
        assertThat(found.failures()).extracting(Finding::reference).containsOnly(Finding.VECTORS);
    }

    private static Budget budget(Path bundle) {
        try (Kanerva kanerva = Kanerva.load(bundle, Device.CPU)) {
            return BundleBudget.here(kanerva.bundle());
        }
    }

    private static void add(List<Case> cases, Path bundle, String name, Budget budget) throws IOException {
        for (BundleGraph graph : BundleGraph.FOUR) {
            Path vectors = bundle.resolve("vectors").resolve(graph.label());
            Case.of(graph.label(), bundle.resolve(graph.label() + ".onnx"), vectors, Optional.of(budget))
                    .forEach(given -> cases.add(given.of(name)));
        }
    }

    private ModelRuntime runtime() throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("runtimes/djl-onnxruntime"));
        Files.writeString(folder.resolve("runtime.json"), """
                {"title": "DJL", "engine": "onnxruntime", "device": "cpu", "optimisations": ["on"], "needs": [], "setup": [],
                 "run": ["{java}", "--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp",
                         "{classpath}", "io.kanerva.conformance.bundle.DjlOnnxRuntime"]}
                """);
        return ForeignRuntime.in(folder.getParent()).get(0);
    }
}
