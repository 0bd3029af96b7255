package io.kanerva.tools.bundle;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.tools.image.Damage;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Counts the samples of test episodes that are found by content. */
public final class RecallAccuracy {
    private RecallAccuracy() {}

    /**
     * The share of all samples that are found by content with damaged copies of themselves as queries.
     *
     * @param fraction fraction of the pixels that are replaced by 0 or 1 at random
     * @param seed seed of the damage
     * @param progress called with the number of episodes done
     * @return from 0 to 1
     */
    public static double of(Kanerva kanerva, TestEpisodes episodes, double fraction, long seed, IntConsumer progress) {
        long found = 0;
        for (int e = 0; e < episodes.count(); e++) {
            Pictures episode = Pictures.of(episodes, e);
            Memory memory = kanerva.write(episode.tensor());
            Pictures queries = Damage.saltAndPepper(episode, fraction, seed + e);
            int[] samples = kanerva.lookUp(memory, queries.tensor()).samples();
            found += IntStream.range(0, samples.length)
                    .filter(i -> samples[i] == i)
                    .count();
            progress.accept(e + 1);
        }
        return found / (double) (episodes.count() * episodes.length());
    }
}
