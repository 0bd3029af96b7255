package io.kanerva.conformance.runtime;

import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        int number = 0;
        for (String line : Files.readAllLines(jobs)) {
            String[] fields = line.split("\t");
            Answer answer = runtime.run(
                            List.of(new Job(Path.of(fields[0]), Path.of(fields[1]), fields[3].equals("on"))),
                            done -> {})
                    .get(0);
            if (answer instanceof Outputs outputs) {
                TensorFolder.write(Path.of(fields[2]), TensorFolder.OUTPUT, outputs.outputs());
                report("done", Integer.toString(number));
            } else if (answer instanceof None none) {
                String kind = none.kind() == None.Kind.ADAPTER ? "cannot" : "failed";
                report(kind, number + "\t" + none.why());
            }
            number++;
        }
    }

    private static void report(String kind, String rest) {
        System.out.println(kind + "\t" + rest);
        System.out.flush();
    }
}
