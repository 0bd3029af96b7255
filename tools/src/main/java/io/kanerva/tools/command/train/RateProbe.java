package io.kanerva.tools.command.train;

import ai.djl.Device;
import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.TrainingProgress;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.CurveFile;
import io.kanerva.trainer.train.ProcessMemory;
import io.kanerva.trainer.train.RateFinder;
import io.kanerva.trainer.train.StepMetrics;
import io.kanerva.trainer.train.TrainingListener;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Short runs in a folder of their own, before a long one. */
final class RateProbe {
    /** Steps of the run that finds a rate. */
    static final int STEPS = 120;

    private static final int ESTIMATE_STEPS = 5;

    private final Subcommand command;
    private final TrainingPlan plan;
    private final Images images;
    private final List<Device> devices;
    private final Optional<Checkpoint> from;

    RateProbe(Subcommand command, TrainingPlan plan, Images images, List<Device> devices, Optional<Checkpoint> from) {
        this.command = command;
        this.plan = plan;
        this.images = images;
        this.devices = devices;
        this.from = from;
    }

    /** Prints how long the run would take and what it would need. */
    void estimate() throws IOException {
        List<Long> ends = new ArrayList<>();
        try (TemporaryFolder scratch = new TemporaryFolder("kpp-estimate")) {
            TrainingPlan few = plan.with(
                    "steps=" + Math.min(ESTIMATE_STEPS, plan.steps()), "validation.images=0", "validation.patience=0");
            train(few, scratch.path(), step -> ends.add(System.nanoTime()));
            // The first step also loads the engine's code.
            double step =
                    ends.size() < 2 ? Double.NaN : (ends.get(ends.size() - 1) - ends.get(0)) / 1e9 / (ends.size() - 1);
            double peak = ProcessMemory.peakBytes();
            long checkpoint = Files.size(scratch.path().resolve(TrainingRun.CHECKPOINT));
            int kept = plan.keepCheckpoints() + (plan.validation().images() > 0 ? 2 : 1);
            command.print(
                    "time       %s for %,d steps of %.2f s each, without validation",
                    Progress.duration(step * plan.steps()), plan.steps(), step);
            command.print(
                    "memory     %s",
                    Double.isNaN(peak) ? "unknown on this system" : "%,.0f MB so far".formatted(peak / 1e6));
            command.print("disk       %,.0f MB for %d checkpoints", kept * checkpoint / 1e6, kept);
        }
    }

    /** Prints the rate that a short run proposes. */
    void find() throws IOException {
        try (TemporaryFolder scratch = new TemporaryFolder("kpp-rate")) {
            TrainingPlan rising = plan.with(
                    "steps=" + STEPS,
                    "warmup=0",
                    "learningRate=1",
                    "schedule=rising",
                    "logEvery=1",
                    "validation.images=0",
                    "validation.patience=0");
            boolean diverged = false;
            try {
                train(rising, scratch.path(), step -> {});
            } catch (Failure e) {
                diverged = true;
                command.terminal().line("rate       " + e.getMessage());
            }
            List<StepMetrics> rows = CurveFile.metrics(scratch.path().resolve(TrainingRun.METRICS))
                    .read();
            double rate = RateFinder.propose(rows, diverged);
            for (int i = 9; i < rows.size(); i += 10) {
                command.print(
                        "  %.1e %12.2f nats",
                        rows.get(i).learningRate(), rows.get(i).bound());
            }
            command.print(
                    "rate       %.1e, a tenth of the rate at which the bound rises; the plan has %.1e",
                    rate, plan.learningRate());
        } catch (IllegalArgumentException e) {
            throw new Failure("--find-rate: " + e.getMessage(), e);
        }
    }

    private void train(TrainingPlan few, Path place, TrainingListener listener) {
        try (TrainingRun run =
                command.possible(() -> TrainingProgress.start(few, place, images, devices, from, command.terminal()))) {
            TrainingProgress.train(run, command.terminal(), listener);
        }
    }
}
