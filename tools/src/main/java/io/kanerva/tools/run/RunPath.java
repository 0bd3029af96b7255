package io.kanerva.tools.run;

import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@code --run} names: a run's folder, which stands for its last checkpoint, or any checkpoint file. */
public final class RunPath {
    private RunPath() {}

    /**
     * Reads the checkpoint.
     *
     * @throws io.kanerva.trainer.train.CheckpointException if there is none or it is damaged
     */
    public static Checkpoint checkpoint(Path run) {
        return Checkpoint.read(Files.isRegularFile(run) ? run : run.resolve(TrainingRun.CHECKPOINT));
    }

    /** The run's folder. */
    public static Path folder(Path run) {
        return Files.isRegularFile(run) ? run.toAbsolutePath().getParent() : run;
    }
}
