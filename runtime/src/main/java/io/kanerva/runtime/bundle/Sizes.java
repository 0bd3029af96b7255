package io.kanerva.runtime.bundle;

import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import java.util.stream.LongStream;

/** How large the tensors of a model are. */
public final class Sizes {

    private Sizes() {}

    /**
     * The largest number of values that the settings name for one sample: features of an image, a memory, an output.
     */
    public static long largest(ModelSettings settings) {
        Planes image = settings.image();
        long pixels = (long) image.height() * image.width();
        long features = Math.max(settings.width(), settings.likelihood().channels(settings));
        long blocks = (long) settings.keys() * settings.block().floats();
        // Blocks are placed along the memory's width first, then along its height.
        long wide = (long) settings.keys()
                * settings.block().channels()
                * settings.block().height()
                * settings.memory().width();
        return LongStream.of(
                        pixels * features,
                        pixels * image.channels(),
                        settings.memory().floats(),
                        blocks,
                        wide,
                        settings.latent())
                .max()
                .orElseThrow();
    }
}
