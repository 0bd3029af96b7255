package io.kanerva.trainer.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Copies of a run's checkpoints, {@code step-000000500.ckpt}, of which a number is kept. */
final class KeptCheckpoints {
    private static final String NAME = "step-%09d.ckpt";

    private KeptCheckpoints() {}

    /** Copies the last checkpoint and deletes the oldest copies, so that {@code count} remain. */
    static void keep(Path folder, int step, int count) {
        if (count == 0) {
            return;
        }
        try {
            for (Path unfinished : files(folder, "step-\\d{9}\\.ckpt\\.tmp")) { // of a process that was killed
                Files.delete(unfinished);
            }
            AtomicFile.write(
                    folder.resolve(NAME.formatted(step)),
                    out -> Files.copy(folder.resolve(TrainingRun.CHECKPOINT), out));
            List<Path> copies = files(folder, "step-\\d{9}\\.ckpt");
            for (Path old : copies.subList(0, Math.max(0, copies.size() - count))) {
                Files.delete(old);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("%s: checkpoints cannot be kept (%s)".formatted(folder, e), e);
        }
    }

    /** Sorted by step. */
    private static List<Path> files(Path folder, String name) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches(name))
                    .sorted()
                    .toList();
        }
    }
}
