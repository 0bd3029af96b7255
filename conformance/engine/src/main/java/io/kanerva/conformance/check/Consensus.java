package io.kanerva.conformance.check;

import io.kanerva.conformance.check.Cause.Kind;
import io.kanerva.conformance.check.Voices.Voice;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Groups the answers to one case by what they agree on, and says what follows. Engines vote, not runtimes: the same
 * engine in nine languages is one witness. Of each group only one answer is kept.
 */
final class Consensus {
    private final boolean vectors;
    private final String source;
    private final Voices expected = new Voices(List.of(), new ArrayList<>());
    private final List<Voices> others = new ArrayList<>();
    private String where = "";
    private String revised = "";

    /**
     * @param vectors whether the expected outputs come with the inputs, and not from one of the runtimes
     * @param source what the expected outputs come from
     */
    Consensus(boolean vectors, String source) {
        this.vectors = vectors;
        this.source = source;
    }

    /** The model has an operator of which several engines may have the definition of another opset. */
    void revised(String node) {
        revised = node;
    }

    /** Adds an answer that is as expected. */
    void agree(ModelRuntime runtime, boolean optimised) {
        expected.voices().add(Voice.of(runtime, optimised));
    }

    /**
     * Adds an answer that is not.
     *
     * @param where the output and the element that differs
     * @param alike whether another answer agrees with it
     */
    void differ(
            ModelRuntime runtime,
            boolean optimised,
            List<Tensor> outputs,
            String where,
            Predicate<List<Tensor>> alike) {
        this.where = this.where.isEmpty() ? where : this.where;
        others.stream()
                .filter(group -> alike.test(group.outputs()))
                .findFirst()
                .orElseGet(() -> {
                    Voices group = new Voices(outputs, new ArrayList<>());
                    others.add(group);
                    return group;
                })
                .voices()
                .add(Voice.of(runtime, optimised));
    }

    /** What follows; empty if all agree. */
    Optional<Cause> cause(String graph, String inputs) {
        if (others.isEmpty()) {
            return Optional.empty();
        }
        Conclusion conclusion =
                !expected.voices().isEmpty() ? optimiser().orElseGet(this::ofSome) : vectors ? ofNone() : ofReference();
        return Optional.of(new Cause(
                conclusion.kind, List.copyOf(conclusion.culprits), graph, List.of(inputs), conclusion.sentence));
    }

    /** The same answers, to be held to what the model means. */
    Misreading misreading() {
        return new Misreading(vectors, source, where, expected, others);
    }

    private record Conclusion(Kind kind, Collection<String> culprits, String sentence) {}

    /** No runtime gives the expected outputs. */
    private Conclusion ofNone() {
        Set<String> engines = Voices.union(others, Voices::engines);
        Voices largest = largest();
        if (engines.size() == 1) {
            return new Conclusion(
                    Kind.UNDECIDED,
                    List.of(),
                    others.size() > 1
                            ? "only one engine was compared: %s differs from the expected output %s, and from itself%s"
                                    .formatted(Voices.list(engines), where, split())
                            : ("only one engine was compared: %s agrees with itself and not with the expected output "
                                            + "%s: suspect the vectors or this engine; another engine tells which")
                                    .formatted(Voices.list(engines), where));
        }
        Set<String> all = Voices.union(others, Voices::runtimes);
        Set<String> apart = new TreeSet<>(all);
        apart.removeAll(largest.runtimes());
        int agreeing = largest.engines().size();
        boolean most = agreeing * 2 > engines.size()
                || agreeing > 1
                        && others.stream()
                                .allMatch(group ->
                                        group == largest || group.engines().size() < agreeing);
        if (most) {
            return new Conclusion(
                    Kind.VECTORS,
                    List.of(),
                    "%s runtimes (%d engines) agree with each other and not with the expected output %s: "
                                    .formatted(
                                            apart.isEmpty()
                                                    ? all.size() == 2 ? "both" : "all " + all.size()
                                                    : largest.runtimes().size() + " of " + all.size(),
                                            largest.engines().size(),
                                            where)
                            + "suspect the vectors"
                            + (apart.isEmpty() ? "" : "; %s from both".formatted(Voices.differ(apart))));
        }
        return new Conclusion(
                Kind.UNDECIDED,
                List.of(),
                "no runtime gives the expected output %s, and %s of %s agree with each other"
                        .formatted(
                                where,
                                agreeing > 1 ? "no more than " + agreeing : "no two engines",
                                Voices.list(engines)));
    }

    /** No runtime agrees with the reference, which is not compared itself. */
    private Conclusion ofReference() {
        Voices largest = largest();
        return largest.engines().size() > 1
                ? new Conclusion(
                        Kind.ENGINE,
                        List.of(source),
                        "%s differs at %s from what %s agree on: suspect it"
                                .formatted(source, where, Voices.list(largest.engines())))
                : new Conclusion(
                        Kind.UNDECIDED,
                        List.of(),
                        "%s at %s from the output of %s: suspect either; a further engine tells which"
                                .formatted(Voices.differ(Voices.union(others, Voices::runtimes)), where, source));
    }

    /** Some differ only with their optimisations on, and no others do. */
    private Optional<Conclusion> optimiser() {
        List<Voice> apart =
                others.stream().flatMap(group -> group.voices().stream()).toList();
        boolean onlyOptimised = apart.stream()
                .allMatch(voice -> voice.optimised()
                        && expected.voices()
                                .contains(new Voice(voice.runtime(), voice.engine(), voice.version(), false)));
        return onlyOptimised
                ? Optional.of(new Conclusion(
                        Kind.OPTIMISER,
                        Voices.union(others, Voices::engines),
                        "%s at %s with optimisations on, and agrees without them: suspect the optimiser"
                                .formatted(Voices.differ(Voices.union(others, Voices::runtimes)), where)))
                : Optional.empty();
    }

    /** Some runtimes give the expected outputs, or those of the reference. */
    private Conclusion ofSome() {
        Voices largest = largest();
        Set<String> right = expected.engines();
        Set<String> wrong = Voices.union(others, Voices::engines);
        int more = largest.engines().containsAll(right) ? 0 : largest.engines().size() - right.size();
        if (vectors
                && !revised.isEmpty()
                && right.size() > 1
                && largest.engines().size() > 1
                && Collections.disjoint(largest.engines(), right)
                && more <= 0) {
            return new Conclusion(
                    Kind.UNDECIDED,
                    Voices.union(List.of(expected, largest), Voices::engines),
                    "%s the expected output %s, and %s agree on another: the definition of %s was revised later"
                            .formatted(Voices.gives(right), where, Voices.list(largest.engines()), revised));
        }
        // Whoever made the vectors is a witness, too; and what two engines confirm is not wrong by chance.
        if (vectors && more > 0 && (more == 1 || right.size() > 1)) {
            String others = Voices.list(largest.engines()) + (largest.engines().size() == 1 ? " gives" : " agree on");
            return new Conclusion(
                    Kind.UNDECIDED,
                    Voices.union(List.of(expected, largest), Voices::engines),
                    ("%s the expected output %s, and %s another: a further engine tells, or what the operators mean "
                                    + "in this opset")
                            .formatted(Voices.gives(right), where, others));
        }
        if (more > 0) {
            return vectors
                    ? new Conclusion(
                            Kind.VECTORS,
                            List.of(),
                            ("%s agree with each other and not with the expected output %s, which only %s: "
                                            + "suspect the vectors")
                                    .formatted(Voices.list(largest.engines()), where, Voices.gives(right)))
                    : new Conclusion(
                            Kind.ENGINE,
                            right,
                            "%s at %s from what %s agree on: suspect it"
                                    .formatted(Voices.differ(right), where, Voices.list(largest.engines())));
        }
        Set<String> runtimes = Voices.union(others, Voices::runtimes);
        Set<String> whole = new TreeSet<>(wrong);
        whole.removeAll(right);
        if (!vectors && whole.size() == 1 && right.size() == 1 && wrong.size() == 1) {
            return new Conclusion(
                    Kind.UNDECIDED,
                    Voices.union(
                            Stream.concat(Stream.of(expected), others.stream()).toList(), Voices::engines),
                    "%s and %s disagree at %s; with two engines there is no majority, and a third tells which is wrong"
                            .formatted(Voices.list(right), Voices.list(whole), where));
        }
        // A version of an engine that is right in another version is as suspect as an engine that is wrong in all.
        Set<String> versions = Voices.union(others, Voices::versions);
        versions.removeAll(expected.versions());
        versions.removeIf(version -> whole.contains(version.substring(0, version.lastIndexOf(' '))));
        if (whole.isEmpty() && versions.isEmpty()) {
            return new Conclusion(
                    Kind.RUNTIME,
                    runtimes,
                    "%s at %s, while %s agrees elsewhere: suspect the binding or our adapter%s"
                            .formatted(alone(runtimes), where, Voices.list(wrong), split()));
        }
        Set<String> suspects = new TreeSet<>(whole);
        suspects.addAll(versions);
        return new Conclusion(
                Kind.ENGINE,
                suspects,
                "%s at %s: suspect %s%s%s"
                        .formatted(
                                alone(runtimes),
                                where,
                                versions.isEmpty() ? whole.size() == 1 ? "the engine " : "the engines " : "",
                                Voices.list(suspects),
                                suspects.size() > 1 && others.size() > 1
                                        ? ", which do not agree with each other either"
                                        : ""));
    }

    private String split() {
        boolean byOptimisation = others.stream()
                .anyMatch(group ->
                        group.voices().stream().map(Voice::optimised).distinct().count() == 1);
        return byOptimisation ? ", with optimisations off and on" : "";
    }

    private Voices largest() {
        Voices largest = others.get(0);
        for (Voices group : others) {
            int more = group.engines().size() - largest.engines().size();
            if (more > 0
                    || more == 0 && group.voices().size() > largest.voices().size()) {
                largest = group;
            }
        }
        return largest;
    }

    private String alone(Set<String> runtimes) {
        Set<String> all = Stream.concat(Stream.of(expected), others.stream())
                .flatMap(group -> group.runtimes().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        return runtimes.size() == 1 && all.size() > 1
                ? runtimes.iterator().next() + " alone differs"
                : Voices.differ(runtimes);
    }
}
