package io.kanerva.onnx;

import io.kanerva.onnx.proto.ModelProto;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the weights that a model in half precision must keep in float32, so that each element x of its outputs stays
 * within {@value #ABSOLUTE} + {@value #RELATIVE} |x| of the float32 model's. Rounding a weight moves an output by some
 * 2^-12 of what the weight contributes, so only few layers matter: those whose contributions are large and cancel.
 */
public final class PreciseWeights {
    /** Part of an element's budget that does not depend on its value. */
    public static final double ABSOLUTE = 2.5e-3;
    /** Part of an element's budget for each unit of its value. */
    public static final double RELATIVE = 1e-3;

    /**
     * Inputs with the outputs that the float32 model gives.
     *
     * @param inputs by name
     * @param outputs by name
     */
    public record Sample(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {}

    private final ModelProto model;
    private final List<Sample> samples;
    private final GraphRunner runner;
    private final double most;

    private PreciseWeights(ModelProto model, List<Sample> samples, GraphRunner runner, double most) {
        this.model = model;
        this.samples = samples;
        this.runner = runner;
        this.most = most;
    }

    /**
     * Finds them: each weight is rounded alone, and those that take most of the budget are kept, one after the other,
     * until the rest rounded together stays within it.
     *
     * @param model in float32
     * @param samples inputs with the outputs to compare with
     * @param most part of the budget that may be taken; some should be left for what runtimes differ by in float32
     * @return names of weights, in the order in which they were taken; none if all may be rounded
     */
    public static Set<String> of(ModelProto model, List<Sample> samples, GraphRunner runner, double most) {
        return new PreciseWeights(model, List.copyOf(samples), runner, most).find();
    }

    private Set<String> find() {
        Set<String> kept = new LinkedHashSet<>();
        if (shareWithout(kept) <= most) {
            return kept;
        }
        Set<String> all = WeightPacking.weights(model);
        Map<String, Double> alone = new LinkedHashMap<>();
        for (String weight : all) {
            Set<String> others = new HashSet<>(all);
            others.remove(weight);
            alone.put(weight, shareWithout(others));
        }
        List<String> worstFirst =
                all.stream().sorted(Comparator.comparing(alone::get).reversed()).toList();
        for (String weight : worstFirst) {
            kept.add(weight);
            if (shareWithout(kept) <= most) {
                break;
            }
        }
        return kept;
    }

    /** The largest part of an element's budget that is taken when all weights but these are rounded. */
    private double shareWithout(Set<String> kept) {
        byte[] packed = OnnxFiles.toBytes(WeightPacking.pack(model, WeightType.FLOAT16, kept));
        double share = 0;
        for (Sample sample : samples) {
            share = Math.max(share, share(sample.outputs(), runner.run(packed, sample.inputs())));
        }
        return share;
    }

    /** The largest part of an element's budget that the difference of two paths' outputs takes. */
    public static double share(Map<String, Tensor> expected, Map<String, Tensor> found) {
        double share = 0;
        for (Map.Entry<String, Tensor> output : expected.entrySet()) {
            float[] wanted = output.getValue().floats();
            float[] values = found.get(output.getKey()).floats();
            for (int i = 0; i < wanted.length; i++) {
                share = Math.max(
                        share, Math.abs((double) values[i] - wanted[i]) / (ABSOLUTE + RELATIVE * Math.abs(wanted[i])));
            }
        }
        return share;
    }
}
