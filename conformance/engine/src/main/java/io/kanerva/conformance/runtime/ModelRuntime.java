package io.kanerva.conformance.runtime;

import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/** Something that runs ONNX models on this machine, in this process or in another. */
public interface ModelRuntime {

    /**
     * What does not change while it runs.
     *
     * @param name a word, for example {@code onnxruntime-python}
     * @param title what tables call it
     * @param engine implementation and version; runtimes of one engine on one device must agree to the bit
     * @param device cpu, wasm or cuda
     * @param optimisations with which graph optimisations it can run: true for on, false for off
     * @param doublePrecision whether it computes in float64 when model and inputs are float64, with every operator
     */
    record Description(
            String name,
            String title,
            String engine,
            String device,
            Set<Boolean> optimisations,
            boolean doublePrecision) {}

    /** What it is. */
    Description description();

    /** Its name. */
    default String name() {
        return description().name();
    }

    /**
     * Makes it ready to run.
     *
     * @param install whether what it needs may be fetched and built
     */
    default Readiness prepare(boolean install) {
        return Readiness.READY;
    }

    /** The versions of what runs, in its own words; empty before it has run. */
    String about();

    /**
     * Runs jobs, one after another.
     *
     * @param progress receives the number of jobs done after each one
     * @return an answer for each job
     */
    List<Answer> run(List<Job> jobs, IntConsumer progress);
}
