package io.kanerva.conformance.runtime;

import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/** Something that runs ONNX models on this machine, in this process or in another. */
public interface ModelRuntime {

    /** A word, for example {@code onnxruntime-python}. */
    String name();

    /** What tables call it. */
    String title();

    /** Implementation and version; runtimes of one engine on one device must agree to the bit. */
    String engine();

    /** cpu, wasm or cuda. */
    String device();

    /** With which optimisations it can run: true for on, false for off. */
    Set<Boolean> optimisations();

    /** Whether it computes in float64 when model and inputs are float64, with every operator. */
    boolean doublePrecision();

    /**
     * Makes it ready to run.
     *
     * @param install whether what it needs may be fetched and built
     */
    Readiness prepare(boolean install);

    /** The versions of what runs, in its own words; empty before it has run. */
    String about();

    /**
     * Runs jobs, one after another.
     *
     * @param progress hears the number of jobs done after each one
     * @return an answer for each job
     */
    List<Answer> run(List<Job> jobs, IntConsumer progress);
}
