package io.kanerva.tools.bundle;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.tools.image.Mosaic;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.EncoderOutput;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.ReaderOutput;
import io.kanerva.trainer.model.WriterOutput;
import java.util.List;

/**
 * The picture on a model card: bands of an episode, the images recalled from its memory, and images read at random
 * keys.
 */
public final class CardPicture {
    private static final int COLUMNS = 16;
    private static final int SCALE = 2;

    private CardPicture() {}

    /** Computes the picture of the first test episode with the model's DJL blocks, as a PNG. */
    public static byte[] png(KanervaModel model, TestEpisodes episodes, long seed) {
        return Mosaic.bands(rows(model, episodes, seed), COLUMNS).png(SCALE);
    }

    /** The first test episode, the images recalled from its memory, and images read at random keys; T pictures each. */
    public static List<Pictures> rows(KanervaModel model, TestEpisodes episodes, long seed) {
        return drawn(model, episodes, seed).rows();
    }

    /**
     * What a model makes of the first test episode.
     *
     * @param rows the episode, the images recalled from its memory, and images read at random keys; T pictures each
     * @param memory [C, H, W], empty without a memory
     */
    public record Drawn(List<Pictures> rows, float[] memory) {}

    /** Writes the first test episode and reads it back. */
    public static Drawn drawn(KanervaModel model, TestEpisodes episodes, long seed) {
        KanervaSettings s = model.settings();
        int length = episodes.length();
        Pictures episode = Pictures.of(episodes, 0);
        NoiseSource noise = NoiseSource.seeded(seed);
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.create(episode.values(), s.image().shape(1, length));
            EncoderOutput encoded = model.encode(images, false);
            WriterOutput written = model.write(encoded.content(), false);
            NDArray memory = model.memory(written);
            // The samples of a heap are at their pointers; without pointers, the encoder's key says where they are.
            NDArray ownKeys = written.pointers()
                    .add(s.slots().size() > 0 ? encoded.keyMean().mul(0) : encoded.keyMean());
            NDArray randomKeys =
                    scratch.create(noise.normals(0, length * s.keys() * 3), new Shape(1, length, s.keys(), 3));
            NDArray latentNoise =
                    scratch.create(noise.normals(1, length * s.latent()), new Shape(1, length, s.latent()));
            Pictures recalled = read(model, episode, memory, ownKeys, latentNoise.mul(0));
            Pictures generated = read(model, episode, memory, model.dereference(randomKeys, memory), latentNoise);
            return new Drawn(List.of(episode, recalled, generated), memory.toFloatArray());
        }
    }

    private static Pictures read(KanervaModel model, Pictures like, NDArray memory, NDArray keys, NDArray latentNoise) {
        ReaderOutput read = model.read(memory, keys, false);
        NDArray latent =
                read.priorMean().add(read.priorLogVariance().mul(0.5f).exp().mul(latentNoise));
        NDArray parameters = model.decode(latent, read.traces());
        return like.with(model.settings()
                .likelihood()
                .means(model.settings(), parameters)
                .toFloatArray());
    }
}
