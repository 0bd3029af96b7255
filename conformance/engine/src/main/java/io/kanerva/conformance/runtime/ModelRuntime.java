package io.kanerva.conformance.runtime;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Something that runs ONNX models on this machine, in this process or in another. */
public interface ModelRuntime {

    /**
     * The fixed properties of a runtime.
     *
     * @param name one word, for example {@code onnxruntime-python}
     * @param title its name in tables
     * @param engine implementation and version; runtimes of one engine on one device must be bit-equal
     * @param device cpu, wasm, webgpu or cuda
     * @param optimisations the supported settings of graph optimisations: true for on, false for off
     * @param doublePrecision whether it computes in float64 when model and inputs are float64, with every operator
     */
    record Description(
            String name,
            String title,
            String engine,
            String device,
            Set<Boolean> optimisations,
            boolean doublePrecision) {

        /**
         * The code base of the engine: runtimes of the same one cannot confirm each other. ONNX Runtime for WebAssembly
         * is the same code as elsewhere.
         */
        public String implementation() {
            String first = engine.split(" ", 2)[0];
            return first.startsWith("onnxruntime") ? "onnxruntime" : first;
        }
    }

    /** Returns its fixed properties. */
    Description description();

    /** Its name. */
    default String name() {
        return description().name();
    }

    /**
     * Makes it ready to run.
     *
     * @param install whether it may download and build what it needs
     */
    default Readiness prepare(boolean install) {
        return Readiness.READY;
    }

    /** The versions of the software that runs, as the runtime reports them; empty before it has run. */
    String about();

    /**
     * Runs jobs, one after another.
     *
     * @param progress receives the number of jobs done after each one
     * @return an answer for each job
     */
    List<Answer> run(List<Job> jobs, IntConsumer progress);

    /**
     * Runs jobs, one after another, and keeps none of their outputs.
     *
     * @param each receives each answer as soon as it is there
     */
    default void answer(List<Job> jobs, Consumer<Answer> each) {
        jobs.forEach(job -> each.accept(run(List.of(job), done -> {}).get(0)));
    }
}
