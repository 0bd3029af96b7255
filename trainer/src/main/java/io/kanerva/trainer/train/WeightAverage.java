package io.kanerva.trainer.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import io.kanerva.trainer.model.KanervaModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The exponential moving average of a model's weights (Polyak and Juditsky 1992), as a separate model: after update n
 * each average a of a weight w becomes d a + (1 - d) w, with d = min(decay, n / (9 + n)), so that the initial weights
 * are forgotten quickly. Owns the averaged model.
 */
final class WeightAverage implements AutoCloseable {
    private final double decay;
    private final KanervaModel average;
    private final List<NDArray> means = new ArrayList<>();
    private final List<Parameter> learned = new ArrayList<>();

    /** Starts as a copy of the model's weights. */
    WeightAverage(KanervaModel learner, TrainingPlan plan) {
        decay = plan.averageDecay();
        average = new KanervaModel(plan.settings(), learner.manager().getDevice(), plan.seed());
        Map<String, Parameter> weights = learner.parameters();
        average.parameters().forEach((name, parameter) -> {
            parameter.freeze(true);
            means.add(parameter.getArray());
            learned.add(weights.get(name));
            try (NDArray weight = weights.get(name).getArray().stopGradient()) {
                parameter.getArray().set(new NDIndex(":"), weight);
            }
        });
    }

    /** Takes the weights after update {@code update}, counted from 1, into the average. */
    void update(int update) {
        float kept = (float) Math.min(decay, update / (9.0 + update));
        for (int i = 0; i < means.size(); i++) {
            try (NDArray weight = learned.get(i).getArray().stopGradient();
                    NDArray part = weight.mul(1 - kept)) {
                means.get(i).muli(kept).addi(part);
            }
        }
    }

    /** The averaged model, owned by this object. */
    KanervaModel model() {
        return average;
    }

    @Override
    public void close() {
        average.close();
    }
}
