package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.*;
import java.util.List;
import java.util.stream.IntStream;

/** The clean bound of episodes. */
public final class BoundCalls {

    private final Calls calls;

    BoundCalls(Calls calls) {
        this.calls = calls;
    }

    public BoundTerms bound(FloatTensor episodes, long seed) {
        int[] sizes = check(episodes);
        NormalSampler sampler = new NormalSampler(seed);
        FloatTensor keyNoise = calls.draw(Plan.BOUND, sampler, sizes[0], sizes[1], calls.settings.keys(), 3);
        return bound(episodes, keyNoise, calls.draw(Plan.BOUND, sampler, sizes[0], sizes[1], calls.settings.latent()));
    }

    private int[] check(FloatTensor episodes) {
        int[] sizes = calls.sessions.signature(ENCODER).check(episodes);
        calls.checkCapacity(sizes[1]);
        return sizes;
    }

    public BoundTerms bound(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        int[] sizes = check(episodes);
        Calls.checkShape("bound: keyNoise", keyNoise, sizes[0], sizes[1], calls.settings.keys(), 3);
        Calls.checkShape("bound: latentNoise", latentNoise, sizes[0], sizes[1], calls.settings.latent());
        // The samples of a heap that grows do not depend on each other, but for what naming one of their slots costs.
        List<FloatTensor> made = calls.inParts(sizes, calls.slots != null, part -> {
            try (Workspace workspace = calls.begin(Plan.BOUND, part.episodes(), part.count(), null)) {
                workspace.put(IMAGES, part.of(episodes));
                workspace.put(NOISE, part.of(latentNoise));
                if (calls.slots == null) {
                    workspace.put(KEY_NOISE, part.of(keyNoise));
                }
                workspace.run();
                FloatTensor klKeys = workspace.get(KL_KEYS);
                for (int i = 0; i < klKeys.size(); i++) {
                    klKeys.data()[i] += (float) (naming(sizes[1]) - naming(part.count()));
                }
                return List.of(workspace.get(RECONSTRUCTION), klKeys, workspace.get(KL_LATENT));
            }
        });
        return new BoundTerms(doubles(made.get(0)), doubles(made.get(1)), doubles(made.get(2)));
    }

    /** What naming the rows of a sample's slots costs in a memory of so many samples, in nats. */
    private double naming(int samples) {
        return calls.settings.keys() * Math.log(calls.settings.slotRows(calls.settings.memoryHeight(samples)));
    }

    private static double[] doubles(FloatTensor nats) {
        return IntStream.range(0, nats.size()).mapToDouble(i -> nats.data()[i]).toArray();
    }
}
