package io.kanerva.conformance.bundle;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/** Another runtime, for a test to change in one respect. */
class ForwardingRuntime implements ModelRuntime {
    private final ModelRuntime own;

    ForwardingRuntime(ModelRuntime own) {
        this.own = own;
    }

    @Override
    public String name() {
        return own.name();
    }

    @Override
    public String title() {
        return own.title();
    }

    @Override
    public String engine() {
        return own.engine();
    }

    @Override
    public String device() {
        return own.device();
    }

    @Override
    public Set<Boolean> optimisations() {
        return own.optimisations();
    }

    @Override
    public boolean doublePrecision() {
        return own.doublePrecision();
    }

    @Override
    public Readiness prepare(boolean install) {
        return own.prepare(install);
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
