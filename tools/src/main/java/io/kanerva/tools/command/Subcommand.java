package io.kanerva.tools.command;

import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.terminal.PlainText;
import io.kanerva.tools.terminal.Terminal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Base of the subcommands: results go to standard output, everything else to the terminal. */
public abstract class Subcommand implements Callable<Integer> {
    /** How virtual machines say that the Java heap is too small; there are other kinds of memory. */
    private static final Pattern HEAP = Pattern.compile("heap space|GC overhead|array size");

    @Spec
    private CommandSpec spec;

    private boolean outputIsFile;

    /** Runs the subcommand; an exception becomes one sentence and exit code 1. */
    protected abstract void run() throws Exception;

    @Override
    public final Integer call() throws Exception {
        try {
            run();
        } catch (OutOfMemoryError e) { // of arrays, which are gone by now
            String message = String.valueOf(e.getMessage());
            throw new Failure(
                    HEAP.matcher(message).find()
                            ? ("expected a computation that fits into %d MiB of Java heap, found a larger one; "
                                            + "KPP_JAVA_OPTIONS=-Xmx8g makes it 8 GiB")
                                    .formatted(Runtime.getRuntime().maxMemory() >> 20)
                            : "expected enough memory and threads, found too few: " + message,
                    e);
        }
        out().flush();
        return 0;
    }

    /** The writer for results. */
    public final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** The terminal for progress. */
    public final Terminal terminal() {
        return Terminal.of(spec.commandLine().getErr());
    }

    /**
     * Checks before any work that an option's file can be written and is not another option's; if it is the standard
     * output, all lines go to standard error.
     *
     * @param file null where the option is left out
     * @param others other options and their files, which may be null
     */
    protected final void claim(String option, Path file, Map<String, Path> others) {
        if (file == null) {
            return;
        }
        OutputFile.requireWritable(file);
        others.forEach((name, other) -> {
            if (other != null && OutputFile.isOne(file, other)) {
                throw usage("Invalid value for option '%s': expected another file than that of %s, found '%s'"
                        .formatted(option, name, file));
            }
        });
        outputIsFile |= OutputFile.isStandardOutput(file);
    }

    /** Prints one line of results, with a dot as the decimal point. */
    public final void print(String pattern, Object... values) {
        PrintWriter writer = outputIsFile ? spec.commandLine().getErr() : out();
        writer.println(PlainText.of(String.format(Locale.ROOT, pattern, values)));
    }

    /** The command line as typed, quoted for a shell. */
    public final String commandText() {
        return "kpp "
                + spec.root().commandLine().getParseResult().originalArgs().stream()
                        .map(Subcommand::quoted)
                        .collect(Collectors.joining(" "));
    }

    /** An argument, quoted for a shell if necessary. */
    public static String quoted(String argument) {
        return argument.matches("[\\w@%+=:,./-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    /** Formats a standard error; empty for NaN, the standard error of a single episode. */
    public static String plusMinus(String pattern, double standardError) {
        return Double.isNaN(standardError) ? "" : String.format(Locale.ROOT, pattern, standardError);
    }

    /**
     * Fails if anything was found.
     *
     * @param problems one sentence each; the message is the first, and how many more {@code things} there are
     */
    public static void requireNone(List<String> problems, String things) {
        if (!problems.isEmpty()) {
            throw new Failure(problems.get(0)
                    + (problems.size() > 1 ? " (and %d more %s)".formatted(problems.size() - 1, things) : ""));
        }
    }

    /** What settings, images and devices make impossible is an error in the command line: nothing was done yet. */
    public final <T> T possible(Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }

    /** An error in the command line, reported with exit code 2. */
    public final ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
