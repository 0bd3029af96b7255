package io.kanerva.conformance.bundle;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.conformance.runtime.Readiness.State;
import io.kanerva.conformance.tensor.TensorValue;
import io.kanerva.exporter.onnx.TensorFiles;
import io.kanerva.exporter.trace.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * DJL's PyTorch engine as a runtime: each graph of a bundle stands for the DJL blocks that it was exported from, so it
 * wants the model beside the bundle, from a training run. A fused graph is its two blocks, one after the other. Inputs
 * in float64 are computed in float64 ({@link Float64Arrays}), with the model's own float32 weights.
 */
public final class DjlPyTorchRuntime implements ModelRuntime {
    /** How {@code --runtimes} names it. */
    public static final String NAME = "djl-pytorch";

    private final Bundle bundle;
    private final KanervaModel model;

    /** @param model that the bundle was exported from, the caller's; null if it is not at hand */
    public DjlPyTorchRuntime(Bundle bundle, KanervaModel model) {
        this.bundle = bundle;
        this.model = model;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "DJL's blocks on PyTorch";
    }

    @Override
    public String engine() {
        return "pytorch";
    }

    @Override
    public String device() {
        return "cpu";
    }

    @Override
    public Set<Boolean> optimisations() {
        return Set.of(false);
    }

    @Override
    public boolean doublePrecision() {
        return true;
    }

    @Override
    public Readiness prepare(boolean install) {
        return model == null
                ? new Readiness(State.ABSENT, "it needs the model that the bundle was exported from: --run RUN")
                : Readiness.READY;
    }

    @Override
    public String about() {
        return "PyTorch " + ai.djl.engine.Engine.getEngine("PyTorch").getVersion() + ", Java " + Runtime.version();
    }

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
        List<Answer> answers = new ArrayList<>();
        for (Job job : jobs) {
            answers.add(run(job));
            progress.accept(answers.size());
        }
        return answers;
    }

    private Answer run(Job job) {
        String graph = bundle.graphs().entrySet().stream()
                .filter(known -> job.model().endsWith(known.getValue().file()))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("");
        if (graph.isEmpty()) {
            return new None(
                    false,
                    "%s is none of the bundle's graphs".formatted(job.model().getFileName()));
        }
        Map<String, Tensor> known = new LinkedHashMap<>();
        try {
            int i = 0;
            for (TensorDescription input : bundle.graphs().get(graph).inputs()) {
                Path file = job.inputs().resolve("input_" + i++ + ".pb");
                if (!Files.exists(file)) {
                    return new None(false, "input '%s' is missing".formatted(input.name()));
                }
                known.put(input.name(), Tensor.read(file));
            }
        } catch (IOException e) {
            return new None(false, "an input cannot be read: " + e.getMessage());
        }
        ModelPath path = new ModelPath(model, bundle);
        switch (graph) {
            case FusedGraphs.WRITE -> {
                known.putAll(path.run("encoder", known));
                known.putAll(path.run("memory-writer", known));
            }
            case FusedGraphs.READ -> {
                known.putAll(path.run("reader", known));
                known.put(
                        "latent",
                        Inputs.gaussian(known.get("prior_mean"), known.get("prior_log_variance"), known.get("noise")));
                known.putAll(path.run("decoder", known));
            }
            default -> known.putAll(path.run(graph, known));
        }
        return new Outputs(bundle.graphs().get(graph).outputs().stream()
                .map(output -> known.get(output.name()).named(output.name()))
                .toList());
    }
}
