package io.kanerva.conformance.check;

import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Answers that differ since one side takes an operator for something else than the model's opset has it.
 *
 * @param vectors whether the expected outputs come with the inputs, and not from one of the runtimes
 * @param source what the expected outputs come from
 * @param where the output and the element that differs
 * @param expected who gives what is expected
 * @param others who gives something else
 */
record Misreading(boolean vectors, String source, String where, Voices expected, List<Voices> others) {

    /**
     * What follows if one side reads the model as its opset has it, and the other takes an operator for something else;
     * empty if that is not what they differ in.
     *
     * @param known what is expected
     * @param right whether outputs are what the model means
     * @param mistaken what is taken for something else, and for what; empty if outputs are not what that gives
     */
    Optional<Cause> cause(
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
        for (Voices group : others) {
            Optional<String> words = mistaken.apply(group.outputs());
            if (right.test(group.outputs())) {
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
        // One engine on both sides is not a matter of what the model means; nor is one that nobody reads right, and not
        // all in a way that is known.
        if (readers.isEmpty()
                || isRight == own.isPresent()
                || !isRight && correct.isEmpty() && !further.isEmpty()
                || culprits.stream().anyMatch(correct::contains)) {
            return Optional.empty();
        }
        List<String> parts = new ArrayList<>();
        readers.forEach((words, engines) -> {
            boolean expects = !isRight && words.equals(own.orElseThrow());
            List<String> who = new ArrayList<>(expects ? List.of(vectors ? "the vectors" : source) : List.of());
            engines.stream().filter(engine -> !who.contains(engine)).forEach(who::add);
            parts.add("%s %s %s"
                    .formatted(Voices.list(who), who.size() == 1 && !(expects && vectors) ? "takes" : "take", words));
        });
        String sentence = "%s (%s); as the opset has it, the result is %s%s"
                .formatted(
                        String.join(", and ", parts),
                        where,
                        !correct.isEmpty()
                                ? "that of " + Voices.list(correct)
                                : isRight ? "that of " + (vectors ? "the vectors" : source) : "another",
                        further.isEmpty() ? "" : "; %s in yet another way".formatted(Voices.differ(further)));
        Cause.Kind kind = isRight || !vectors ? Cause.Kind.ENGINE : Cause.Kind.VECTORS;
        return Optional.of(new Cause(kind, List.copyOf(culprits), graph, List.of(inputs), sentence));
    }
}
