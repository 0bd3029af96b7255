package io.kanerva.conformance.runtime;

import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.None.Kind;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.onnx.CompositeValue;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A process that runs jobs and reports each one. It is killed after a long time without a report. */
final class JobProcess implements AutoCloseable {
    /** How a line begins that ends a job, and what it means if there are no outputs. */
    private static final Map<String, Kind> ENDS =
            Map.of("done", Kind.ADAPTER, "failed", Kind.REFUSED, "cannot", Kind.ADAPTER);

    /** The command is missing or not executable. */
    static final class NotStarted extends IOException {
        private static final long serialVersionUID = 1;

        NotStarted(String message, IOException cause) {
            super(message, cause);
        }
    }

    private final List<Job> jobs;
    private final List<Path> outputs;
    private final long silenceSeconds;
    private final Path log;
    private final Process process;
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "conformance watch");
        thread.setDaemon(true);
        return thread;
    });
    private volatile long lastReport = System.nanoTime();
    private volatile boolean silent;
    private String about = "";

    /**
     * Starts it.
     *
     * @param scratch folder for the list of jobs and the log
     * @param outputs each job's folder for outputs
     * @param silenceSeconds how long it may report nothing
     */
    JobProcess(ProcessBuilder command, Path scratch, List<Job> jobs, List<Path> outputs, long silenceSeconds)
            throws IOException {
        this.jobs = jobs;
        this.outputs = outputs;
        this.silenceSeconds = silenceSeconds;
        log = scratch.resolve("log.txt");
        Path list = scratch.resolve("jobs.txt");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < jobs.size(); i++) {
            Job job = jobs.get(i);
            lines.append(job.model().toAbsolutePath())
                    .append('\t')
                    .append(job.inputs().toAbsolutePath())
                    .append('\t')
                    .append(outputs.get(i).toAbsolutePath())
                    .append('\t')
                    .append(job.optimised() ? "on" : "off")
                    .append('\n');
        }
        Files.writeString(list, lines);
        command.command().add(list.toAbsolutePath().toString());
        try {
            process = command.redirectError(log.toFile()).start();
        } catch (IOException e) {
            throw new NotStarted(
                    "the command '%s' cannot be started"
                            .formatted(command.command().get(0)),
                    e);
        }
        process.getOutputStream().close();
        watch.scheduleAtFixedRate(
                () -> {
                    if (System.nanoTime() - lastReport > TimeUnit.SECONDS.toNanos(silenceSeconds)) {
                        silent = true;
                        stop();
                    }
                },
                silenceSeconds,
                1,
                TimeUnit.SECONDS);
    }

    /** Passes answers to the listener as they arrive, until the process ends. */
    void answers(Consumer<Answer> listener) throws IOException {
        int next = 0;
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lastReport = System.nanoTime();
                String[] fields = Command.plain(line).split("\t", 3);
                if (fields[0].equals("about") && fields.length >= 2) {
                    about = fields[1];
                } else if (fields.length >= 2
                        && fields[1].equals(Integer.toString(next))
                        && ENDS.containsKey(fields[0])) {
                    String why = fields.length > 2 ? fields[2] : "it gave no reason";
                    listener.accept(
                            fields[0].equals("done")
                                    ? read(jobs.get(next), outputs.get(next), milliseconds(fields))
                                    : new None(ENDS.get(fields[0]), why));
                    next++;
                }
            }
        }
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the engine took, the third field of a line "done"; NaN if there is none. */
    private static double milliseconds(String[] fields) {
        try {
            double told = fields.length < 3 ? Double.NaN : Double.parseDouble(fields[2]);
            return told >= 0 ? told : Double.NaN;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static Answer read(Job job, Path folder, double milliseconds) {
        if (job.timed()) {
            return new Outputs(List.of(), milliseconds);
        }
        try {
            return new Outputs(TensorFolder.read(folder, TensorFolder.OUTPUT), milliseconds);
        } catch (IOException e) {
            return composite(job, folder, e, milliseconds);
        }
    }

    /** What is no tensor may be a sequence or a map; only the model says which. */
    private static Answer composite(Job job, Path folder, IOException asTensors, double milliseconds) {
        try {
            List<ValueInfoProto> outputs =
                    OnnxFiles.read(job.model()).getGraph().getOutputList();
            if (outputs.stream().anyMatch(output -> CompositeValue.isComposite(output.getType()))) {
                return new Outputs(TensorFolder.outputs(folder, outputs), milliseconds);
            }
            throw asTensors;
        } catch (IOException e) {
            return new None(Kind.ADAPTER, "an output that it wrote is unreadable: " + e.getMessage());
        }
    }

    /** The versions that the process reported. */
    String about() {
        return about;
    }

    /** Whether it was killed because it reported nothing. */
    boolean isSilent() {
        return silent;
    }

    /** How the process ended, for the job that it did not report. */
    String death() {
        return silent
                ? "the process reported nothing for %d s".formatted(silenceSeconds)
                : "the process ended with status %d: %s".formatted(process.exitValue(), Command.lastLine(log));
    }

    /** Kills the process and its descendants, and waits for its end. */
    void stop() {
        // Itself first, since it would take a child's death for the end of the job.
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly().onExit().join();
        children.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        watch.shutdownNow();
        process.destroyForcibly();
    }
}
