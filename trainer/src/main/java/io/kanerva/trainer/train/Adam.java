package io.kanerva.trainer.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.kanerva.trainer.model.KanervaModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adam (Kingma and Ba 2015) with clipping by the gradient's global norm. Ours because DJL's keeps its moments private,
 * so that a run could not be resumed, and clips each value separately.
 *
 * <p>With gradient g, scaled to at most the maximum norm, and update n:
 *
 * <pre>
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2
 *   w = w - rate sqrt(1 - beta2^n) / (1 - beta1^n) * m / (sqrt(v) + epsilon)
 * </pre>
 *
 * <p>This is the paper's variant from the end of its section 2: epsilon is added to the root of v before the bias
 * correction, whereas PyTorch's own Adam adds it after. They differ only for gradients of about epsilon. No weight
 * decay.
 *
 * <p>All parameters are moved into one array and become views of it, so an update takes a dozen operations regardless
 * of their number: a call into the engine costs as much as the arithmetic on most parameters. Owns that array and the
 * moments; a parameter keeps its own values when this is closed.
 */
final class Adam implements AutoCloseable {
    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.999f;
    private static final float EPSILON = 1e-8f;

    /**
     * Floats in a cache line. Each parameter begins at a multiple of it, since the engine's kernels need aligned
     * memory.
     */
    private static final int ALIGNMENT = 16;

    private final NDManager manager;
    private final List<Parameter> parameters = new ArrayList<>();
    private final Map<String, NDArray> means = new LinkedHashMap<>();
    private final Map<String, NDArray> variances = new LinkedHashMap<>();
    private final NDArray weights;
    private final NDArray mean;
    private final NDArray variance;

    /** For all parameters of a model that are not frozen. */
    Adam(KanervaModel model) {
        manager = model.manager().newSubManager();
        Map<String, Parameter> learned = new LinkedHashMap<>(model.parameters());
        learned.values().removeIf(parameter -> !parameter.requiresGradient());
        long size = learned.values().stream()
                .mapToLong(parameter -> aligned(parameter.getShape().size()))
                .sum();
        weights = manager.zeros(new Shape(size));
        mean = manager.zeros(new Shape(size));
        variance = manager.zeros(new Shape(size));
        long at = 0;
        for (Map.Entry<String, Parameter> entry : learned.entrySet()) {
            Parameter parameter = entry.getValue();
            Shape shape = parameter.getShape();
            moveInto(view(weights, at, shape), parameter.getArray());
            parameters.add(parameter);
            means.put(entry.getKey(), view(mean, at, shape));
            variances.put(entry.getKey(), view(variance, at, shape));
            at += aligned(shape.size());
        }
    }

    /** A view of the part at {@code at} of the array of all parameters. */
    private static NDArray view(NDArray all, long at, Shape shape) {
        try (NDArray flat = all.get(new NDIndex(at + ":" + (at + shape.size())))) {
            return flat.reshape(shape);
        }
    }

    /** Turns an array into that view, keeping its values. */
    private static void moveInto(NDArray view, NDArray array) {
        try (NDArray values = array.stopGradient()) {
            view.set(new NDIndex(":"), values);
        }
        view.setRequiresGradient(true);
        // The object stays, since the blocks and the parameter store hold it; only its native handle changes.
        array.intern(view);
    }

    /**
     * Updates every parameter from its gradient, and clears the gradient.
     *
     * @param update the index of this update, from 1
     * @param learningRate of this update
     * @param maxNorm a gradient with a greater global L2 norm is scaled down to it
     * @return the global norm before scaling; if it is not finite, nothing was updated
     */
    double update(int update, double learningRate, double maxNorm) {
        // Owns the handles to the gradients; the parameters belong to the model.
        try (NDManager step = manager.newSubManager()) {
            NDArray gradient = gradient(step);
            double norm = gradient.norm().getFloat();
            if (!Double.isFinite(norm)) {
                return norm;
            }
            if (norm > maxNorm) {
                gradient.muli((float) (maxNorm / norm));
            }
            double rate = learningRate * Math.sqrt(1 - Math.pow(BETA2, update)) / (1 - Math.pow(BETA1, update));
            NDArray square = gradient.square().muli(1 - BETA2);
            variance.muli(BETA2).addi(square);
            mean.muli(BETA1).addi(gradient.muli(1 - BETA1));
            NDArray root = variance.sqrt();
            NDArray move = mean.mul((float) rate);
            root.attach(step);
            move.attach(step);
            weights.subi(move.divi(root.addi(EPSILON)));
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

    /** Copies all gradients into one array, laid out as the weights are, and clears them. */
    private NDArray gradient(NDManager step) {
        NDArray gap = step.zeros(new Shape(ALIGNMENT));
        NDList parts = new NDList();
        NDList gradients = new NDList();
        for (Parameter parameter : parameters) {
            NDArray gradient = parameter.getArray().getGradient();
            gradient.attach(step);
            gradients.add(gradient);
            long size = gradient.size();
            parts.add(gradient.reshape(size));
            if (aligned(size) > size) {
                parts.add(gap.get("0:" + (aligned(size) - size)));
            }
        }
        NDArray all = NDArrays.concat(parts);
        // A gradient that is not finite stays so, but the run ends then.
        gradients.forEach(gradient -> gradient.subi(gradient));
        return all;
    }

    private static long aligned(long size) {
        return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
