package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.conformance.runtime.Readiness.State;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runtimes that take their time to be set up, and runs that end early. */
@Timeout(60)
class PreparationTest {
    @TempDir
    Path temporary;

    private final List<String> ran = Collections.synchronizedList(new ArrayList<>());

    @Test
    void aRuntimeThatIsReadyWaitsForNoneThatIsBeingSetUp() throws Exception {
        CountDownLatch quickRan = new CountDownLatch(1);
        // The slow one is ready only once the quick one has run, which would never be if that waited.
        ModelRuntime slow = new Slow("slow", () -> quickRan.await(30, TimeUnit.SECONDS), () -> {});
        ModelRuntime quick = new Slow("quick", () -> true, quickRan::countDown);
        List<String> said = Collections.synchronizedList(new ArrayList<>());
        Findings found = new Verification(temporary, true, said::add, "").run("test", List.of(slow, quick), relu());
        assertThat(ran).containsExactly("quick", "slow");
        assertThat(found.findings()).extracting(Finding::runtime).containsExactly("slow", "quick");
        assertThat(found.holds()).isTrue();
        assertThat(said)
                .contains("setting up slow", "setting up quick")
                .anyMatch(line -> line.matches("slow is set up after \\d+ s"));
    }

    @Test
    void aRuntimeWhoseSetUpThrowsCostsNoOther() throws Exception {
        ModelRuntime broken = new Slow(
                "broken",
                () -> {
                    throw new IllegalStateException("no space");
                },
                () -> {});
        Findings found = new Verification(temporary, true, text -> {}, "")
                .run("test", List.of(broken, new Slow("quick", () -> true, () -> {})), relu());
        assertThat(found.holds()).isTrue();
        assertThat(found.runtimes().get(0).readiness())
                .isEqualTo(new Readiness(State.FAILED, "it cannot be prepared: no space"));
    }

    @Test
    void aRuntimeWhoseSetUpEndsInAnErrorIsNotWaitedForEver() throws Exception {
        ModelRuntime broken = new Slow(
                "broken",
                () -> {
                    throw new NoClassDefFoundError("engine/Library");
                },
                () -> {});
        Findings found = new Verification(temporary, true, text -> {}, "")
                .run("test", List.of(broken, new Slow("quick", () -> true, () -> {})), relu());
        assertThat(found.findings()).extracting(Finding::runtime).containsExactly("quick");
        assertThat(found.runtimes().get(0).readiness())
                .isEqualTo(new Readiness(
                        State.FAILED, "it cannot be prepared: java.lang.NoClassDefFoundError: engine/Library"));
    }

    @Test
    void whatEndsEarlyKeepsTheRuntimesThatHaveRun() throws Exception {
        Verification verification = new Verification(temporary, true, text -> {}, "");
        Findings[] kept = new Findings[1];
        CountDownLatch firstRan = new CountDownLatch(1);
        ModelRuntime first = new Slow("first", () -> true, firstRan::countDown);
        ModelRuntime last = new Slow(
                "last",
                () -> firstRan.await(30, TimeUnit.SECONDS),
                () -> kept[0] = verification.soFar("somebody ended it"));
        verification.run("test", List.of(first, last), relu());
        assertThat(kept[0].findings()).extracting(Finding::runtime).containsExactly("first");
        assertThat(kept[0].holds()).isFalse();
        assertThat(TextReport.summary(kept[0]))
                .contains(
                        "NOT expected a run to its end, found one that was ended early: somebody ended it",
                        "did not run: the run ended before it had run",
                        "1 of 2 runtimes ran");
        assertThat(verification.soFar("nothing").findings()).hasSize(2);
    }

    private List<Case> relu() throws IOException {
        ValueInfoProto.Builder value = ValueInfoProto.newBuilder()
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT.getNumber())));
        Path model = Files.write(
                temporary.resolve("relu.onnx"),
                ModelProto.newBuilder()
                        .setIrVersion(8)
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                        .setGraph(GraphProto.newBuilder()
                                .setName("g")
                                .addInput(value.clone().setName("x"))
                                .addOutput(value.clone().setName("y"))
                                .addNode(NodeProto.newBuilder()
                                        .setOpType("Relu")
                                        .addInput("x")
                                        .addOutput("y")))
                        .build()
                        .toByteArray());
        Path set = temporary.resolve("test_data_set_0");
        Tensor.of("x", new float[] {-1, 2}, 2).write(set.resolve("input_0.pb"));
        Tensor.of("y", new float[] {0, 2}, 2).write(set.resolve("output_0.pb"));
        return Case.of("relu", model, temporary, Optional.empty());
    }

    private interface SetUp {
        boolean done() throws Exception;
    }

    /** ONNX Runtime in Java, as an engine that has to be set up. */
    private final class Slow implements ModelRuntime {
        private final String name;
        private final SetUp setUp;
        private final Runnable run;

        Slow(String name, SetUp setUp, Runnable run) {
            this.name = name;
            this.setUp = setUp;
            this.run = run;
        }

        @Override
        public Description description() {
            return new Description(name, name, name + " 1", "cpu", Set.of(false), false);
        }

        @Override
        public Readiness prepare(boolean install) {
            try {
                return !install
                        ? new Readiness(State.NOT_INSTALLED, "")
                        : setUp.done() ? Readiness.READY : new Readiness(State.FAILED, "it took too long");
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                return new Readiness(State.FAILED, e.toString());
            }
        }

        @Override
        public String about() {
            return "";
        }

        @Override
        public List<Answer> run(List<Job> jobs, IntConsumer progress) {
            ran.add(name);
            run.run();
            return JavaRuntime.CPU.run(jobs, progress);
        }
    }
}
