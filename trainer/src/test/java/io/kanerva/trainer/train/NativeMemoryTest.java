package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class NativeMemoryTest {
    @TempDir
    Path folder;

    /** A step's graph takes about 700 kB: kept, those of 200 steps would make 140 MB. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void theProcessDoesNotGrowWithStepsAndEvaluations() {
        TestEpisodes episodes = new TestEpisodes(TinyModels.rectangles(80, 121), Binarisation.FIXED, 8, 122);
        List<Long> resident = new ArrayList<>();
        try (TrainingRun run = TinyRuns.start(TinyRuns.plan(TinyModels.heap(), 600), folder)) {
            run.train(step -> {
                if (step.step() % 100 == 0) {
                    CleanBound.evaluate(run.model(), episodes, NoiseSource.seeded(123), 8, done -> {});
                    System.gc();
                    resident.add(residentKilobytes());
                }
            });
        }
        // Not from the first: until then the caches of engine and allocator fill, and Java's heap finds its size.
        long early = Math.min(resident.get(1), resident.get(2));
        long late = Math.min(resident.get(4), resident.get(5));
        assertThat(late - early)
                .as("growth in kB; resident every 100 steps: %s", resident)
                .isLessThan(60_000);
    }

    private static long residentKilobytes() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
