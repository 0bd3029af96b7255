package io.kanerva.tools.command;

import io.kanerva.tools.terminal.Terminal;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every subcommand has: a place for its results, a terminal for everything else. */
public abstract class Subcommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** Does the work; what it throws becomes one sentence and exit code 1. */
    protected abstract void run() throws Exception;

    @Override
    public final Integer call() throws Exception {
        run();
        out().flush();
        return 0;
    }

    /** Where results go. */
    public final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Where progress goes. */
    public final Terminal terminal() {
        return Terminal.of(spec.commandLine().getErr());
    }

    /** Prints one line of results, with a dot as the decimal point. */
    public final void print(String pattern, Object... values) {
        out().println(String.format(Locale.ROOT, pattern, values));
    }

    /**
     * What was typed, for the record: {@code kpp} and its arguments, quoted so that a shell takes them as they were.
     */
    public final String commandText() {
        return "kpp "
                + spec.root().commandLine().getParseResult().originalArgs().stream()
                        .map(Subcommand::quoted)
                        .collect(Collectors.joining(" "));
    }

    /** An argument as a shell takes it. */
    public static String quoted(String argument) {
        return argument.matches("[\\w@%+=:,./-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    /** A standard error in words, or nothing where there is none because there was a single episode. */
    public static String plusMinus(String pattern, double standardError) {
        return Double.isNaN(standardError) ? "" : String.format(Locale.ROOT, pattern, standardError);
    }

    /** The command line was understood but makes no sense: exit code 2. */
    public final ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
