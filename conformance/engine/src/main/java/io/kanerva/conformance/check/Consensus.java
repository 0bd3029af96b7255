package io.kanerva.conformance.check;

import io.kanerva.conformance.check.Cause.Kind;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Groups the answers to one case by what they agree on, and says what follows. Engines vote, not runtimes: the same
 * engine in nine languages is one witness. Of each group only one answer is kept.
 */
final class Consensus {

    /**
     * One answer's runtime.
     *
     * @param engine its implementation, without the version
     */
    private record Voice(String runtime, String engine, String version, boolean optimised) {}

    /** Answers that agree. The first group's are as expected. */
    private record Group(List<Tensor> outputs, List<Voice> voices) {
        Set<String> engines() {
            return voices.stream().map(Voice::engine).collect(Collectors.toCollection(TreeSet::new));
        }

        /** The same engines, each with its version. */
        Set<String> versions() {
            return voices.stream()
                    .map(voice -> voice.engine + " " + voice.version)
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        Set<String> runtimes() {
            return voices.stream().map(Voice::runtime).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private final boolean vectors;
    private final String source;
    private final Group expected = new Group(List.of(), new ArrayList<>());
    private final List<Group> others = new ArrayList<>();
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
        expected.voices.add(voice(runtime, optimised));
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
                .filter(group -> alike.test(group.outputs))
                .findFirst()
                .orElseGet(() -> {
                    Group group = new Group(outputs, new ArrayList<>());
                    others.add(group);
                    return group;
                })
                .voices
                .add(voice(runtime, optimised));
    }

    private static Voice voice(ModelRuntime runtime, boolean optimised) {
        String engine = runtime.description().engine();
        return new Voice(
                runtime.name(),
                runtime.description().implementation(),
                engine.substring(engine.lastIndexOf(' ') + 1),
                optimised);
    }

    /** What follows; empty if all agree. */
    Optional<Cause> cause(String graph, String inputs) {
        if (others.isEmpty()) {
            return Optional.empty();
        }
        Conclusion conclusion =
                !expected.voices.isEmpty() ? optimiser().orElseGet(this::ofSome) : vectors ? ofNone() : ofReference();
        return Optional.of(new Cause(
                conclusion.kind, List.copyOf(conclusion.culprits), graph, List.of(inputs), conclusion.sentence));
    }

    /**
     * What follows if one side reads the model as its opset has it, and the other takes an operator for something else;
     * empty if that is not what they differ in.
     *
     * @param known what is expected
     * @param right whether outputs are what the model means
     * @param mistaken what is taken for something else, and for what; empty if outputs are not what that gives
     */
    Optional<Cause> misread(
            String graph,
            String inputs,
            List<Tensor> known,
            Predicate<List<Tensor>> right,
            Function<List<Tensor>, Optional<String>> mistaken) {
        boolean isRight = right.test(known);
        Optional<String> own = mistaken.apply(known);
        Set<String> correct = isRight ? expected.engines() : new TreeSet<>();
        Map<String, Set<String>> readers = new LinkedHashMap<>();
        if (!isRight && own.isPresent()) {
            readers.put(own.get(), expected.engines());
        }
        Set<String> further = new TreeSet<>();
        for (Group group : others) {
            Optional<String> words = mistaken.apply(group.outputs);
            if (right.test(group.outputs)) {
                correct.addAll(group.engines());
            } else if (words.isPresent()) {
                readers.computeIfAbsent(words.get(), any -> new TreeSet<>()).addAll(group.engines());
            } else {
                further.addAll(group.engines());
            }
        }
        further.removeAll(correct);
        Set<String> culprits = new TreeSet<>(further);
        readers.values().forEach(culprits::addAll);
        // One engine on both sides is not a matter of what the model means; nor is one that nobody reads right.
        if (readers.isEmpty()
                || isRight == own.isPresent()
                || !isRight && correct.isEmpty()
                || culprits.stream().anyMatch(correct::contains)) {
            return Optional.empty();
        }
        List<String> parts = new ArrayList<>();
        readers.forEach((words, engines) -> {
            boolean expects = !isRight && words.equals(own.orElseThrow());
            List<String> who = new ArrayList<>(expects ? List.of(vectors ? "the vectors" : source) : List.of());
            engines.stream().filter(engine -> !who.contains(engine)).forEach(who::add);
            parts.add("%s %s %s"
                    .formatted(list(who), who.size() == 1 && !(expects && vectors) ? "takes" : "take", words));
        });
        String sentence = "%s (%s); as the opset has it, the result is that of %s%s"
                .formatted(
                        String.join(", and ", parts),
                        where,
                        correct.isEmpty() ? vectors ? "the vectors" : source : list(correct),
                        further.isEmpty() ? "" : "; %s in yet another way".formatted(differ(further)));
        Kind kind = isRight || !vectors ? Kind.ENGINE : Kind.VECTORS;
        return Optional.of(new Cause(kind, List.copyOf(culprits), graph, List.of(inputs), sentence));
    }

    private record Conclusion(Kind kind, Collection<String> culprits, String sentence) {}

    /** No runtime gives the expected outputs. */
    private Conclusion ofNone() {
        Set<String> engines = union(others, Group::engines);
        Group largest = largest();
        if (engines.size() == 1) {
            return new Conclusion(
                    Kind.UNDECIDED,
                    List.of(),
                    others.size() > 1
                            ? "only one engine was compared: %s differs from the expected output %s, and from itself%s"
                                    .formatted(list(engines), where, split())
                            : ("only one engine was compared: %s agrees with itself and not with the expected output "
                                            + "%s: suspect the vectors or this engine; another engine tells which")
                                    .formatted(list(engines), where));
        }
        Set<String> all = union(others, Group::runtimes);
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
                            + (apart.isEmpty() ? "" : "; %s from both".formatted(differ(apart))));
        }
        return new Conclusion(
                Kind.UNDECIDED,
                List.of(),
                "no runtime gives the expected output %s, and %s of %s agree with each other"
                        .formatted(where, agreeing > 1 ? "no more than " + agreeing : "no two engines", list(engines)));
    }

    /** No runtime agrees with the reference, which is not compared itself. */
    private Conclusion ofReference() {
        Group largest = largest();
        return largest.engines().size() > 1
                ? new Conclusion(
                        Kind.ENGINE,
                        List.of(source),
                        "%s differs at %s from what %s agree on: suspect it"
                                .formatted(source, where, list(largest.engines())))
                : new Conclusion(
                        Kind.UNDECIDED,
                        List.of(),
                        "%s at %s from the output of %s: suspect either; a further engine tells which"
                                .formatted(differ(union(others, Group::runtimes)), where, source));
    }

    /** Some differ only with their optimisations on, and no others do. */
    private Optional<Conclusion> optimiser() {
        List<Voice> apart =
                others.stream().flatMap(group -> group.voices.stream()).toList();
        boolean onlyOptimised = apart.stream()
                .allMatch(voice -> voice.optimised
                        && expected.voices.contains(new Voice(voice.runtime, voice.engine, voice.version, false)));
        return onlyOptimised
                ? Optional.of(new Conclusion(
                        Kind.OPTIMISER,
                        union(others, Group::engines),
                        "%s at %s with optimisations on, and agrees without them: suspect the optimiser"
                                .formatted(differ(union(others, Group::runtimes)), where)))
                : Optional.empty();
    }

    /** Some runtimes give the expected outputs, or those of the reference. */
    private Conclusion ofSome() {
        Group largest = largest();
        Set<String> right = expected.engines();
        Set<String> wrong = union(others, Group::engines);
        int more = largest.engines().containsAll(right) ? 0 : largest.engines().size() - right.size();
        if (vectors
                && !revised.isEmpty()
                && right.size() > 1
                && largest.engines().size() > 1
                && Collections.disjoint(largest.engines(), right)
                && more <= 0) {
            return new Conclusion(
                    Kind.UNDECIDED,
                    union(List.of(expected, largest), Group::engines),
                    "%s the expected output %s, and %s agree on another: the definition of %s was revised later"
                            .formatted(gives(right), where, list(largest.engines()), revised));
        }
        // Whoever made the vectors is a witness, too; and what two engines confirm is not wrong by chance.
        if (vectors && more > 0 && (more == 1 || right.size() > 1)) {
            String others = list(largest.engines()) + (largest.engines().size() == 1 ? " gives" : " agree on");
            return new Conclusion(
                    Kind.UNDECIDED,
                    union(List.of(expected, largest), Group::engines),
                    ("%s the expected output %s, and %s another: a further engine tells, or what the operators mean "
                                    + "in this opset")
                            .formatted(gives(right), where, others));
        }
        if (more > 0) {
            return vectors
                    ? new Conclusion(
                            Kind.VECTORS,
                            List.of(),
                            ("%s agree with each other and not with the expected output %s, which only %s: "
                                            + "suspect the vectors")
                                    .formatted(list(largest.engines()), where, gives(right)))
                    : new Conclusion(
                            Kind.ENGINE,
                            right,
                            "%s at %s from what %s agree on: suspect it"
                                    .formatted(differ(right), where, list(largest.engines())));
        }
        Set<String> runtimes = union(others, Group::runtimes);
        Set<String> whole = new TreeSet<>(wrong);
        whole.removeAll(right);
        if (!vectors && whole.size() == 1 && right.size() == 1 && wrong.size() == 1) {
            return new Conclusion(
                    Kind.UNDECIDED,
                    union(Stream.concat(Stream.of(expected), others.stream()).toList(), Group::engines),
                    "%s and %s disagree at %s; with two engines there is no majority, and a third tells which is wrong"
                            .formatted(list(right), list(whole), where));
        }
        // A version of an engine that is right in another version is as suspect as an engine that is wrong in all.
        Set<String> versions = union(others, Group::versions);
        versions.removeAll(expected.versions());
        versions.removeIf(version -> whole.contains(version.substring(0, version.lastIndexOf(' '))));
        if (whole.isEmpty() && versions.isEmpty()) {
            return new Conclusion(
                    Kind.RUNTIME,
                    runtimes,
                    "%s at %s, while %s agrees elsewhere: suspect the binding or our adapter%s"
                            .formatted(alone(runtimes), where, list(wrong), split()));
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
                                list(suspects),
                                suspects.size() > 1 && others.size() > 1
                                        ? ", which do not agree with each other either"
                                        : ""));
    }

    private String split() {
        boolean byOptimisation = others.stream()
                .anyMatch(group ->
                        group.voices.stream().map(Voice::optimised).distinct().count() == 1);
        return byOptimisation ? ", with optimisations off and on" : "";
    }

    private Group largest() {
        Group largest = others.get(0);
        for (Group group : others) {
            int more = group.engines().size() - largest.engines().size();
            if (more > 0 || more == 0 && group.voices.size() > largest.voices.size()) {
                largest = group;
            }
        }
        return largest;
    }

    private static Set<String> union(List<Group> groups, Function<Group, Set<String>> names) {
        return groups.stream()
                .flatMap(group -> names.apply(group).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String alone(Set<String> runtimes) {
        Set<String> all = Stream.concat(Stream.of(expected), others.stream())
                .flatMap(group -> group.runtimes().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        return runtimes.size() == 1 && all.size() > 1
                ? runtimes.iterator().next() + " alone differs"
                : differ(runtimes);
    }

    private static String gives(Set<String> names) {
        return list(names) + (names.size() == 1 ? " gives" : " give");
    }

    private static String differ(Set<String> names) {
        return list(names) + (names.size() == 1 ? " differs" : " differ");
    }

    private static String list(Collection<String> names) {
        List<String> sorted = List.copyOf(names);
        int last = sorted.size() - 1;
        return last < 1
                ? String.join("", sorted)
                : String.join(", ", sorted.subList(0, last)) + " and " + sorted.get(last);
    }
}
