package io.kanerva.conformance.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Commands of a runtime's folder. */
final class Command {
    private static final Map<String, String> ENVIRONMENT = Map.of(
            // ONNX Runtime 1.29's telemetry recurses over the command line and overflows the stack if that is long.
            "ORT_DISABLE_TELEMETRY", "1",
            // DJL sends statistics otherwise.
            "OPT_OUT_TRACKING", "true",
            "PYTHONUNBUFFERED", "1");

    private static final Pattern CONTROL = Pattern.compile("\\x1b\\[[0-9;?]*[ -/]*[@-~]|[\\p{Cc}&&[^\\t]]");

    /** What pip, npm and cargo say where they get no answer. */
    private static final Pattern UNREACHABLE =
            Pattern.compile("from versions: none|NewConnectionError|Connection refused"
                    + "|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ould not resolve (host|proxy)"
                    + "|name resolution|Network is unreachable");

    private Command() {}

    /** A command ready to start in the folder, with placeholders replaced. */
    static ProcessBuilder of(Path folder, List<String> command) {
        Path absolute = folder.toAbsolutePath();
        List<String> arguments = new ArrayList<>(command.stream()
                .map(word -> word.replace(
                                "{java}",
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString())
                        .replace("{classpath}", classPath()))
                .toList());
        // A program in the folder itself, which ProcessBuilder would look up in this process's directory.
        Path program = absolute.resolve(arguments.get(0));
        ProcessBuilder builder = new ProcessBuilder(arguments).directory(absolute.toFile());
        if (arguments.get(0).contains("/") && Files.isExecutable(program)) {
            builder.command().set(0, program.normalize().toString());
        }
        builder.environment().putAll(ENVIRONMENT);
        return builder;
    }

    private static String classPath() {
        String separator = File.pathSeparator;
        return String.join(
                separator,
                Arrays.stream(System.getProperty("java.class.path").split(separator))
                        .map(entry -> Path.of(entry.endsWith("*") ? entry.substring(0, entry.length() - 1) : entry)
                                        .toAbsolutePath()
                                + (entry.endsWith("*") ? "/*" : ""))
                        .toList());
    }

    /**
     * Runs a command to its end.
     *
     * @param log receives its output
     * @return its exit status; -1 if there is no such command, -2 after the timeout
     */
    static int run(ProcessBuilder builder, Path log, long seconds) {
        try {
            Process process = builder.redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                return -2;
            }
            return process.exitValue();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(
                    "interrupted while waiting for %s"
                            .formatted(builder.command().get(0)),
                    e);
        }
    }

    /** A process's output without terminal colours and control characters, which XML cannot hold; tabs stay. */
    static String plain(String text) {
        return CONTROL.matcher(text).replaceAll("");
    }

    /**
     * What a setup's log says went wrong: its last line, and before it that the registry did not answer, since package
     * managers then end with a package that does not exist.
     */
    static String problem(Path log) {
        try {
            String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
            return (UNREACHABLE.matcher(text).find()
                            ? "the package registry gives no answer or has no such package: "
                            : "")
                    + lastLine(log);
        } catch (IOException e) {
            return lastLine(log);
        }
    }

    /** The last non-empty line of a log. */
    static String lastLine(Path log) {
        try {
            List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                    .lines()
                    .map(Command::plain)
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
            return lines.isEmpty() ? "it printed nothing" : lines.get(lines.size() - 1);
        } catch (IOException e) {
            return "its log cannot be read: " + e.getMessage();
        }
    }
}
