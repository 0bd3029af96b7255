package io.kanerva.conformance.bundle;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.kanerva.bundle.SampleImages;
import io.kanerva.conformance.Agreement.Row;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Encoding;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.Reading;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * From images to logits with shared noise, through DJL's blocks and through the runtime.
 *
 * @param model the reference
 * @param kanerva the bundle that was exported from it
 */
record Pipeline(KanervaModel model, Kanerva kanerva) {
    private static final NormalDistribution PRIOR = NormalDistribution.of(0, 1);
    private static final String PATHS = BundleVerification.PYTORCH + " / " + BundleVerification.RUNTIME;

    /** One episode of as many samples as fit (32 for a pooled writer), then three of two. */
    Agreement compare(ImageSet images, long seed) {
        int capacity = kanerva.bundle().settings().capacity();
        int most = capacity == Integer.MAX_VALUE ? 32 : capacity;
        NormalSampler sampler = new NormalSampler(seed);
        return compare(images, 1, most, sampler).and(compare(images, 3, 2, sampler));
    }

    private Agreement compare(ImageSet images, int b, int t, NormalSampler sampler) {
        KanervaSettings s = model.settings();
        Tensor episodes = Tensor.of(
                SampleImages.asSeen(s, images, 0, b * t),
                b,
                t,
                s.image().channels(),
                s.image().height(),
                s.image().width());
        Tensor keyNoise = Inputs.normal(sampler, b, t, s.keys(), 3);
        Tensor latentNoise = Inputs.normal(sampler, b, t, s.latent());
        Map<String, Tensor> expected = reference(episodes, keyNoise, latentNoise);
        Map<String, Tensor> found = runtime(episodes, keyNoise, latentNoise);
        List<Row> rows = new ArrayList<>();
        expected.forEach((name, tensor) -> rows.add(new Row(
                PATHS,
                "pipeline",
                "B=" + b + " T=Q=" + t,
                Comparison.betweenFinite(
                        name, tensor, found.get(name), Budget.ofPipeline(name, kanerva.bundle(), tensor)))));
        return new Agreement(rows);
    }

    private Map<String, Tensor> reference(Tensor episodes, Tensor keyNoise, Tensor latentNoise) {
        try (NDManager scratch = model.manager().newSubManager()) {
            NDList encoded = model.run(model.encoder(), DjlTensors.toArray(episodes, scratch));
            NDList written = model.run(model.writer(), encoded.get(0));
            NDArray keys = model.sampleKeys(encoded, written, DjlTensors.toArray(keyNoise, scratch));
            NDList read = model.run(model.reader(), written.get(0), keys);
            NDArray latent =
                    encoded.get(3).add(encoded.get(4).mul(0.5f).exp().mul(DjlTensors.toArray(latentNoise, scratch)));
            NDArray logits = model.run(model.decoder(), latent, read.get(0)).singletonOrThrow();
            return steps(
                    DjlTensors.copyOf(written.get(0)),
                    DjlTensors.copyOf(keys),
                    DjlTensors.copyOf(read.get(0)),
                    DjlTensors.copyOf(latent),
                    DjlTensors.copyOf(logits));
        }
    }

    private Map<String, Tensor> runtime(Tensor episodes, Tensor keyNoise, Tensor latentNoise) {
        FloatTensor images = RuntimePath.floats(episodes);
        Encoding encoding = kanerva.encode(images);
        Memory memory = kanerva.write(images);
        FloatTensor keys = kanerva.sampleKeys(encoding, memory, RuntimePath.floats(keyNoise));
        Reading reading = kanerva.read(memory, keys);
        Tensor latent = Inputs.gaussian(
                RuntimePath.tensor(encoding.latentMean()),
                RuntimePath.tensor(encoding.latentLogVariance()),
                latentNoise);
        FloatTensor logits = kanerva.decode(RuntimePath.floats(latent), reading.traces());
        return steps(
                RuntimePath.tensor(memory.memory()),
                RuntimePath.tensor(keys),
                RuntimePath.tensor(reading.traces()),
                latent,
                RuntimePath.tensor(logits));
    }

    /**
     * Keys in the coordinates in which they are found. Dereferenced ones are quantiles, computed in float32 from parts
     * of the prior's mass: far out the quantile magnifies the last bit of such a part a thousandfold, so the parts
     * themselves are compared.
     */
    private Tensor comparable(Tensor keys) {
        if (kanerva.bundle().settings().addressing() == ModelSettings.Addressing.CONTINUOUS) {
            return keys;
        }
        float[] parts = keys.floats().clone();
        for (int i = 0; i < parts.length; i++) {
            parts[i] = (float) PRIOR.cumulativeProbability(parts[i]);
        }
        return Tensor.of(parts, keys.shape());
    }

    private Map<String, Tensor> steps(Tensor memory, Tensor keys, Tensor traces, Tensor latent, Tensor logits) {
        Map<String, Tensor> steps = new LinkedHashMap<>();
        steps.put("memory", memory);
        steps.put("keys", comparable(keys));
        steps.put("traces", traces);
        steps.put("latent", latent);
        steps.put("logits", logits);
        return steps;
    }
}
