package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.*;
import io.kanerva.runtime.math.Posterior;
import io.kanerva.runtime.math.Values;

/** The clean bound of episodes. */
public final class BoundCalls {

    private final Calls calls;
    private final WriteCalls writes;
    private final ReadCalls reads;

    BoundCalls(Calls calls, WriteCalls writes, ReadCalls reads) {
        this.calls = calls;
        this.writes = writes;
        this.reads = reads;
    }

    public BoundTerms bound(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        int[] sizes = calls.sessions.signature(ENCODER).check(episodes);
        calls.checkCapacity(sizes[1]);
        Calls.checkShape("bound: keyNoise", keyNoise, sizes[0], sizes[1], calls.settings.keys(), 3);
        Calls.checkShape("bound: latentNoise", latentNoise, sizes[0], sizes[1], calls.settings.latent());
        if (calls.slots != null && sizes[1] > calls.most()) {
            return boundOfLong(episodes, keyNoise, latentNoise);
        }
        if (sizes[0] == 1 || calls.fits(sizes)) {
            return boundChecked(episodes, keyNoise, latentNoise);
        }
        double[][] terms = new double[3][sizes[0] * sizes[1]];
        for (Part part : Part.of(sizes[0], sizes[1], calls.most(), false)) {
            BoundTerms made = boundChecked(part.of(episodes), part.of(keyNoise), part.of(latentNoise));
            int to = part.episode() * sizes[1];
            System.arraycopy(made.reconstruction(), 0, terms[0], to, made.samples());
            System.arraycopy(made.klKeys(), 0, terms[1], to, made.samples());
            System.arraycopy(made.klLatent(), 0, terms[2], to, made.samples());
        }
        return new BoundTerms(terms[0], terms[1], terms[2]);
    }

    /** Of episodes that are too long for one run. */
    private BoundTerms boundOfLong(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        int[] sizes = {episodes.dimension(0), episodes.dimension(1)};
        Encoding q = writes.encode(episodes);
        StoredMemory memory = writes.write(episodes);
        FloatTensor keys = calls.posterior.sample(q.keyMean(), q.keyLogVariance(), memory.pointers(), keyNoise);
        FloatTensor latent = Posterior.sampleLatent(q.latentMean(), q.latentLogVariance(), latentNoise);
        double[][] terms = new double[2][sizes[0] * sizes[1]];
        for (Part part : Part.of(sizes[0], sizes[1], calls.most(), true)) {
            Reading p = reads.read(part, memory, keys);
            FloatTensor logits = reads.decode(part.of(latent), p.traces());
            double[] reconstruction =
                    calls.settings.likelihood().negativeLogLikelihood(calls.settings, part.of(episodes), logits);
            double[] klLatent = Posterior.klLatent(part.of(q.latentMean()), part.of(q.latentLogVariance()), p);
            for (int row = 0; row < part.episodes(); row++) {
                int to = (part.episode() + row) * sizes[1] + part.first();
                System.arraycopy(reconstruction, row * part.count(), terms[0], to, part.count());
                System.arraycopy(klLatent, row * part.count(), terms[1], to, part.count());
            }
        }
        return new BoundTerms(
                finite("reconstruction", terms[0]),
                finite(
                        "KL of the keys",
                        klKeys(q, memory.pointers(), memory.memory().dimension(2))),
                finite("KL of the latents", terms[1]));
    }

    private double[] klKeys(Encoding q, FloatTensor pointers, int memoryHeight) {
        return calls.posterior.klKeys(q.keyMean(), q.keyLogVariance(), pointers, calls.settings.slotRows(memoryHeight));
    }

    private BoundTerms boundChecked(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        try (Workspace workspace = calls.begin(Plan.BOUND, episodes.dimension(0), episodes.dimension(1), null)) {
            workspace.put(IMAGES, episodes);
            workspace.run(ENCODER);
            workspace.run(MEMORY_WRITER);
            Encoding q = WriteCalls.encoding(workspace);
            FloatTensor pointers = workspace.get(POINTERS);
            FloatTensor keys = calls.posterior.sample(q.keyMean(), q.keyLogVariance(), pointers, keyNoise);
            calls.sessions.signature(READER).requireValues(KEYS, keys);
            workspace.put(KEYS, keys);
            workspace.run(READER);
            Reading p = ReadCalls.reading(workspace);
            reads.decode(workspace, Posterior.sampleLatent(q.latentMean(), q.latentLogVariance(), latentNoise));
            return new BoundTerms(
                    finite(
                            "reconstruction",
                            calls.settings
                                    .likelihood()
                                    .negativeLogLikelihood(calls.settings, episodes, workspace.get(LOGITS))),
                    finite("KL of the keys", klKeys(q, pointers, calls.settings.memoryHeight(episodes.dimension(1)))),
                    finite("KL of the latents", Posterior.klLatent(q.latentMean(), q.latentLogVariance(), p)));
        }
    }

    private static double[] finite(String term, double[] nats) {
        int first = Values.firstNotFinite(nats);
        if (first >= 0) {
            throw new InferenceException(
                    null, "bound: %s: expected finite nats, found %s for sample %d", term, nats[first], first);
        }
        return nats;
    }

    public BoundTerms bound(FloatTensor episodes, long seed) {
        int[] sizes = calls.sessions.signature(ENCODER).check(episodes);
        calls.checkCapacity(sizes[1]);
        NormalSampler sampler = new NormalSampler(seed);
        FloatTensor keyNoise = sampler.tensor(sizes[0], sizes[1], calls.settings.keys(), 3);
        return bound(episodes, keyNoise, sampler.tensor(sizes[0], sizes[1], calls.settings.latent()));
    }
}
