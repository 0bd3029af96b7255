package io.kanerva.conformance.bundle;

import io.kanerva.bundle.SampleImages;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.trainer.data.ImageSet;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What goes into the graphs. Each graph's inputs are made anew from a seed, so that graphs are checked one by one. */
final class Inputs {
    static final List<String> GRAPHS = List.of("encoder", "memory-writer", "reader", "decoder");

    private Inputs() {}

    /** Standard normal numbers; images of uniform grey. */
    static Map<String, Tensor> random(List<TensorDescription> descriptions, Sizes sizes, long seed) {
        NormalSampler sampler = new NormalSampler(seed);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (TensorDescription description : descriptions) {
            Tensor normal = normal(sampler, sizes.shape(description));
            inputs.put(description.name(), description.name().equals("images") ? uniform(normal) : normal);
        }
        return inputs;
    }

    /**
     * Every graph's inputs as they come up when images are written and read back by the reference: the images, their
     * content, the memory with keys near the written pointers and from the prior by turns, latents from their prior.
     */
    static Map<String, Map<String, Tensor>> real(ModelPath reference, ImageSet images, Sizes sizes, long seed) {
        NormalSampler sampler = new NormalSampler(seed);
        Map<String, Map<String, Tensor>> inputs = new LinkedHashMap<>();
        float[] pixels = SampleImages.asSeen(
                reference.model().settings(),
                images,
                (int) Math.floorMod(seed, (long) images.count()),
                sizes.b() * sizes.t());
        Map<String, Tensor> known = new LinkedHashMap<>();
        known.put(
                "images",
                Tensor.of(
                        pixels,
                        sizes.shape(reference
                                .bundle()
                                .graphs()
                                .get("encoder")
                                .inputs()
                                .get(0))));
        for (String graph : GRAPHS) {
            List<TensorDescription> descriptions =
                    reference.bundle().graphs().get(graph).inputs();
            if (graph.equals("reader")) {
                known.put(
                        "keys", keys(known.get("pointers"), normal(sampler, sizes.shape(descriptions.get(1))), sizes));
            } else if (graph.equals("decoder")) {
                known.put(
                        "latent",
                        gaussian(
                                known.get("prior_mean"),
                                known.get("prior_log_variance"),
                                normal(sampler, sizes.shape(descriptions.get(0)))));
            }
            Map<String, Tensor> given = new LinkedHashMap<>();
            descriptions.forEach(input -> given.put(input.name(), known.get(input.name())));
            inputs.put(graph, given);
            known.putAll(reference.run(graph, given));
        }
        return inputs;
    }

    /** mean + exp(logVariance / 2) noise; all of one shape and type. */
    static Tensor gaussian(Tensor mean, Tensor logVariance, Tensor noise) {
        double[] means = mean.doubles();
        double[] logVariances = logVariance.doubles();
        double[] values = noise.doubles();
        for (int i = 0; i < values.length; i++) {
            values[i] = means[i] + Math.exp(0.5 * logVariances[i]) * values[i];
        }
        return Tensor.of(mean.type(), values, mean.shape());
    }

    static Tensor normal(NormalSampler sampler, long... shape) {
        return Tensor.of(
                sampler.tensor(Arrays.stream(shape).mapToInt(Math::toIntExact).toArray())
                        .data(),
                shape);
    }

    /** [B, Q, K, 3]: read q is near sample q mod T's pointer if q is even, and the noise itself if q is odd. */
    private static Tensor keys(Tensor pointers, Tensor noise, Sizes sizes) {
        float[] written = pointers.floats();
        float[] keys = noise.floats();
        int key = keys.length / sizes.b() / sizes.q();
        for (int i = 0; i < keys.length; i++) {
            int q = i / key % sizes.q();
            int sample = i / key / sizes.q() * sizes.t() + q % sizes.t();
            keys[i] = q % 2 == 0 ? written[sample * key + i % key] + 0.1f * keys[i] : keys[i];
        }
        return Tensor.of(keys, noise.shape());
    }

    private static Tensor uniform(Tensor normal) {
        float[] values = normal.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (1 / (1 + Math.exp(-values[i])));
        }
        return Tensor.of(values, normal.shape());
    }
}
