package io.kanerva.conformance.bundle;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
        List<Answer> answers = new ArrayList<>();
        for (Job job : jobs) {
            try {
                Map<String, Tensor> inputs = new LinkedHashMap<>();
                TensorFolder.read(job.inputs(), TensorFolder.INPUT).forEach(input -> inputs.put(input.name(), input));
                answers.add(new Outputs(answer(job, inputs)));
            } catch (Exception e) { // any exception is the answer to this job
                answers.add(new None(false, String.valueOf(e.getMessage()).replaceAll("\\s+", " ")));
            }
            progress.accept(answers.size());
        }
        return answers;
    }
}
