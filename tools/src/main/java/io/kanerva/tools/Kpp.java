package io.kanerva.tools;

import io.kanerva.runtime.KanervaException;
import io.kanerva.tools.command.CompletionCommand;
import io.kanerva.tools.command.data.DataCommand;
import io.kanerva.tools.command.experiment.ExperimentCommand;
import io.kanerva.tools.command.export.ExportCommand;
import io.kanerva.tools.command.export.RenewCommand;
import io.kanerva.tools.command.export.VariantCommand;
import io.kanerva.tools.command.memory.GenerateCommand;
import io.kanerva.tools.command.memory.InfoCommand;
import io.kanerva.tools.command.memory.RecallCommand;
import io.kanerva.tools.command.memory.WriteCommand;
import io.kanerva.tools.command.onnx.OnnxCommand;
import io.kanerva.tools.command.play.PlayCommand;
import io.kanerva.tools.command.quickstart.QuickstartCommand;
import io.kanerva.tools.command.train.CompareCommand;
import io.kanerva.tools.command.train.EvaluateCommand;
import io.kanerva.tools.command.train.SweepCommand;
import io.kanerva.tools.command.train.TrainCommand;
import io.kanerva.tools.command.verify.VerifyCommand;
import io.kanerva.tools.terminal.PlainText;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.train.CheckpointException;
import java.io.PrintWriter;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code kpp} command line.
 *
 * <p>Results go to standard output, everything else to standard error. Exit codes: 0 success; 1 failure; 2 an error in
 * the command line. A failure is one sentence on standard error.
 */
@Command(
        name = "kpp",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        header = "Kanerva++: generative memories that are trained in Java and run everywhere through ONNX.",
        description = "Start with 'kpp quickstart': it trains a small model, exports and checks it, and shows what it "
                + "remembers.",
        footer = {"  kpp quickstart", "  kpp recall --help"},
        usageHelpAutoWidth = true,
        sortOptions = false,
        sortSynopsis = false,
        synopsisHeading = "%nUsage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExample:%n",
        subcommands = {
            QuickstartCommand.class,
            DataCommand.class,
            TrainCommand.class,
            SweepCommand.class,
            CompareCommand.class,
            EvaluateCommand.class,
            ExperimentCommand.class,
            ExportCommand.class,
            VariantCommand.class,
            RenewCommand.class,
            VerifyCommand.class,
            InfoCommand.class,
            WriteCommand.class,
            RecallCommand.class,
            GenerateCommand.class,
            PlayCommand.class,
            OnnxCommand.class,
            CompletionCommand.class
        })
public final class Kpp implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--stacktrace",
            scope = ScopeType.INHERIT,
            order = 1000,
            description = "Show the stack trace when a command fails, as the environment variable KPP_DEBUG=1 does.")
    private boolean stackTrace;

    private Kpp() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.setProperty("java.awt.headless", "true");
        // A message of a library is one line like the rest.
        System.setProperty("java.util.logging.SimpleFormatter.format", "%5$s%n");
        System.exit(commandLine().execute(arguments));
    }

    /** The command line, ready to execute; its writers can be replaced. */
    public static CommandLine commandLine() {
        Kpp kpp = new Kpp();
        return new CommandLine(kpp)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(Kpp::runAndCheck)
                .setParameterExceptionHandler(onUsage())
                .setExecutionExceptionHandler((exception, failed, parsed) -> onFailure(kpp, exception, failed));
    }

    /** Reached only without a subcommand. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Expected a command, found none");
    }

    /** Runs what was parsed, a command or its help, and fails if its results did not reach standard output. */
    private static int runAndCheck(ParseResult parsed) {
        int code = new RunLast().execute(parsed);
        CommandLine kpp = parsed.commandSpec().root().commandLine();
        // The writer does not learn what its stream below, which never throws, has met.
        if (kpp.getOut().checkError() || System.out.checkError()) {
            kpp.getErr().println("standard output: expected it to take the results, found it full or closed");
            return kpp.getCommandSpec().exitCodeOnExecutionException();
        }
        return code;
    }

    private static IParameterExceptionHandler onUsage() {
        return (exception, arguments) -> {
            CommandLine failed = exception.getCommandLine();
            failed.getErr()
                    .println(sentence(exception.getMessage()) + "; see '"
                            + failed.getCommandSpec().qualifiedName() + " --help'");
            return failed.getCommandSpec().exitCodeOnInvalidInput();
        };
    }

    private static int onFailure(Kpp kpp, Exception exception, CommandLine failed) {
        PrintWriter err = failed.getErr();
        boolean expected = exception instanceof Failure
                || exception instanceof KanervaException
                || exception instanceof DataFormatException
                || exception instanceof CheckpointException;
        err.println(
                expected
                        ? sentence(exception.getMessage())
                        : "unexpected %s: %s (--stacktrace shows where)"
                                .formatted(
                                        exception.getClass().getSimpleName(),
                                        sentence(String.valueOf(exception.getMessage()))));
        if (kpp.stackTrace || System.getenv("KPP_DEBUG") != null) {
            exception.printStackTrace(err);
        }
        err.flush();
        return failed.getCommandSpec().exitCodeOnExecutionException();
    }

    /** A message on one line, with whatever a terminal would obey written out. */
    private static String sentence(String message) {
        String line = message.strip().lines().map(String::strip).collect(Collectors.joining(" "));
        return PlainText.of(line).replace("\t", "\\u0009");
    }
}
