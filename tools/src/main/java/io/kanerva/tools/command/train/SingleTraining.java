package io.kanerva.tools.command.train;

import ai.djl.Device;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.LearningDevice;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.CommandRecord;
import io.kanerva.tools.run.Interruption;
import io.kanerva.tools.run.RunReporter;
import io.kanerva.tools.run.TrainingProgress;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Trains runs one after the other on the same images and devices. */
final class SingleTraining {
    private final Subcommand command;
    private final Images images;
    private final List<Device> devices;
    private final Optional<Checkpoint> from;
    private final Interruption interruption;
    private boolean hasBest;

    /** @param from whose weights new runs start with, if any */
    SingleTraining(
            Subcommand command,
            Images images,
            List<Device> devices,
            Optional<Checkpoint> from,
            Interruption interruption) {
        this.command = command;
        this.images = images;
        this.devices = devices;
        this.from = from;
        this.interruption = interruption;
    }

    /** Trains one run to its end or until it is interrupted; returns whether it is finished. */
    boolean train(TrainingPlan plan, Path place, boolean resumes) {
        if (!resumes && Files.exists(place.resolve(TrainingRun.CHECKPOINT))) {
            throw new Failure(
                    "%s: expected no run there yet, found %s: resume it with --resume, or choose another folder"
                            .formatted(place, TrainingRun.CHECKPOINT));
        }
        try (TrainingRun run = resumes
                ? TrainingProgress.resume(place, images, devices)
                : command.possible(
                        () -> TrainingProgress.start(plan, place, images, devices, from, command.terminal()))) {
            interruption.stops(run);
            command.terminal()
                    .line(("%s: %,d images, %,d parameters, %d episodes of T = %d per step, %s writer, memory of "
                                    + "%,d floats, on %s")
                            .formatted(
                                    plan.data(),
                                    images.count(),
                                    run.model().parameterCount(),
                                    plan.episodes(),
                                    plan.episodeLength(),
                                    plan.settings().writer().toString().toLowerCase(Locale.ROOT),
                                    plan.settings().memoryFloats(),
                                    LearningDevice.names(devices)));
            if (!resumes) {
                CommandRecord.write(place, command.commandText());
            }
            RunReporter reporter =
                    new RunReporter(run, place, CommandRecord.read(place).command(), images, System::nanoTime);
            TrainingProgress.train(run, command.terminal(), reporter);
            reporter.finish();
            command.print(
                    "run        %s: %,d of %,d steps in %s",
                    place, run.stepsDone(), plan.steps(), Progress.duration(run.seconds()));
            hasBest = run.best().isPresent();
            run.best()
                    .ifPresent(best -> command.print(
                            "best       step %,d: %.3f nats per image on the validation images%s",
                            best.step(),
                            best.bound(),
                            run.endedEarly()
                                    ? "; ended early, %d scores later"
                                            .formatted(plan.validation().patience())
                                    : ""));
            command.print("page       %s", place.resolve(RunReporter.FILE));
            return run.isFinished();
        }
    }

    /** Whether the last run has a best checkpoint besides the last one. */
    boolean hasBest() {
        return hasBest;
    }
}
