package io.kanerva.conformance.bundle;

import io.kanerva.conformance.check.RandomInputs;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/** A runtime in this process that runs one job after another, with its inputs by name. */
abstract class LocalRuntime implements ModelRuntime {
    private final Description description;

    LocalRuntime(Description description) {
        this.description = description;
    }

    @Override
    public Description description() {
        return description;
    }

    @Override
    public String about() {
        return "Java " + Runtime.version();
    }

    /**
     * All outputs of a job, in the order of its graph.
     *
     * @param inputs in the order of their files
     * @throws Exception if the job fails; its message gives the reason
     */
    abstract List<Tensor> answer(Job job, Map<String, Tensor> inputs) throws Exception;

    /** What stands between the files and the engine cannot pass a value, whatever the engine could do. */
    static final class Limit extends Exception {
        private static final long serialVersionUID = 1;

        Limit(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A job's inputs by the names of its graph, in whose order the files are; by their own names if it is no graph. */
    private static Map<String, Tensor> inputs(Job job) throws IOException {
        List<Tensor> tensors = TensorFolder.read(job.inputs(), TensorFolder.INPUT);
        List<String> names = Files.isRegularFile(job.model())
                ? RandomInputs.of(job.model(), Map.of(), Map.of(), Set.of()).names()
                : tensors.stream().map(Tensor::name).toList();
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (int i = 0; i < Math.min(names.size(), tensors.size()); i++) {
            inputs.put(names.get(i), tensors.get(i).named(names.get(i)));
        }
        return inputs;
    }

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
        List<Answer> answers = new ArrayList<>();
        for (Job job : jobs) {
            try {
                answers.add(new Outputs(answer(job, inputs(job))));
            } catch (Limit e) {
                answers.add(new None(None.Kind.ADAPTER, e.getMessage()));
            } catch (OutOfMemoryError e) { // of arrays, which are gone by now
                answers.add(new None(
                        None.Kind.ADAPTER,
                        "expected a computation that fits into %d MiB of Java heap, found a larger one; -Xmx gives more"
                                .formatted(Runtime.getRuntime().maxMemory() >> 20)));
            } catch (Exception e) { // any exception is the answer to this job
                answers.add(new None(false, String.valueOf(e.getMessage()).replaceAll("\\s+", " ")));
            }
            progress.accept(answers.size());
        }
        return answers;
    }
}
