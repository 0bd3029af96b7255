package io.kanerva.trainer.model;

import ai.djl.ndarray.types.Shape;

/**
 * Writes an episode's content into one memory. In: the content of an {@link EncoderOutput}. Out: memory [B, C, H, W]
 * and pointers [B, T, K, 3], the keys under which each sample was written. Feed-forward and deterministic: M is a Dirac
 * delta, except for {@link ChargedWriter}, whose memory is the parameters of q(M | X).
 */
public abstract sealed class MemoryWriter extends KanervaBlock
        permits HeapWriter, WindowWriter, PooledWriter, ChargedWriter, NoWriter {

    MemoryWriter(KanervaSettings settings) {
        super(settings);
    }

    static MemoryWriter of(KanervaSettings settings) {
        return switch (settings.writer()) {
            case HEAP ->
                settings.addressing() == KeyAddressing.DEREFERENCED
                        ? new HeapWriter(settings)
                        : new WindowWriter(settings);
            case POOLED -> new PooledWriter(settings);
            case CHARGED -> new ChargedWriter(settings);
            case NONE -> new NoWriter(settings);
        };
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
        long b = inputShapes[0].get(0);
        long t = inputShapes[0].get(1);
        int height = settings.memoryHeight(t);
        MapShape memory = new MapShape(
                (settings.charged() ? 2 : 1) * settings.memory().channels(),
                height,
                settings.memory().width());
        return new Shape[] {memory.shape(b), new Shape(b, t, settings.keys(), KeySpace.KEY)};
    }
}
