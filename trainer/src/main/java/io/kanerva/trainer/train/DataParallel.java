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
import io.kanerva.trainer.model.Constant;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.EncoderOutput;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.WriterOutput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Data-parallel training: the model and its replicas on further devices. Each takes an equal part of a step's episodes.
 * The replicas' gradients are added to the model's, and its weights are copied to them before each step.
 *
 * <p>The passes are issued one after the other, since DJL allows one gradient collector at a time, but GPUs run
 * concurrently: no result is awaited before all passes are issued. With one device nothing is copied. Owns the
 * replicas, not the model.
 */
final class DataParallel implements AutoCloseable {
    private final TrainingPlan plan;
    private final KanervaModel model;
    private final List<KanervaModel> copies = new ArrayList<>();
    private final Constant images;
    private final Constant keyNoise;
    private final Constant latentNoise;
    private final Constant others;
    private final Constant othersNoise;
    private final Constant weights = Constant.of(new float[3], new Shape(3));

    /**
     * @param devices the model's own, then those of the replicas
     * @throws IllegalArgumentException if the plan's episodes cannot be shared equally
     */
    DataParallel(KanervaModel model, TrainingPlan plan, List<Device> devices) {
        this.model = model;
        this.plan = plan;
        KanervaSettings s = plan.settings();
        long b = plan.episodes() / devices.size();
        long t = plan.episodeLength();
        images = empty(s.image().shape(b, t));
        keyNoise = empty(s.readNoiseShape(b, t));
        latentNoise = empty(new Shape(b, t, s.latent()));
        others = s.gist() ? empty(images.shape()) : null;
        othersNoise = s.gist() ? empty(latentNoise.shape()) : null;
        try {
            for (Device device : devices.subList(1, devices.size())) {
                copies.add(new KanervaModel(plan.settings(), device, plan.seed()));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** @throws IllegalArgumentException if the devices cannot share the plan's episodes equally */
    static void requireEqualParts(TrainingPlan plan, List<Device> devices) {
        if (devices.isEmpty() || plan.episodes() % devices.size() != 0) {
            throw new IllegalArgumentException(
                    "%d episodes a step: expected a multiple of the %d devices, so that each gets the same number"
                            .formatted(plan.episodes(), devices.size()));
        }
    }

    /**
     * Computes the gradients of one step's loss and leaves them with the model's parameters.
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
                terms.add(backward(
                        learner, scratch, parts == 1 ? batch : part(batch, part, parts), keyWeight, latentWeight));
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

    private NDArray backward(
            KanervaModel learner,
            NDManager scratch,
            TrainingEpisodes.Batch batch,
            double keyWeight,
            double latentWeight) {
        // Safe to overwrite: the previous step's results have been read, and each GPU of this step has its copy.
        images.set(batch.images());
        keyNoise.set(batch.keyNoise());
        latentNoise.set(batch.latentNoise());
        if (plan.settings().gist()) {
            others.set(batch.others());
            othersNoise.set(batch.othersNoise());
        }
        float share = 1f / (1 + copies.size());
        weights.set(new float[] {share, share * (float) keyWeight, share * (float) latentWeight});
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray seen = images.on(scratch);
            EncoderOutput encoded = learner.encode(seen, true);
            WriterOutput written = learner.write(encoded.content(), true);
            NDArray means = means(
                    learner.readBack(seen, encoded, written, keyNoise.on(scratch), latentNoise.on(scratch), true));
            if (plan.settings().gist()) {
                NDArray unwritten = others.on(scratch);
                EncoderOutput found = learner.encode(unwritten, true);
                NDArray gist = means(learner.readGist(unwritten, found, written, othersNoise.on(scratch), true));
                means = Constant.scale(means.add(gist), 0.5);
            }
            collector.backward(means.mul(weights.on(scratch)).sum());
            return means;
        }
    }

    /** Means over the samples of reconstruction, KL(Y) and KL(Z): [3]. */
    private static NDArray means(ElboTerms terms) {
        return NDArrays.stack(new NDList(
                terms.reconstruction().mean(),
                terms.klKeys().mean(),
                terms.klLatent().mean()));
    }

    private static Constant empty(Shape shape) {
        return Constant.of(new float[Math.toIntExact(shape.size())], shape);
    }

    /** One device's share of a step's episodes. */
    private static TrainingEpisodes.Batch part(TrainingEpisodes.Batch batch, int part, int parts) {
        return new TrainingEpisodes.Batch(
                part(batch.images(), part, parts),
                part(batch.keyNoise(), part, parts),
                part(batch.latentNoise(), part, parts),
                part(batch.others(), part, parts),
                part(batch.othersNoise(), part, parts));
    }

    private static float[] part(float[] all, int part, int parts) {
        return Arrays.copyOfRange(all, all.length / parts * part, all.length / parts * (part + 1));
    }

    private void copyWeights(KanervaModel copy) {
        Map<String, Parameter> weights = model.parameters();
        copy.parameters().forEach((name, parameter) -> {
            try (NDArray weight = weights.get(name).getArray().stopGradient();
                    NDArray there = weight.toDevice(copy.manager().getDevice(), true)) {
                parameter.getArray().set(new NDIndex(":"), there);
            }
        });
    }

    /** Adds a replica's gradients to the model's, and clears them. */
    private void addGradients(KanervaModel copy) {
        Map<String, Parameter> others = copy.parameters();
        model.parameters().forEach((name, parameter) -> {
            if (!parameter.requiresGradient()) {
                return;
            }
            try (NDArray gradient = parameter.getArray().getGradient();
                    NDArray other = others.get(name).getArray().getGradient();
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
