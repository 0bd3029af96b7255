package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Ending;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Runs cases on a runtime. */
final class Runs {
    private Runs() {}

    /**
     * Runs all cases with optimisations off and on in one call, since starting a runtime may take longer than all its
     * jobs.
     *
     * @param timed how many further runs of each case are timed
     * @return the answers to the cases, by whether optimisations were on
     */
    static Map<Boolean, List<Answer>> of(
            ModelRuntime runtime, List<Case> cases, Set<Boolean> optimisations, int timed, Consumer<String> progress) {
        List<Job> jobs = new ArrayList<>();
        for (boolean optimised : optimisations.stream().sorted().toList()) {
            for (Case testCase : cases) {
                Job job = new Job(testCase.model(), testCase.inputs(), optimised);
                jobs.add(job);
                jobs.addAll(Collections.nCopies(timed, job.again()));
            }
        }
        List<Answer> answers;
        try {
            answers = runtime.run(
                    jobs, done -> progress.accept("%s, %d of %d".formatted(runtime.name(), done, jobs.size())));
        } catch (RuntimeException e) { // whatever is wrong with one runtime, the others are compared
            Answer none = new None(true, String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            answers = Collections.nCopies(jobs.size(), none);
        }
        Ending.awaitIfUnderWay(answers);
        answers = timed == 0 ? answers : withMedians(answers, timed);
        Map<Boolean, List<Answer>> split = new HashMap<>();
        int from = 0;
        for (boolean optimised : optimisations.stream().sorted().toList()) {
            split.put(optimised, answers.subList(from, from + cases.size()));
            from += cases.size();
        }
        return split;
    }

    /** The first answer of each case, with the median of the times of those that follow it. */
    private static List<Answer> withMedians(List<Answer> answers, int timed) {
        List<Answer> firsts = new ArrayList<>();
        for (int i = 0; i < answers.size(); i += 1 + timed) {
            double[] times = answers.subList(i + 1, i + 1 + timed).stream()
                    .mapToDouble(answer -> answer instanceof Outputs outputs ? outputs.milliseconds() : Double.NaN)
                    .toArray();
            firsts.add(
                    answers.get(i) instanceof Outputs first
                            ? new Outputs(first.outputs(), Latency.median(times))
                            : answers.get(i));
        }
        return firsts;
    }
}
