package io.kanerva.tools.command;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kpp completion}: the completion script for a shell. */
@Command(
        name = "completion",
        header = "Print the completion script for bash and zsh.",
        description = "Source it in the shell's startup file, and the tab key completes commands and options.",
        footer = "  source <(kpp completion)")
public final class CompletionCommand extends Subcommand {
    @Spec
    private CommandSpec spec;

    @Override
    protected void run() {
        out().print(AutoComplete.bash("kpp", spec.root().commandLine()));
    }
}
