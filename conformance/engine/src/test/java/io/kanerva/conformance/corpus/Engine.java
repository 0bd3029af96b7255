package io.kanerva.conformance.corpus;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;

/** ONNX Runtime in the part of another engine, which may have a fault. */
final class Engine implements ModelRuntime {
    private final Description description;
    private final Consumer<ModelProto.Builder> change;
    private final UnaryOperator<Tensor> spoil;
    private final boolean onlyOptimised;
    private final None.Kind fails;

    private Engine(
            Description description,
            Consumer<ModelProto.Builder> change,
            UnaryOperator<Tensor> spoil,
            boolean onlyOptimised,
            None.Kind fails) {
        this.description = description;
        this.change = change;
        this.spoil = spoil;
        this.onlyOptimised = onlyOptimised;
        this.fails = fails;
    }

    /** Another engine without a fault. */
    static Engine good(String name) {
        return new Engine(describe(name, name + " 1"), model -> {}, tensor -> tensor, false, null);
    }

    /** An engine that gives no outputs. */
    static Engine failing(String name, None.Kind kind) {
        return new Engine(describe(name, name + " 1"), model -> {}, tensor -> tensor, false, kind);
    }

    /** An engine that takes a model for another. */
    static Engine mistaking(String name, Consumer<ModelProto.Builder> change) {
        return new Engine(describe(name, name + " 1"), change, tensor -> tensor, false, null);
    }

    /** An engine whose outputs are changed. */
    static Engine spoiling(String name, UnaryOperator<Tensor> spoil) {
        return new Engine(describe(name, name + " 1"), model -> {}, spoil, false, null);
    }

    /** An engine that gives this. */
    static Engine giving(String name, Tensor output) {
        return spoiling(name, tensor -> output);
    }

    /** An engine that gives these values and indices. */
    static Engine giving(String name, Tensor values, Tensor indices) {
        return spoiling(name, tensor -> tensor.type() == ElementType.INT64 ? indices : values);
    }

    private static Description describe(String name, String engine) {
        return new Description(name, name, engine, "cpu", Set.of(false, true), false);
    }

    /** The same, in a runtime of its own. */
    Engine as(String name) {
        return new Engine(describe(name, description.engine()), change, spoil, onlyOptimised, fails);
    }

    /** The same, as a runtime of this engine. */
    Engine of(String engine) {
        return new Engine(describe(description.name(), engine), change, spoil, onlyOptimised, fails);
    }

    /** The same, with outputs that are changed. */
    Engine and(UnaryOperator<Tensor> outputs) {
        return new Engine(description, change, outputs, onlyOptimised, fails);
    }

    /** The same, with the fault only where optimisations are on. */
    Engine whenOptimised() {
        return new Engine(description, change, spoil, true, fails);
    }

    @Override
    public Description description() {
        return description;
    }

    @Override
    public String about() {
        return "";
    }

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
        List<Answer> answers = new ArrayList<>();
        for (Job job : jobs) {
            boolean faulty = job.optimised() || !onlyOptimised;
            if (faulty && fails != null) {
                answers.add(new None(fails, "it says so"));
                continue;
            }
            // Unoptimised, since ONNX Runtime's own optimiser is a part of ONNX Runtime.
            Job taken = new Job(faulty ? changed(job.model()) : job.model(), job.inputs(), false);
            Answer answer = JavaRuntime.CPU.run(List.of(taken), progress).get(0);
            answers.add(
                    faulty && answer instanceof Outputs outputs
                            ? new Outputs(outputs.outputs().stream()
                                    .map(tensor -> spoil.apply(tensor).named(tensor.name()))
                                    .toList())
                            : answer);
        }
        return answers;
    }

    private Path changed(Path model) {
        try {
            ModelProto.Builder proto = ModelProto.parseFrom(Files.readAllBytes(model)).toBuilder();
            change.accept(proto);
            return Files.write(
                    model.resolveSibling(description.name() + ".onnx"),
                    proto.build().toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
