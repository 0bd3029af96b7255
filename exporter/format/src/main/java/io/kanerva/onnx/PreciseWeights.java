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
 * within {@value #ABSOLUTE} + {@value #RELATIVE} |x| of the float32 model's. Rounding a weight changes an output by
 * about 2^-12 of the weight's contribution, so only few layers matter: those whose contributions are large and cancel.
 */
public final class PreciseWeights {
    /** The part of an element's budget that does not depend on its value. */
    public static final double ABSOLUTE = 2.5e-3;
    /** The part of an element's budget per unit of its value. */
    public static final double RELATIVE = 1e-3;

    /**
     * Inputs with the float32 model's outputs.
     *
     * @param inputs by name
     * @param outputs by name
     */
    public record Sample(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {}

    private final ModelProto model;
    private final List<Sample> samples;
    private final GraphRunner runner;
    private final double maxShare;

    private PreciseWeights(ModelProto model, List<Sample> samples, GraphRunner runner, double maxShare) {
        this.model = model;
        this.samples = samples;
        this.runner = runner;
        this.maxShare = maxShare;
    }

    /**
     * Rounds each weight alone, and keeps those that use most of the budget, one after the other, until rounding all
     * others together stays within it.
     *
     * @param model in float32
     * @param samples inputs with the outputs to compare with
     * @param maxShare maximum fraction of the budget to use; the rest is for differences between runtimes in float32
     * @return names of weights, in the order in which they were chosen; none if all may be rounded
     */
    public static Set<String> of(ModelProto model, List<Sample> samples, GraphRunner runner, double maxShare) {
        return new PreciseWeights(model, List.copyOf(samples), runner, maxShare).find();
    }

    private Set<String> find() {
        Set<String> kept = new LinkedHashSet<>();
        if (shareWithout(kept) <= maxShare) {
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
            if (shareWithout(kept) <= maxShare) {
                break;
            }
        }
        return kept;
    }

    /** The largest fraction of an element's budget that is used when all other weights are rounded. */
    private double shareWithout(Set<String> kept) {
        byte[] packed = OnnxFiles.toBytes(WeightPacking.pack(model, WeightType.FLOAT16, kept));
        double share = 0;
        for (Sample sample : samples) {
            share = Math.max(share, share(sample.outputs(), runner.run(packed, sample.inputs())));
        }
        return share;
    }

    /** The largest fraction of an element's budget that the difference of two paths' outputs uses. */
    public static double share(Map<String, Tensor> expected, Map<String, Tensor> found) {
        double share = 0;
        for (Map.Entry<String, Tensor> output : expected.entrySet()) {
            float[] reference = output.getValue().floats();
            float[] values = found.get(output.getKey()).floats();
            for (int i = 0; i < reference.length; i++) {
                share = Math.max(
                        share,
                        Math.abs((double) values[i] - reference[i]) / (ABSOLUTE + RELATIVE * Math.abs(reference[i])));
            }
        }
        return share;
    }
}
