package io.kanerva.tools.command.experiment;

import io.kanerva.tools.command.Subcommand;
import picocli.CommandLine.Command;

/** {@code kpp experiment}: measures of a trained memory besides its bound. */
@Command(
        name = "experiment",
        header = "Measure what a memory does, besides its bound, and what it costs.",
        description =
                "Each experiment prints its results together with their setting; the same seed gives the same results.",
        footer = {
            "  kpp experiment generation --bundle runs/mnist/bundle --data ~/data",
            "  kpp experiment held-out --run runs/mnist --data ~/data"
        },
        subcommands = {
            GenerationCommand.class,
            IterationsCommand.class,
            InterpolationCommand.class,
            OneShotCommand.class,
            MemoryBitsCommand.class,
            ChargedMemoryCommand.class,
            HeldOutCommand.class
        })
public final class ExperimentCommand extends Subcommand {
    @Override
    protected void run() {
        throw usage("Expected a command, generation, iterations, interpolation, one-shot, memory-bits, "
                + "charged-memory or held-out, found none");
    }
}
