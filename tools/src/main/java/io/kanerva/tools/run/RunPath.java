package io.kanerva.tools.run;

import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;

/** The value of {@code --run}: the folder of a run, which stands for its last checkpoint, or a checkpoint file. */
public final class RunPath {
    private RunPath() {}

    /**
     * Reads the checkpoint.
     *
     * @throws io.kanerva.trainer.train.CheckpointException if it is missing or corrupt
     */
    public static Checkpoint checkpoint(Path run) {
        return Checkpoint.read(Files.isRegularFile(run) ? run : run.resolve(TrainingRun.CHECKPOINT));
    }

    /** The run's folder. */
    public static Path folder(Path run) {
        return Files.isRegularFile(run) ? run.toAbsolutePath().getParent() : run;
    }
}
