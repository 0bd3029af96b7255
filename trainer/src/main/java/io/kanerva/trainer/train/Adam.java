package io.kanerva.trainer.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.kanerva.trainer.model.KanervaModel;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adam (Kingma and Ba 2015) with clipping by the gradient's global norm. Ours because DJL's keeps its moments private,
 * so that a run could not be resumed, and clips each number on its own. Owns the moments' memory.
 *
 * <p>The arithmetic is DJL's native update. With gradient g, scaled to the largest norm, and update n:
 *
 * <pre>
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2
 *   w = w - rate sqrt(1 - beta2^n) / (1 - beta1^n) * m / (sqrt(v) + epsilon)
 * </pre>
 *
 * <p>This is the paper's variant of the last lines of its section 2: epsilon stands beside the root of v before the bias
 * correction, where PyTorch's own Adam puts it after. They differ only for gradients of about epsilon. No weight decay.
 */
final class Adam implements AutoCloseable {
    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.999f;
    private static final float EPSILON = 1e-8f;
    /** DJL's native update clips each number at this; we clip by the norm instead. */
    private static final float NO_CLIP = -1f;

    private final NDManager manager;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, NDArray> means = new LinkedHashMap<>();
    private final Map<String, NDArray> variances = new LinkedHashMap<>();

    Adam(KanervaModel model) {
        manager = model.manager().newSubManager();
        model.parameters().forEach((name, parameter) -> {
            if (parameter.requiresGradient()) {
                parameters.put(name, parameter);
                means.put(name, manager.zeros(parameter.getShape()));
                variances.put(name, manager.zeros(parameter.getShape()));
            }
        });
    }

    /**
     * Moves every parameter by its gradient, and clears the gradient.
     *
     * @param update which update this is, counted from 1
     * @param learningRate of this update
     * @param largestNorm a gradient with a greater global L2 norm is scaled down to it
     * @return the global norm before scaling; if it is not finite, nothing was moved
     */
    double update(int update, double learningRate, double largestNorm) {
        // Closed at the end: the handles to the gradients belong to the step, the parameters to the model.
        try (NDManager step = manager.newSubManager()) {
            Map<String, NDArray> gradients = new LinkedHashMap<>();
            parameters.forEach((name, parameter) -> {
                NDArray gradient = parameter.getArray().getGradient();
                gradient.attach(step);
                gradients.put(name, gradient);
            });
            double norm = globalNorm(gradients.values());
            if (!Double.isFinite(norm)) {
                return norm;
            }
            float scale = (float) Math.min(1, largestNorm / Math.max(norm, 1e-12));
            double correction = Math.sqrt(1 - Math.pow(BETA2, update)) / (1 - Math.pow(BETA1, update));
            parameters.forEach((name, parameter) -> {
                NDArray weight = parameter.getArray();
                NDList state = new NDList(weight, gradients.get(name), means.get(name), variances.get(name));
                weight.getNDArrayInternal().adamUpdate(state, new NDList(weight), (float) learningRate, (float) (learningRate * correction),
                        0f, scale, NO_CLIP, BETA1, BETA2, EPSILON, true, false);
            });
            return norm;
        }
    }

    /** First moments by parameter name. */
    Map<String, NDArray> means() {
        return means;
    }

    /** Second moments by parameter name. */
    Map<String, NDArray> variances() {
        return variances;
    }

    @Override
    public void close() {
        manager.close();
    }

    private static double globalNorm(Collection<NDArray> gradients) {
        NDList squares = new NDList();
        gradients.forEach(gradient -> squares.add(gradient.square().sum()));
        double sum = 0;
        for (float square : NDArrays.stack(squares).toFloatArray()) {
            sum += square;
        }
        return Math.sqrt(sum);
    }
}
