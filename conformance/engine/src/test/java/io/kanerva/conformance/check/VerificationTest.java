package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.ChangedBundle;
import io.kanerva.conformance.Subject;
import io.kanerva.conformance.check.Bisection.Side;
import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Findings.Participant;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.report.JUnitReport;
import io.kanerva.conformance.report.JsonReport;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.conformance.tensor.TensorValue;
import io.kanerva.exporter.bundle.ReaderKind;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class VerificationTest {
    @TempDir
    Path temporary;

    @Test
    void aBundleAgreesWithItsVectorsInThisProcessAndToTheBitInAnother() throws IOException {
        Findings found =
                verify(Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE), List.of(JavaRuntime.cpu(), another()));
        assertThat(found.problems()).isEmpty();
        assertThat(found.holds()).isTrue();
        assertThat(found.findings())
                .filteredOn(finding -> finding.check() == Check.BITS)
                .isNotEmpty()
                .allMatch(finding -> finding.runtime().equals("onnxruntime-java-apart"));
        assertThat(found.findings())
                .extracting(Finding::inputs)
                .anyMatch(inputs -> inputs.startsWith("random"))
                .contains("vectors 0", "vectors 1");
        assertThat(TextReport.summary(found)).contains("2 of 2 runtimes ran", "yes, all ");
        assertThat(TextReport.details(found)).contains("logits");
        assertThat(JUnitReport.of(found))
                .contains("<testsuite name=\"onnxruntime-java-apart\"", "failures=\"0\"")
                .doesNotContain("<failure");
        assertThat(JsonReport.of(found)).contains("\"holds\" : true");
    }

    @Test
    void aWeightThatIsAHundredthOffIsCaughtInItsGraphAndItsNodeIsNamed() throws IOException {
        Path good = Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE);
        Path changed = temporary.resolve("changed");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, changed);
        ChangedBundle.of(changed).addToOneWeight("decoder", 1e-2f);
        Findings found = verify(changed, List.of(JavaRuntime.cpu()));
        assertThat(found.failures()).extracting(Finding::graph).containsOnly("decoder");
        assertThat(found.problems().get(0)).contains("graph 'decoder', output 'logits' (vectors 0) differs by");
        assertThat(JUnitReport.of(found)).contains("<failure message=");

        Path inputs = changed.resolve("vectors/decoder/test_data_set_0");
        Bisection.Result result = Bisection.between(
                new Side(JavaRuntime.cpu(), good.resolve("decoder.onnx"), false),
                new Side(JavaRuntime.cpu(), changed.resolve("decoder.onnx"), false),
                inputs,
                Tolerance.FLOAT32,
                temporary);
        assertThat(result.describe())
                .startsWith("the first node whose value differs is ")
                .contains("differs by");
        Bisection.Result same = Bisection.between(
                new Side(JavaRuntime.cpu(), good.resolve("decoder.onnx"), false),
                new Side(JavaRuntime.cpu(), good.resolve("decoder.onnx"), false),
                inputs,
                Tolerance.FLOAT32,
                temporary);
        assertThat(same.describe()).matches("all \\d+ values of its nodes agree");
    }

    @Test
    void whatXmlCannotHoldDoesNotSpoilTheReport() throws Exception {
        Findings strange = new Findings(
                "a\u0001b",
                List.of(new Participant(
                        "x",
                        "X",
                        "x",
                        "cpu",
                        "",
                        new Readiness(Readiness.State.FAILED, "it said \u001b[31m<no>\uD800"))),
                List.of(new Finding(
                        "x",
                        true,
                        Check.BUDGET,
                        "g\u0000",
                        "vectors 0",
                        Comparison.impossible("y", "expected outputs, found \u0008 & \uFFFF", Tolerance.BITS),
                        Double.NaN)),
                "");
        Document read = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(JUnitReport.of(strange))));
        assertThat(read.getDocumentElement().getAttribute("name")).isEqualTo("a?b");
        assertThat(((Element) read.getElementsByTagName("skipped").item(0)).getAttribute("message"))
                .isEqualTo("it said ?[31m<no>?");
        assertThat(((Element) read.getElementsByTagName("failure").item(0)).getAttribute("message"))
                .contains("expected outputs, found ? & ?");
    }

    @Test
    void aRuntimeThatCannotRunIsNamedAndSkipped() throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("runtimes/missing"));
        Files.writeString(folder.resolve("runtime.json"), """
                {"title": "Missing", "engine": "x", "device": "cpu", "optimisations": ["on"], "needs": [["no-such-toolchain"]], "setup": ["true"], "run": ["true"]}
                """);
        List<ModelRuntime> runtimes = new ArrayList<>(List.of(JavaRuntime.cpu()));
        runtimes.addAll(ForeignRuntime.in(folder.getParent()));
        Findings found = verify(Subject.POOLED_TWO_KEYS.bundle(ReaderKind.GRIDSAMPLE), runtimes);
        assertThat(found.holds()).isTrue();
        assertThat(TextReport.summary(found))
                .contains(
                        "did not run: expected the command 'no-such-toolchain' on this machine", "1 of 2 runtimes ran");
        assertThat(JUnitReport.of(found)).contains("<skipped message=");
    }

    @ParameterizedTest
    @EnumSource(
            value = Subject.class,
            names = {"DEREFERENCED", "LINEAR_COLOUR"})
    void theBoundThroughTheGraphsAloneIsTheRuntimesOwn(Subject subject) throws IOException {
        Path folder = subject.bundle(ReaderKind.GRIDSAMPLE);
        try (Kanerva kanerva = Kanerva.load(folder, Device.CPU)) {
            FloatTensor images =
                    FloatTensors.of(Tensor.read(folder.resolve("vectors/encoder/test_data_set_1/input_0.pb")));
            BoundFinding bound =
                    new RuntimeBound(folder, kanerva, List.of(images), 3).of(JavaRuntime.cpu(), temporary, text -> {});
            assertThat(bound.holds()).as(bound.describe()).isTrue();
            assertThat(bound.images()).isEqualTo(images.dimension(0) * images.dimension(1));
            assertThat(bound.largestImageDifference()).isLessThan(1e-3);
        }
    }

    @Test
    void boundsOfSeveralRoundsOfImagesAreOne() {
        BoundFinding most = new BoundFinding("tract", "m", 300, 10.25, 10, 0.5, 1e-3, "");
        BoundFinding rest = new BoundFinding("tract", "m", 100, 6, 6, 0.75, 1e-3, "");
        assertThat(most.and(rest)).isEqualTo(new BoundFinding("tract", "m", 400, 9.1875, 9, 0.75, 1e-3, ""));
        assertThat(most.and(rest).holds()).isFalse();
        assertThat(rest.and(new BoundFinding(
                                "tract", "m", 100, Double.NaN, 6, Double.NaN, 1e-3, "graph 'reader': it stopped"))
                        .holds())
                .isFalse();
    }

    @Test
    void anyModelInTheLayoutOfTheOnnxProjectCanBeChecked() throws IOException {
        Path bundle = Subject.CONTINUOUS_TWO_KEYS.bundle(ReaderKind.MATMUL);
        List<Case> cases = Case.of(
                "any",
                bundle.resolve("reader.onnx"),
                bundle.resolve("vectors/reader"),
                Optional.of(Tolerance.elements(1e-4, 1e-3)));
        assertThat(cases).hasSize(2);
        assertThat(new Verification(List.of(JavaRuntime.cpu()), temporary, text -> {})
                        .run("any", cases, false)
                        .holds())
                .isTrue();
    }

    private Findings verify(Path bundle, List<ModelRuntime> runtimes) throws IOException {
        try (Kanerva kanerva = Kanerva.load(bundle, Device.CPU)) {
            List<Case> cases = BundleCases.of(bundle, kanerva.bundle(), 1, 5, temporary);
            return new Verification(runtimes, temporary, text -> {}).run("test", cases, false);
        }
    }

    /** The Java API in a process of its own. */
    private ModelRuntime another() {
        return ForeignRuntime.separateJava(temporary);
    }
}
