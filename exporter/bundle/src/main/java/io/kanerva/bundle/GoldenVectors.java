package io.kanerva.bundle;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A bundle's test vectors, computed by the DJL blocks on PyTorch. A set goes through all four graphs: the writer takes
 * the encoder's content, the reader the written memory, and the decoder the traces, so that a runtime can be checked
 * graph by graph or from image to logits. Keys are alternately near a written pointer and drawn from the prior; latents
 * are drawn from their prior.
 */
final class GoldenVectors {
    private static final long SEED = 20;
    /** Of images with at least this many values, a megabyte each, fewer are decoded, which keeps bundles small. */
    private static final int LARGE_IMAGE = 1 << 18;

    /** Sizes of one set: episodes, samples and reads. */
    private record Sizes(int b, int t, int q) {}

    private final KanervaModel model;
    private final ImageSet images;

    GoldenVectors(KanervaModel model, ImageSet images) {
        this.model = model;
        this.images = images;
    }

    /** The files of all sets: their paths inside the bundle, and their bytes. */
    Map<String, byte[]> files() {
        int capacity = model.settings().capacity();
        KanervaSettings s = model.settings();
        boolean large = s.parameterChannels() * s.image().height() * s.image().width() >= LARGE_IMAGE;
        List<Sizes> sets =
                List.of(new Sizes(1, Math.min(4, capacity), 2), new Sizes(2, Math.min(3, capacity), large ? 1 : 5));
        Map<String, byte[]> files = new LinkedHashMap<>();
        int firstImage = 0;
        for (int set = 0; set < sets.size(); set++) {
            try (NDManager scratch = model.manager().newSubManager()) {
                add(files, set, sets.get(set), firstImage, scratch);
            }
            firstImage += sets.get(set).b() * sets.get(set).t();
        }
        return files;
    }

    private void add(Map<String, byte[]> files, int set, Sizes sizes, int firstImage, NDManager scratch) {
        KanervaSettings s = model.settings();
        Random random = new Random(SEED + set);
        int b = sizes.b();
        int t = sizes.t();
        int q = sizes.q();
        NDArray episodes = scratch.create(
                SampleImages.asSeen(s, images, firstImage, b * t), s.image().shape(b, t));
        Map<String, NDArray> known = new LinkedHashMap<>(Map.of(BundleGraph.IMAGES, episodes));
        for (GraphSpec graph : GraphSpec.of(model)) {
            if (graph.graph() == BundleGraph.READER) {
                known.put(BundleGraph.KEYS, keys(known, sizes, random, scratch));
            }
            if (graph.graph() == BundleGraph.DECODER) {
                float[] mean = known.get(BundleGraph.PRIOR_MEAN).toFloatArray();
                float[] logVariance = known.get(BundleGraph.PRIOR_LOG_VARIANCE).toFloatArray();
                float[] latent = new float[mean.length];
                for (int i = 0; i < latent.length; i++) {
                    latent[i] = (float) (mean[i] + Math.exp(0.5 * logVariance[i]) * random.nextGaussian());
                }
                known.put(BundleGraph.LATENT, scratch.create(latent, new Shape(b, q, s.latent())));
            }
            run(graph, known, "vectors/" + graph.name() + "/test_data_set_" + set + "/", files);
        }
    }

    private void run(GraphSpec graph, Map<String, NDArray> known, String folder, Map<String, byte[]> files) {
        List<NDArray> inputs = new ArrayList<>();
        for (GraphTensor input : graph.inputs()) {
            NDArray array = known.get(input.name());
            files.put(folder + "input_" + inputs.size() + ".pb", bytes(input, array));
            inputs.add(array);
        }
        NDList outputs = model.run(graph.block(model), inputs.toArray(NDArray[]::new));
        for (int i = 0; i < outputs.size(); i++) {
            GraphTensor output = graph.outputs().get(i);
            files.put(folder + "output_" + i + ".pb", bytes(output, outputs.get(i)));
            known.put(output.name(), outputs.get(i));
        }
    }

    private NDArray keys(Map<String, NDArray> known, Sizes sizes, Random random, NDManager scratch) {
        KanervaSettings s = model.settings();
        int key = s.keys() * 3;
        Shape shape = new Shape(sizes.b(), sizes.q(), s.keys(), 3);
        float[] pointers = known.get(BundleGraph.POINTERS).toFloatArray();
        float[] noise = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) random.nextGaussian();
        }
        float[] keys = model.dereference(scratch.create(noise, shape), known.get(BundleGraph.MEMORY))
                .toFloatArray();
        boolean exact = s.addressing() == KeyAddressing.DEREFERENCED;
        for (int i = 0; i < keys.length; i++) {
            int read = i / key;
            int sample = read % sizes.q() % sizes.t();
            int episode = read / sizes.q();
            if (read % 2 == 0) {
                float offset = exact && i % 3 > 0 ? 0 : 0.1f * noise[i];
                keys[i] = pointers[(episode * sizes.t() + sample) * key + i % key] + offset;
            }
        }
        return scratch.create(keys, shape);
    }

    private static byte[] bytes(GraphTensor tensor, NDArray array) {
        return DjlTensors.copyOf(array).named(tensor.name()).toProto().toByteArray();
    }
}
