package io.kanerva.trainer.train;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import io.kanerva.trainer.model.BoundTerms;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.Scale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The model that is trained, and its copies on further devices. Each of them takes an equal part of a step's episodes; the copies'
 * gradients are added to the model's, and its weights go to the copies before the next step.
 *
 * <p>One after the other as the program goes, since DJL has one gradient collector at a time; but a GPU works while the next one is
 * being told what to do, for nothing waits for a result before all have been told. With one device nothing is copied. Owns the
 * copies, not the model.
 */
final class Learners implements AutoCloseable {
    private final TrainingPlan plan;
    private final KanervaModel model;
    private final List<KanervaModel> copies = new ArrayList<>();

    /**
     * @param devices the model's own, then those of the copies
     * @throws IllegalArgumentException if the plan's episodes cannot be shared out equally
     */
    Learners(KanervaModel model, TrainingPlan plan, List<Device> devices) {
        this.model = model;
        this.plan = plan;
        try {
            for (Device device : devices.subList(1, devices.size())) {
                copies.add(new KanervaModel(plan.settings(), device, plan.seed()));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** @throws IllegalArgumentException if so many devices cannot share the plan's episodes equally */
    static void requireEqualParts(TrainingPlan plan, List<Device> devices) {
        if (devices.isEmpty() || plan.episodes() % devices.size() != 0) {
            throw new IllegalArgumentException("%d episodes a step: expected a multiple of the %d devices, so that each takes as many".formatted(plan.episodes(), devices.size()));
        }
    }

    /**
     * Computes the gradients of one step's loss; they stand with the model's parameters then.
     *
     * @return means over the step's samples, written or not, of reconstruction, KL(Y) and KL(Z), unweighted
     */
    float[] learn(TrainingEpisodes.Batch batch, double keyWeight, double latentWeight) {
        int parts = 1 + copies.size();
        copies.forEach(this::copyWeights);
        List<NDManager> scratches = new ArrayList<>();
        try {
            List<NDArray> terms = new ArrayList<>();
            for (int part = 0; part < parts; part++) {
                KanervaModel learner = part == 0 ? model : copies.get(part - 1);
                NDManager scratch = learner.manager().newSubManager();
                scratches.add(scratch);
                terms.add(backward(learner, scratch, parts == 1 ? batch : part(batch, part, parts), keyWeight, latentWeight));
            }
            copies.forEach(this::addGradients);
            float[] means = terms.get(0).toFloatArray();
            for (int part = 1; part < parts; part++) {
                float[] others = terms.get(part).toFloatArray();
                for (int i = 0; i < means.length; i++) {
                    means[i] += others[i];
                }
            }
            for (int i = 0; parts > 1 && i < means.length; i++) {
                means[i] /= parts;
            }
            return means;
        } finally {
            scratches.forEach(NDManager::close);
        }
    }

    private NDArray backward(KanervaModel learner, NDManager scratch, TrainingEpisodes.Batch batch, double keyWeight, double latentWeight) {
        KanervaSettings s = plan.settings();
        long b = plan.episodes() / (1 + copies.size());
        long t = plan.episodeLength();
        NDArray images = scratch.create(batch.images(), new Shape(b, t, s.imageChannels(), s.imageHeight(), s.imageWidth()));
        NDArray keyNoise = scratch.create(batch.keyNoise(), new Shape(b, t, s.keys(), 3));
        NDArray latentNoise = scratch.create(batch.latentNoise(), new Shape(b, t, s.latent()));
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDList encoded = learner.encoder().forward(learner.parameterStore(), new NDList(images), true);
            NDList written = learner.writer().forward(learner.parameterStore(), new NDList(encoded.get(0)), true);
            BoundTerms terms = learner.readBack(images, encoded, written, keyNoise, latentNoise, true);
            NDArray reconstruction = terms.reconstruction().mean();
            NDArray keyDivergence = terms.keyDivergence().mean();
            NDArray latentDivergence = terms.latentDivergence().mean();
            if (s.gist()) {
                NDArray others = scratch.create(batch.others(), images.getShape());
                NDList seen = learner.encoder().forward(learner.parameterStore(), new NDList(others), true);
                BoundTerms gist = learner.readGist(others, seen, written, scratch.create(batch.othersNoise(), latentNoise.getShape()), true);
                reconstruction = Scale.by(reconstruction.add(gist.reconstruction().mean()), 0.5);
                keyDivergence = Scale.by(keyDivergence.add(gist.keyDivergence().mean()), 0.5);
                latentDivergence = Scale.by(latentDivergence.add(gist.latentDivergence().mean()), 0.5);
            }
            NDArray loss = reconstruction.add(Scale.by(keyDivergence, keyWeight)).add(Scale.by(latentDivergence, latentWeight));
            collector.backward(copies.isEmpty() ? loss : Scale.by(loss, 1.0 / (1 + copies.size())));
            return NDArrays.stack(new NDList(reconstruction, keyDivergence, latentDivergence));
        }
    }

    /** One learner's episodes of a step. */
    private static TrainingEpisodes.Batch part(TrainingEpisodes.Batch batch, int part, int parts) {
        return new TrainingEpisodes.Batch(part(batch.images(), part, parts), part(batch.keyNoise(), part, parts), part(batch.latentNoise(), part, parts),
                part(batch.others(), part, parts), part(batch.othersNoise(), part, parts));
    }

    private static float[] part(float[] all, int part, int parts) {
        return Arrays.copyOfRange(all, all.length / parts * part, all.length / parts * (part + 1));
    }

    private void copyWeights(KanervaModel copy) {
        Map<String, Parameter> weights = model.parameters();
        copy.parameters().forEach((name, parameter) -> {
            try (NDArray weight = weights.get(name).getArray().stopGradient(); NDArray there = weight.toDevice(copy.manager().getDevice(), true)) {
                parameter.getArray().set(new NDIndex(":"), there);
            }
        });
    }

    /** Adds a copy's gradients to the model's, and clears them. */
    private void addGradients(KanervaModel copy) {
        Map<String, Parameter> others = copy.parameters();
        model.parameters().forEach((name, parameter) -> {
            if (!parameter.requiresGradient()) {
                return;
            }
            try (NDArray gradient = parameter.getArray().getGradient(); NDArray other = others.get(name).getArray().getGradient();
                    NDArray here = other.toDevice(model.manager().getDevice(), true)) {
                gradient.addi(here);
                other.subi(other);
            }
        });
    }

    @Override
    public void close() {
        copies.forEach(KanervaModel::close);
    }
}
