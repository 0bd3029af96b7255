package io.kanerva.tools.command.verify;

import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.tools.command.Subcommand;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The accepted difference between outputs and their expected values. */
final class ToleranceOptions {
    @Option(
            names = "--atol",
            paramLabel = "X",
            order = 13,
            description = "Absolute tolerance of floating-point outputs. Default: by the precision of each output.")
    private Double absolute;

    @Option(
            names = "--rtol",
            paramLabel = "X",
            order = 14,
            description =
                    "Relative tolerance, added to the absolute one. Default: the same; for a suite at least 1e-3.")
    private Double relative;

    /** The tolerance given, if any. */
    Optional<Tolerance> tolerance(Subcommand command) {
        return absolute == null && relative == null
                ? Optional.empty()
                : Optional.of(
                        Tolerance.elements(value(command, "--atol", absolute), value(command, "--rtol", relative)));
    }

    private static double value(Subcommand command, String option, Double value) {
        if (value != null && !(value >= 0)) {
            throw command.usage(
                    "Invalid value for option '%s': expected at least 0, found %s".formatted(option, value));
        }
        return value == null ? 0 : value;
    }
}
