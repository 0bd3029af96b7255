package io.kanerva.conformance.bundle;

import io.kanerva.conformance.runtime.Job;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Encoding;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Generation;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.Reading;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code io.kanerva.runtime}'s public calls as a runtime. They begin with images, so its models are whole bundles. The
 * names of the inputs select the call:
 *
 * <ul>
 *   <li>images, keys, latent: the outputs of the four graphs, each run on the previous outputs;
 *   <li>episodes, {@value #KEY_NOISE}, {@value #LATENT_NOISE}: the pipeline from images to logits, see {@link #steps};
 *   <li>episodes, queries, keys, seed: what the clients in other languages ({@code conformance/clients}) return for the
 *       same inputs: write, read, recall, generate;
 *   <li>episodes, seed: the terms of the bound, float32 [B, T] each, as clients' graphs return them.
 * </ul>
 */
public final class KanervaRuntime extends LocalRuntime {
    /** Its name in {@code --runtimes}. */
    public static final String NAME = "kanerva";

    static final String EPISODES = "episodes";
    static final String QUERIES = "queries";
    static final String SEED = "seed";
    static final String KEY_NOISE = "key_noise";
    static final String LATENT_NOISE = "latent_noise";

    private static final int GENERATED = 8;
    private static final int ITERATIONS = 3;
    private static final int NORMALS = 1000;

    private final Map<Path, Kanerva> bundles = new HashMap<>();

    /** @param bundles whose runtimes it calls; they must stay open */
    public KanervaRuntime(List<BundleCases> bundles) {
        this();
        bundles.forEach(bundle -> this.bundles.put(bundle.folder(), bundle.kanerva()));
    }

    KanervaRuntime(Path folder, Kanerva kanerva) {
        this();
        bundles.put(folder, kanerva);
    }

    private KanervaRuntime() {
        super(new Description(NAME, "Kanerva runtime, Java", NAME, "cpu", Set.of(true), false));
    }

    @Override
    List<Tensor> answer(Job job, Map<String, Tensor> inputs) {
        Kanerva kanerva = bundles.get(job.model());
        if (inputs.containsKey(BundleGraph.IMAGES)) {
            return graphs(kanerva, inputs);
        }
        FloatTensor episodes = FloatTensors.of(inputs.get(EPISODES));
        if (inputs.containsKey(KEY_NOISE)) {
            return pipeline(kanerva, episodes, inputs);
        }
        long seed = inputs.get(SEED).longs()[0];
        return inputs.containsKey(QUERIES)
                ? recall(kanerva, episodes, inputs, seed)
                : bound(kanerva.bound(episodes, seed), episodes);
    }

    private static List<Tensor> graphs(Kanerva kanerva, Map<String, Tensor> inputs) {
        FloatTensor images = FloatTensors.of(inputs.get(BundleGraph.IMAGES));
        Encoding encoding = kanerva.encode(images);
        Memory memory = kanerva.write(images);
        Reading reading = kanerva.read(memory, FloatTensors.of(inputs.get(BundleGraph.KEYS)));
        return List.of(
                FloatTensors.of(BundleGraph.CONTENT, encoding.content()),
                FloatTensors.of(BundleGraph.KEY_MEAN, encoding.keyMean()),
                FloatTensors.of(BundleGraph.KEY_LOG_VARIANCE, encoding.keyLogVariance()),
                FloatTensors.of(BundleGraph.LATENT_MEAN, encoding.latentMean()),
                FloatTensors.of(BundleGraph.LATENT_LOG_VARIANCE, encoding.latentLogVariance()),
                FloatTensors.of(BundleGraph.MEMORY, memory.memory()),
                FloatTensors.of(BundleGraph.POINTERS, memory.pointers()),
                FloatTensors.of(BundleGraph.TRACES, reading.traces()),
                FloatTensors.of(BundleGraph.PRIOR_MEAN, reading.priorMean()),
                FloatTensors.of(BundleGraph.PRIOR_LOG_VARIANCE, reading.priorLogVariance()),
                FloatTensors.of(
                        BundleGraph.LOGITS,
                        kanerva.decode(FloatTensors.of(inputs.get(BundleGraph.LATENT)), reading.traces())));
    }

    private static List<Tensor> pipeline(Kanerva kanerva, FloatTensor episodes, Map<String, Tensor> inputs) {
        Encoding encoding = kanerva.encode(episodes);
        Memory memory = kanerva.write(episodes);
        FloatTensor keys = kanerva.sampleKeys(encoding, memory, FloatTensors.of(inputs.get(KEY_NOISE)));
        Reading reading = kanerva.read(memory, keys);
        Tensor latent = HostSide.gaussian(
                FloatTensors.of("", encoding.latentMean()),
                FloatTensors.of("", encoding.latentLogVariance()),
                inputs.get(LATENT_NOISE));
        return steps(
                FloatTensors.of("", memory.memory()),
                FloatTensors.of("", keys),
                FloatTensors.of("", reading.traces()),
                latent,
                FloatTensors.of("", kanerva.decode(FloatTensors.of(latent), reading.traces())));
    }

    /** The pipeline's tensors with their names. */
    static List<Tensor> steps(Tensor memory, Tensor keys, Tensor traces, Tensor latent, Tensor logits) {
        return List.of(
                memory.named(BundleGraph.MEMORY),
                keys.named(BundleGraph.KEYS),
                traces.named(BundleGraph.TRACES),
                latent.named(BundleGraph.LATENT),
                logits.named(BundleGraph.LOGITS));
    }

    private static List<Tensor> recall(Kanerva kanerva, FloatTensor episodes, Map<String, Tensor> inputs, long seed) {
        Memory memory = kanerva.write(episodes);
        Reading reading = kanerva.read(memory, FloatTensors.of(inputs.get(BundleGraph.KEYS)));
        Generation generated = kanerva.generate(memory, GENERATED, seed);
        ModelSettings settings = kanerva.bundle().settings();
        return List.of(
                FloatTensors.of(BundleGraph.MEMORY, memory.memory()),
                FloatTensors.of(BundleGraph.POINTERS, memory.pointers()),
                FloatTensors.of(
                        "read",
                        settings.likelihood().means(settings, kanerva.decode(reading.priorMean(), reading.traces()))),
                FloatTensors.of(
                        "recalled",
                        kanerva.recall(memory, FloatTensors.of(inputs.get(QUERIES)), ITERATIONS)
                                .images()),
                FloatTensors.of("generated", generated.images()),
                FloatTensors.of("generated_keys", generated.keys()),
                FloatTensors.of("normals", new NormalSampler(seed).tensor(NORMALS)));
    }

    private static List<Tensor> bound(BoundTerms terms, FloatTensor episodes) {
        long[] shape = {episodes.dimension(0), episodes.dimension(1)};
        return List.of(
                rounded("reconstruction", terms.reconstruction(), shape),
                rounded("kl_keys", terms.klKeys(), shape),
                rounded("kl_latent", terms.klLatent(), shape));
    }

    private static Tensor rounded(String name, double[] values, long... shape) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(name, floats, shape);
    }
}
