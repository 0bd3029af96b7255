package io.kanerva.conformance.runtime;

import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that runs {@link JavaRuntime} in a separate process, with the protocol of
 * {@code conformance/runtimes/README.md}.
 */
public final class RunJobs {

    private RunJobs() {}

    /** @param arguments the file of jobs */
    public static void main(String[] arguments) throws IOException {
        String passes = System.getenv(JavaRuntime.WITHOUT_PASSES);
        serve(passes == null ? JavaRuntime.CPU : JavaRuntime.CPU.withoutPasses(List.of(passes)), Path.of(arguments[0]));
    }

    /** Runs the jobs in a file, and reports each on standard output. */
    public static void serve(ModelRuntime runtime, Path jobs) throws IOException {
        report("about", runtime.about());
        List<String> lines = Files.readAllLines(jobs);
        int[] number = new int[1];
        while (number[0] < lines.size()) {
            // A job that is repeated keeps its session, as it is timed. All its repeats have one line, so that from the
            // second one on they are known to be repeats, whose outputs nobody wants.
            Job job = job(lines.get(number[0]));
            List<Job> same = new ArrayList<>(List.of(job));
            for (int next = number[0] + 1;
                    next < lines.size() && job(lines.get(next)).equals(job);
                    next++) {
                same.add(lines.get(next).equals(lines.get(next - 1)) ? job.again() : job);
            }
            runtime.answer(same, answer -> {
                report(answer, number[0], Path.of(lines.get(number[0]).split("\t")[2]));
                number[0]++;
            });
        }
    }

    private static Job job(String line) {
        String[] fields = line.split("\t");
        return new Job(Path.of(fields[0]), Path.of(fields[1]), fields[3].equals("on"));
    }

    private static void report(Answer answer, int number, Path folder) {
        if (answer instanceof Outputs outputs) {
            try {
                TensorFolder.write(folder, TensorFolder.OUTPUT, outputs.outputs());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            String time = Double.isNaN(outputs.milliseconds()) ? "" : "\t" + outputs.milliseconds();
            report("done", number + time);
        } else if (answer instanceof None none) {
            String kind = none.kind() == None.Kind.ADAPTER ? "cannot" : "failed";
            report(kind, number + "\t" + none.why());
        }
    }

    private static void report(String kind, String rest) {
        System.out.println(kind + "\t" + rest);
        System.out.flush();
    }
}
