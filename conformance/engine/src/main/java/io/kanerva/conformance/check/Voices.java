package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Runtimes whose answers agree.
 *
 * @param outputs one of these answers; none if they are as expected
 */
record Voices(List<Tensor> outputs, List<Voice> voices) {

    /**
     * One answer's runtime.
     *
     * @param engine its implementation, without the version
     */
    record Voice(String runtime, String engine, String version, boolean optimised) {
        static Voice of(ModelRuntime runtime, boolean optimised) {
            String engine = runtime.description().engine();
            return new Voice(
                    runtime.name(),
                    runtime.description().implementation(),
                    engine.substring(engine.lastIndexOf(' ') + 1),
                    optimised);
        }
    }

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

    static Set<String> union(List<Voices> groups, Function<Voices, Set<String>> names) {
        return groups.stream()
                .flatMap(group -> names.apply(group).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static String gives(Set<String> names) {
        return list(names) + (names.size() == 1 ? " gives" : " give");
    }

    static String differ(Set<String> names) {
        return list(names) + (names.size() == 1 ? " differs" : " differ");
    }

    static String list(Collection<String> names) {
        List<String> sorted = List.copyOf(names);
        int last = sorted.size() - 1;
        return last < 1
                ? String.join("", sorted)
                : String.join(", ", sorted.subList(0, last)) + " and " + sorted.get(last);
    }
}
