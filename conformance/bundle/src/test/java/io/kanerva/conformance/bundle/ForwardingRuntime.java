package io.kanerva.conformance.bundle;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import java.util.List;
import java.util.function.IntConsumer;

/** Another runtime, for a test to change in one respect. */
class ForwardingRuntime implements ModelRuntime {
    private final ModelRuntime own;

    ForwardingRuntime(ModelRuntime own) {
        this.own = own;
    }

    @Override
    public Description description() {
        return own.description();
    }

    @Override
    public String about() {
        return own.about();
    }

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
        return own.run(jobs, progress);
    }
}
