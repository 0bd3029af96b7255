package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.ChangedBundle;
import io.kanerva.conformance.ShippedBundles;
import io.kanerva.conformance.check.Bisection.Side;
import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Findings.Participant;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.report.JUnitReport;
import io.kanerva.conformance.report.JsonReport;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class VerificationTest {
    @TempDir
    Path temporary;

    @Test
    void modelsAgreeWithTheirVectorsInThisProcessAndToTheBitInAnother() throws IOException {
        Findings found = verify(bundle(), List.of(JavaRuntime.CPU, another()));
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
        Path good = bundle();
        Path changed = ShippedBundles.copy("fashion-mnist", temporary.resolve("changed"));
        ChangedBundle.of(changed).addToOneWeight("decoder", 1e-2f);
        Findings found = verify(changed, List.of(JavaRuntime.CPU));
        assertThat(found.failures()).extracting(Finding::graph).containsOnly("decoder");
        assertThat(found.problems().get(0)).contains("graph 'decoder', output 'logits' (vectors 0) differs by");
        assertThat(JUnitReport.of(found)).contains("<failure message=");

        Path inputs = changed.resolve("vectors/decoder/test_data_set_0");
        Bisection.Result result = Bisection.between(
                new Side(JavaRuntime.CPU, good.resolve("decoder.onnx"), false),
                new Side(JavaRuntime.CPU, changed.resolve("decoder.onnx"), false),
                inputs,
                Budget.of(Tolerance.FLOAT32),
                temporary);
        assertThat(result.describe())
                .startsWith("the first node whose value differs is ")
                .contains("differs by");
        Bisection.Result same = Bisection.between(
                new Side(JavaRuntime.CPU, good.resolve("decoder.onnx"), false),
                new Side(JavaRuntime.CPU, good.resolve("decoder.onnx"), false),
                inputs,
                Budget.of(Tolerance.FLOAT32),
                temporary);
        assertThat(same.describe()).matches("all \\d+ values of its nodes match");
    }

    @Test
    void aRuntimeIsHeldAgainstAnotherThatIsNamed() throws IOException {
        Path changed = ShippedBundles.copy("fashion-mnist", temporary.resolve("changed"));
        ChangedBundle.of(changed).scaleWeight("decoder", 1.01f);
        Case given = Case.random(
                        "decoder",
                        changed.resolve("decoder.onnx"),
                        Map.of("B", 1, "Q", 2),
                        Set.of(),
                        3,
                        Optional.empty(),
                        temporary)
                .orElseThrow();
        Findings same = new Verification(temporary).run("test", List.of(JavaRuntime.CPU), List.of(given));
        assertThat(same.problems()).isEmpty();
        ModelRuntime good = new ModelRuntime() {
            @Override
            public Description description() {
                return new Description("good", "Good", "good", "cpu", Set.of(false), false);
            }

            @Override
            public String about() {
                return "";
            }

            @Override
            public List<Answer> run(List<Job> jobs, IntConsumer progress) {
                Path model = bundle().resolve("decoder.onnx");
                return JavaRuntime.CPU.run(
                        jobs.stream()
                                .map(job -> new Job(model, job.inputs(), job.optimised()))
                                .toList(),
                        progress);
            }
        };
        Findings found =
                new Verification(temporary).run("test", List.of(JavaRuntime.CPU), List.of(given.against(good)));
        assertThat(found.problems())
                .hasSize(2) // with optimisations off and on
                .first()
                .asString()
                .startsWith("onnxruntime-java, optimisations off, against good: graph 'decoder', output 'logits' (");
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
                        Finding.VECTORS,
                        true,
                        Check.BUDGET,
                        "g\u0000",
                        "vectors 0",
                        Comparison.impossible("y", "expected outputs, found \u0008 & \uFFFF", Tolerance.BITS),
                        Double.NaN)),
                "",
                List.of(),
                List.of());
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
        List<ModelRuntime> runtimes = new ArrayList<>(List.of(JavaRuntime.CPU));
        runtimes.addAll(ForeignRuntime.in(folder.getParent()));
        Findings found = verify(bundle(), runtimes);
        assertThat(found.holds()).isTrue();
        assertThat(TextReport.summary(found))
                .contains(
                        "did not run: expected the command 'no-such-toolchain' on this machine", "1 of 2 runtimes ran");
        assertThat(JUnitReport.of(found)).contains("<skipped message=");
    }

    @Test
    void aScoreIsHeldByItsMeanAndSaysIt() {
        Tensor expected = Tensor.of("nats", new float[] {10, 12, 14, 4}, 4);
        Comparison near = Comparison.between(
                "nats", expected, Tensor.of(new float[] {10.25f, 11.75f, 14, 4}, 4), Tolerance.mean(1e-3));
        assertThat(near.within()).isTrue();
        assertThat(near.describe())
                .isEqualTo("has a mean of 10.0000 over 4 values, expected 10.0000; "
                        + "they differ by 0.00e+00 (budget 1e-03), "
                        + "single values by at most 2.50e-01");
        Comparison far = Comparison.between(
                "nats", expected, Tensor.of(new float[] {10.25f, 12.25f, 14, 4}, 4), Tolerance.mean(1e-3));
        assertThat(far.within()).isFalse();
        assertThat(far.found() - far.expected()).isEqualTo(0.125);
        assertThat(Comparison.between(
                                "nats",
                                expected,
                                Tensor.of(new float[] {Float.NaN, 12, 14, 4}, 4),
                                Tolerance.mean(1e-3))
                        .within())
                .isFalse();
    }

    @Test
    void anyModelInTheLayoutOfTheOnnxProjectCanBeChecked() throws IOException {
        Path bundle = bundle();
        List<Case> cases = Case.of(
                "any",
                bundle.resolve("reader.onnx"),
                bundle.resolve("vectors/reader"),
                Optional.of(Budget.of(Tolerance.elements(1e-4, 1e-3))));
        assertThat(cases).hasSize(2);
        assertThat(new Verification(temporary)
                        .run("any", List.of(JavaRuntime.CPU), cases)
                        .holds())
                .isTrue();
    }

    @Test
    void outputsOfARunAreNotKeptButWhatTolerancesDecidedIs() throws IOException {
        Path file = Files.writeString(temporary.resolve("own.json"), """
                {"tolerances": [{"output": "y", "atol": 1}]}
                """);
        List<WeakReference<Tensor>> outputs = new ArrayList<>();
        ModelRuntime ones = new ModelRuntime() {
            @Override
            public Description description() {
                return new Description("ones", "Ones", "ones", "cpu", Set.of(false), false);
            }

            @Override
            public String about() {
                return "";
            }

            @Override
            public List<Answer> run(List<Job> jobs, IntConsumer progress) {
                Tensor one = Tensor.of("y", new float[] {1}, 1);
                outputs.add(new WeakReference<>(one));
                return List.of(new Answer.Outputs(List.of(one)));
            }
        };
        Case given = new Case(
                "g", "random 0", Path.of("none.onnx"), temporary, List.of(), ones, Budget.of(Tolerance.FLOAT32));
        Verification verification = new Verification(temporary);
        verification.tolerances(ToleranceFile.read(file));
        assertThat(verification.run("a", List.of(ones), List.of(given)).holds()).isTrue();
        assertThat(verification.run("b", List.of(ones), List.of(given)).holds()).isTrue();
        System.gc();
        assertThat(outputs).hasSize(4).allMatch(output -> output.get() == null); // of the reference, then compared
        assertThat(verification.toleranceNotes()).singleElement().asString().contains("applied to 2 comparisons");
    }

    /** The graphs of a shipped bundle, as any models. */
    private Path bundle() {
        Path folder = temporary.resolve("fashion-mnist");
        try {
            return Files.exists(folder) ? folder : ShippedBundles.copy("fashion-mnist", temporary);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Findings verify(Path bundle, List<ModelRuntime> runtimes) throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String graph : List.of("encoder", "memory-writer", "reader", "decoder")) {
            Path model = bundle.resolve(graph + ".onnx");
            cases.addAll(Case.of(graph, model, bundle.resolve("vectors").resolve(graph), Optional.empty()));
            Case.random(graph, model, Map.of("T", 5), Set.of("images"), 5, Optional.empty(), temporary)
                    .ifPresent(cases::add);
        }
        return new Verification(temporary).run("test", runtimes, cases);
    }

    /** The Java API in a process of its own. */
    private ModelRuntime another() {
        return ForeignRuntime.separateJava("onnxruntime-java-apart", temporary, 60);
    }
}
