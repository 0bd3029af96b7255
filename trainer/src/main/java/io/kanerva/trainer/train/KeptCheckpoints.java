package io.kanerva.trainer.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
            Path copy = folder.resolve(NAME.formatted(step));
            Path temporary = folder.resolve(copy.getFileName() + ".tmp");
            Files.copy(folder.resolve(TrainingRun.CHECKPOINT), temporary, StandardCopyOption.REPLACE_EXISTING);
            Files.move(temporary, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            try (Stream<Path> files = Files.list(folder)) {
                List<Path> copies = files.filter(
                                file -> file.getFileName().toString().matches("step-\\d{9}\\.ckpt"))
                        .sorted()
                        .toList();
                for (Path old : copies.subList(0, Math.max(0, copies.size() - count))) {
                    Files.delete(old);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("%s: checkpoints cannot be kept (%s)".formatted(folder, e), e);
        }
    }
}
