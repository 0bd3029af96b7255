package io.kanerva.conformance.runtime;

import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import java.io.IOException;
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
        List<String[]> lines =
                Files.readAllLines(jobs).stream().map(line -> line.split("\t")).toList();
        int number = 0;
        while (number < lines.size()) {
            // A job that is repeated keeps its session, as it is timed.
            List<Job> same = new ArrayList<>();
            for (Job job = job(lines.get(number)); same.isEmpty() || same.get(0).equals(job); ) {
                same.add(job);
                int next = number + same.size();
                job = next < lines.size() ? job(lines.get(next)) : null;
            }
            for (Answer answer : runtime.run(same, done -> {})) {
                report(answer, number, Path.of(lines.get(number)[2]));
                number++;
            }
        }
    }

    private static Job job(String[] fields) {
        return new Job(Path.of(fields[0]), Path.of(fields[1]), fields[3].equals("on"));
    }

    private static void report(Answer answer, int number, Path folder) throws IOException {
        if (answer instanceof Outputs outputs) {
            TensorFolder.write(folder, TensorFolder.OUTPUT, outputs.outputs());
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
