package io.kanerva.conformance.bundle;

import io.kanerva.bundle.SampleImages;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.trainer.data.ImageSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The cases of a bundle for which the model that it was exported from is the reference.
 *
 * @param bundle must stay open until the cases have run
 * @param reference runs the model's blocks
 * @param images of the model's shape; binarised at half intensity for a black-and-white model
 */
public record ModelCases(BundleCases bundle, DjlRuntime reference, ImageSet images) {
    private static final long SEED = 41;

    /**
     * Runs all of them: {@link #blocks} on ONNX Runtime in this process, {@link #pipeline} through the Kanerva runtime.
     *
     * @param seed of the pipeline's noise
     * @throws IOException if intermediate files cannot be written
     */
    public Findings check(Verification verification, long seed) throws IOException {
        String subject = bundle.bundle().name();
        List<BundleCases> bundles = List.of(bundle);
        return BundleCases.run(verification, subject, JavaRuntime.CPU, blocks(), bundles)
                .and(BundleCases.run(verification, subject, new KanervaRuntime(bundles), pipeline(seed), bundles));
    }

    /**
     * Each graph separately against its block, on random and on real inputs, at sizes of B, T and Q that were never
     * traced, with T up to the memory's capacity.
     *
     * @throws IOException if inputs cannot be written
     */
    public List<Case> blocks() throws IOException {
        List<Case> cases = new ArrayList<>(bundle.inputs()
                .everySize(BundleGraph.labels(BundleGraph.FOUR), SEED, reference, BundleBudget.here(bundle.bundle())));
        long seed = SEED;
        for (Map<String, Integer> sizes : bundle.inputs().everySize()) {
            cases.addAll(real(sizes, seed++));
        }
        return cases;
    }

    /**
     * Inputs of every graph as they occur when images are written and read back by the reference: the images, their
     * content, the memory with keys near the written pointers and from the prior alternately, latents from their prior.
     */
    private List<Case> real(Map<String, Integer> sizes, long seed) throws IOException {
        NormalSampler sampler = new NormalSampler(seed);
        int first = (int) Math.floorMod(seed, (long) images.count());
        Map<String, Tensor> known = new LinkedHashMap<>();
        List<Case> cases = new ArrayList<>();
        for (String graph : BundleGraph.labels(BundleGraph.FOUR)) {
            List<Tensor> inputs = new ArrayList<>();
            for (TensorDescription input : bundle.bundle().graphs().get(graph).inputs()) {
                long[] shape = CaseInputs.shape(input, sizes);
                switch (input.name()) {
                    case BundleGraph.IMAGES -> known.put(input.name(), images(first, shape));
                    case BundleGraph.KEYS ->
                        known.put(
                                input.name(),
                                keys(
                                        known.get(BundleGraph.POINTERS),
                                        CaseInputs.normal(sampler, shape),
                                        sizes.get("H")));
                    case BundleGraph.LATENT ->
                        known.put(
                                input.name(),
                                HostSide.gaussian(
                                        known.get(BundleGraph.PRIOR_MEAN),
                                        known.get(BundleGraph.PRIOR_LOG_VARIANCE),
                                        CaseInputs.normal(sampler, shape)));
                    default -> {}
                }
                inputs.add(known.get(input.name()).named(input.name()));
            }
            known.putAll(reference.block(graph, known));
            cases.add(bundle.inputs()
                    .of(
                            graph,
                            bundle.inputs().file(graph),
                            "real " + CaseInputs.label(sizes),
                            inputs,
                            reference,
                            BundleBudget.here(bundle.bundle())));
        }
        return cases;
    }

    /**
     * From images to logits with the same noise on both paths: encode, write, draw keys from their posterior, read,
     * draw latents from theirs, decode. Each path carries its own values throughout, so differences add up. One episode
     * that fills the memory (of large images a shorter one), then three of two samples.
     *
     * @param seed of the noise
     * @throws IOException if inputs cannot be written
     */
    public List<Case> pipeline(long seed) throws IOException {
        ModelSettings s = bundle.bundle().settings();
        NormalSampler sampler = new NormalSampler(seed);
        int samples = bundle.inputs().sizes(1, 1, bundle.inputs().capacity()).get("Q");
        TensorDescription episodes = bundle.bundle()
                .graphs()
                .get(BundleGraph.ENCODER.label())
                .inputs()
                .get(0);
        List<Case> cases = new ArrayList<>();
        for (Map<String, Integer> sizes : List.of(
                bundle.inputs().sizes(1, samples, samples), bundle.inputs().sizes(3, 2, 2))) {
            int b = sizes.get("B");
            int t = sizes.get("T");
            List<Tensor> inputs = List.of(
                    images(0, CaseInputs.shape(episodes, sizes)).named(KanervaRuntime.EPISODES),
                    CaseInputs.normal(sampler, b, t, s.keys(), 3).named(KanervaRuntime.KEY_NOISE),
                    CaseInputs.normal(sampler, b, t, s.latent()).named(KanervaRuntime.LATENT_NOISE));
            cases.add(bundle.inputs()
                    .of(
                            "pipeline",
                            bundle.folder(),
                            CaseInputs.label(sizes),
                            inputs,
                            reference,
                            BundleBudget.pipeline(bundle.bundle())));
        }
        return cases;
    }

    /** Images from an index on, [B, T, Cx, Hx, Wx]. */
    private Tensor images(int first, long[] shape) {
        int count = Math.toIntExact(shape[0] * shape[1]);
        return Tensor.of(SampleImages.asSeen(reference.model().settings(), images, first, count), shape);
    }

    /** [B, Q, K, 3]: read q is near sample q mod T's pointer if q is even, and the noise itself if q is odd. */
    private Tensor keys(Tensor pointers, Tensor noise, int memoryHeight) {
        float[] written = pointers.floats();
        float[] keys = bundle.inputs().dereferenced(noise, memoryHeight).floats();
        boolean named = bundle.bundle().settings().grows();
        int reads = (int) noise.shape()[1];
        int samples = (int) pointers.shape()[1];
        int key = (int) (noise.shape()[2] * noise.shape()[3]);
        for (int i = 0; i < keys.length; i++) {
            int q = i / key % reads;
            int sample = i / key / reads * samples + q % samples;
            float offset = named && i % 3 > 0 ? 0 : 0.1f * keys[i];
            keys[i] = q % 2 == 0 ? written[sample * key + i % key] + offset : keys[i];
        }
        return Tensor.of(keys, noise.shape());
    }
}
