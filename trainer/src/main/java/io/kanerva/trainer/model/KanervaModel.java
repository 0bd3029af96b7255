package io.kanerva.trainer.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A K++ model: four blocks and their parameters. It owns its parameters' native memory; {@link #close} frees it. Arrays
 * that a pass creates belong to the manager of its images.
 */
public final class KanervaModel implements AutoCloseable {
    private final KanervaSettings settings;
    private final NDManager manager;
    private final ParameterStore store;
    private final Encoder encoder;
    private final MemoryWriter writer;
    private final Reader reader;
    private final Decoder decoder;
    private final KeyPosterior keyPosterior;

    /**
     * A model with fresh weights.
     *
     * @param device where the parameters live, for example {@code Device.cpu()}
     * @param seed of the weights: the same seed gives the same model
     */
    public KanervaModel(KanervaSettings settings, Device device, long seed) {
        this.settings = settings;
        manager = NDManager.newBaseManager(device, "PyTorch");
        store = new ParameterStore(manager, false);
        encoder = Encoder.of(settings);
        writer = MemoryWriter.of(settings);
        reader = new Reader(settings);
        decoder = Decoder.of(settings);
        keyPosterior = new KeyPosterior(settings);
        SplittableRandom random = new SplittableRandom(seed);
        blocks().values().forEach(block -> {
            for (Parameter parameter : block.getParameters().values()) {
                if (parameter.getType() == Parameter.Type.WEIGHT && parameter.getInitializer() != Initializer.ZEROS) {
                    parameter.setInitializer((on, shape, type) -> heNormal(random, on, shape));
                }
            }
            block.initialize(manager);
        });
    }

    /**
     * Normal weights [out, in, ...] of variance 2 / fan-in (He et al. 2015), drawn from Java's own generator rather
     * than the engine's, so that a seed fixes the model whatever ran before in the process.
     */
    private static NDArray heNormal(RandomGenerator random, NDManager manager, Shape shape) {
        float[] weights = new float[Math.toIntExact(shape.size())];
        double deviation = Math.sqrt(2.0 / (shape.size() / (double) shape.get(0)));
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (random.nextGaussian() * deviation);
        }
        // An array made from Java values shares their buffer, which is not aligned for the engine's kernels: weights
        // get their own memory.
        try (NDArray shared = manager.create(weights, shape)) {
            return shared.duplicate();
        }
    }

    /** The settings that this model was made with. */
    public KanervaSettings settings() {
        return settings;
    }

    /** Images to content, key posterior and latent posterior. */
    public Encoder encoder() {
        return encoder;
    }

    /** Content to memory and pointers. */
    public MemoryWriter writer() {
        return writer;
    }

    /** Memory and keys to traces and latent prior. */
    public Reader reader() {
        return reader;
    }

    /** Latent and traces to the image distribution's parameters. */
    public Decoder decoder() {
        return decoder;
    }

    /** The manager that owns the parameters; a pass's input is created on it. */
    public NDManager manager() {
        return manager;
    }

    /** All parameters by name, {@code encoder/01patches_weight} and so on, in a fixed order. */
    public Map<String, Parameter> parameters() {
        Map<String, Parameter> all = new LinkedHashMap<>();
        blocks().forEach((name, block) ->
                block.getParameters().forEach(pair -> all.put(name + "/" + pair.getKey(), pair.getValue())));
        return all;
    }

    /**
     * Parameters of layers whose outputs are multiplied by fixed factors in every pass, by their names, each with a
     * factor for every output. An exported graph has the product in their place.
     */
    public Map<String, float[]> factors() {
        Map<Parameter, float[]> factors = new HashMap<>(encoder.factors());
        factors.putAll(decoder.factors());
        Map<String, float[]> named = new LinkedHashMap<>();
        parameters().forEach((name, parameter) -> {
            if (factors.containsKey(parameter)) {
                named.put(name, factors.get(parameter));
            }
        });
        return named;
    }

    /** The total number of values in all parameters. */
    public long parameterCount() {
        return parameters().values().stream()
                .mapToLong(parameter -> parameter.getShape().size())
                .sum();
    }

    /**
     * Runs one block outside training.
     *
     * @param block one of this model's four
     * @param inputs as the block's own documentation says
     */
    public NDList run(Block block, NDArray... inputs) {
        return block.forward(store, new NDList(inputs), false);
    }

    /** Encodes images [B, T, Cx, Hx, Wx]. */
    public EncoderOutput encode(NDArray images, boolean training) {
        return EncoderOutput.of(encoder.forward(store, new NDList(images), training));
    }

    /** Writes {@link EncoderOutput#content}. */
    public WriterOutput write(NDArray content, boolean training) {
        return WriterOutput.of(writer.forward(store, new NDList(content), training));
    }

    /**
     * The memory that was written, [B, C, H, W]; the mean of a charged one, of which only the parameters are written.
     */
    public NDArray memory(WriterOutput written) {
        return settings.charged() ? ChargedWriter.mean(written.memory()) : written.memory();
    }

    /** Reads memories [B, C, H, W] at keys [B, Q, K, 3]. */
    public ReaderOutput read(NDArray memory, NDArray keys, boolean training) {
        return ReaderOutput.of(reader.forward(store, new NDList(memory, keys), training));
    }

    /** The parameters of the images' distribution, [B, Q, P, Hx, Wx], outside training. */
    public NDArray decode(NDArray latent, NDArray traces) {
        return run(decoder, latent, traces).singletonOrThrow();
    }

    /**
     * Writes episodes and reads every sample back at keys and latents drawn from its posterior.
     *
     * @param images [B, T, Cx, Hx, Wx]: zeros and ones, or k / 255, depending on the likelihood
     * @param keyNoise [B, T, K, 3], standard normal; [B, C, H, W], the memory's, if that is charged
     * @param latentNoise [B, T, D], standard normal
     * @param training whether gradients will be needed
     * @return the bound's terms of each sample
     */
    public ElboTerms pass(NDArray images, NDArray keyNoise, NDArray latentNoise, boolean training) {
        EncoderOutput encoded = encode(images, training);
        return readBack(images, encoded, write(encoded.content(), training), keyNoise, latentNoise, training);
    }

    /** The second half of {@link #pass}: from the encoder's and the writer's outputs on. Q = T here. */
    public ElboTerms readBack(
            NDArray images,
            EncoderOutput q,
            WriterOutput written,
            NDArray keyNoise,
            NDArray latentNoise,
            boolean training) {
        if (settings.charged()) {
            return readCharged(images, q, written, keyNoise, latentNoise, training);
        }
        NDArray pointers = written.pointers();
        int cells = cells(written.memory());
        NDArray keys = sampleKeys(q, written, keyNoise);
        ReaderOutput prior = read(written.memory(), keys, training);
        NDArray latent = sampleLatent(q, latentNoise);
        NDArray reconstruction = decoder.negativeLogLikelihood(store, latent, prior.traces(), images, training);
        NDArray klLatent = divergence(
                        q.latentMean(), q.latentLogVariance(), prior.priorMean(), prior.priorLogVariance())
                .sum(new int[] {2});
        NDArray logWeight = null;
        if (!training) {
            NDArray latentRatio = logDensity(latent, prior.priorMean(), prior.priorLogVariance())
                    .sub(logDensity(latent, q.latentMean(), q.latentLogVariance()))
                    .sum(new int[] {2});
            logWeight = reconstruction
                    .neg()
                    .add(latentRatio)
                    .add(keyPosterior.logRatio(pointers, q.keyMean(), q.keyLogVariance(), keyNoise, cells));
        }
        return new ElboTerms(
                reconstruction,
                keyPosterior.divergence(pointers, q.keyMean(), q.keyLogVariance(), cells),
                klLatent,
                klLatent.zerosLike(),
                logWeight);
    }

    /**
     * The bound of images whose memory is charged: ln p(X) >= sum_t E_q [ln p(x_t | z_t, M) - KL(q(z_t | x_t, M) ||
     * p(z_t | M))] - KL(q(M | X) || p(M)). The posterior of a latent reads the memory, too: its mean is what the image
     * says plus what the memory says, and its variance is relative to the prior's, so q(Z | X, M) begins as the prior.
     *
     * @param noise [B, C, h, w], the memory's
     */
    private ElboTerms readCharged(
            NDArray images,
            EncoderOutput q,
            WriterOutput written,
            NDArray noise,
            NDArray latentNoise,
            boolean training) {
        NDArray memory = written.memory();
        float share = 1f / written.pointers().getShape().get(1);
        ReaderOutput prior = read(ChargedWriter.sample(memory, noise), written.pointers(), training);
        NDArray mean = q.latentMean().add(prior.posteriorShift());
        NDArray logVariance = q.latentLogVariance().add(prior.priorLogVariance());
        NDArray latent = mean.add(Constant.scale(logVariance, 0.5).exp().mul(latentNoise));
        NDArray reconstruction = decoder.negativeLogLikelihood(store, latent, prior.traces(), images, training);
        NDArray klMemory =
                Constant.scale(ChargedWriter.divergence(memory), share).broadcast(reconstruction.getShape());
        NDArray klLatent = divergence(mean, logVariance, prior.priorMean(), prior.priorLogVariance())
                .sum(new int[] {2});
        NDArray logWeight = null;
        if (!training) {
            NDArray latentRatio = logDensity(latent, prior.priorMean(), prior.priorLogVariance())
                    .sub(logDensity(latent, mean, logVariance))
                    .sum(new int[] {2});
            logWeight =
                    latentRatio.sub(reconstruction).add(Constant.scale(ChargedWriter.logRatio(memory, noise), share));
        }
        return new ElboTerms(reconstruction, reconstruction.zerosLike(), klLatent.add(klMemory), klMemory, logWeight);
    }

    /**
     * The bound of images that were not written, in a memory whose blocks can be read for their gist. The posterior of
     * the key is not the encoder's: q(Y | X, M) names each written sample with a probability proportional to
     * exp(-KL(q(Z | X) || p(Z | M, Y))), which is optimal, since the decoder sees nothing of the block. The bound sums
     * over all written samples, so the key needs no noise.
     *
     * @param images [B, Q, Cx, Hx, Wx]
     * @param q the encoder's output for them
     * @param written the writer's output for the T images that were written
     * @param latentNoise [B, Q, D], standard normal
     * @throws IllegalStateException if this model reads no gist
     */
    public ElboTerms readGist(
            NDArray images, EncoderOutput q, WriterOutput written, NDArray latentNoise, boolean training) {
        if (!settings.gist()) {
            throw new IllegalStateException(
                    "model settings: expected gist = true to read a block for its gist, found false");
        }
        NDArray mean = q.latentMean();
        NDArray logVariance = q.latentLogVariance();
        NDArray pointers = written.pointers();
        NDArray gist = pointers.get("..., 0:1").neg().concat(pointers.get("..., 1:"), -1);
        ReaderOutput read = read(written.memory(), gist, training);
        // [B, 1, T, D] against [B, Q, 1, D].
        NDArray priorMean = read.priorMean().expandDims(1);
        NDArray priorLogVariance = read.priorLogVariance().expandDims(1);
        NDArray divergences = divergence(mean.expandDims(2), logVariance.expandDims(2), priorMean, priorLogVariance)
                .sum(new int[] {3});
        NDArray logChosen = divergences.neg().logSoftmax(2);
        NDArray chosen = logChosen.exp();
        float naming = keyPosterior.naming(cells(written.memory()));
        NDArray latent = sampleLatent(q, latentNoise);
        Shape blocks =
                settings.blockShape(images.getShape().get(0), images.getShape().get(1));
        NDArray reconstruction =
                decoder.negativeLogLikelihood(store, latent, images.getManager().zeros(blocks), images, training);
        NDArray logWeight = null;
        if (!training) {
            NDArray joint = logDensity(latent.expandDims(2), priorMean, priorLogVariance)
                    .sum(new int[] {3});
            // ln sum_t exp(joint_t), which DJL lacks: any entry less its log-softmax.
            NDArray prior =
                    joint.get("..., 0").sub(joint.logSoftmax(2).get("..., 0")).sub(naming);
            logWeight = reconstruction
                    .neg()
                    .add(prior)
                    .sub(logDensity(latent, mean, logVariance).sum(new int[] {2}));
        }
        return new ElboTerms(
                reconstruction,
                chosen.mul(logChosen).sum(new int[] {2}).add(naming),
                chosen.mul(divergences).sum(new int[] {2}),
                reconstruction.zerosLike(),
                logWeight);
    }

    private int cells(NDArray memory) {
        return settings.cells(memory.getShape().get(2));
    }

    /**
     * Turns keys from the prior N(0, I) into keys that a reader takes: {@code (scale, column, row)} of slots of these
     * memories [B, C, H, W] if keys are dereferenced, else the keys themselves; [B, N, K, 3].
     */
    public NDArray dereference(NDArray keys, NDArray memory) {
        if (settings.addressing() == KeyAddressing.CONTINUOUS) {
            return keys;
        }
        Shape shape = keys.getShape();
        return new KeySpace(settings)
                .dereference(
                        keys.reshape(shape.get(0), shape.get(1) * shape.get(2), KeySpace.KEY),
                        settings.slotRows(memory.getShape().get(2)))
                .reshape(shape);
    }

    /** Keys drawn from their posterior for standard normal noise; both [B, T, K, 3]. */
    public NDArray sampleKeys(EncoderOutput q, WriterOutput written, NDArray noise) {
        return keyPosterior.sample(written.pointers(), q.keyMean(), q.keyLogVariance(), noise);
    }

    /** Latents drawn from their posterior for standard normal noise; both [B, T, D]. */
    private static NDArray sampleLatent(EncoderOutput q, NDArray noise) {
        return q.latentMean()
                .add(Constant.scale(q.latentLogVariance(), 0.5).exp().mul(noise));
    }

    /** KL(N(mean, exp(logVariance)) || N(priorMean, exp(priorLogVariance))), element by element. */
    private static NDArray divergence(NDArray mean, NDArray logVariance, NDArray priorMean, NDArray priorLogVariance) {
        NDArray difference = mean.sub(priorMean);
        return Constant.scale(
                logVariance
                        .sub(priorLogVariance)
                        .exp()
                        .add(difference.square().mul(priorLogVariance.neg().exp()))
                        .sub(1f)
                        .add(priorLogVariance)
                        .sub(logVariance),
                0.5);
    }

    /** ln N(x; mean, exp(logVariance)) without the constant, which cancels in every ratio. */
    static NDArray logDensity(NDArray x, NDArray mean, NDArray logVariance) {
        return Constant.scale(x.sub(mean).square().mul(logVariance.neg().exp()).add(logVariance), -0.5);
    }

    @Override
    public void close() {
        manager.close();
    }

    private Map<String, KanervaBlock> blocks() {
        Map<String, KanervaBlock> blocks = new LinkedHashMap<>();
        blocks.put("encoder", encoder);
        blocks.put("writer", writer);
        blocks.put("reader", reader);
        blocks.put("decoder", decoder);
        return blocks;
    }
}
