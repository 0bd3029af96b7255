package io.kanerva.conformance.bundle;

import io.kanerva.conformance.Budget;
import io.kanerva.runtime.Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The cases of a bundle: its golden vectors, which PyTorch computed, and fresh random inputs. */
public final class BundleCases {
    private static final Set<String> IMAGES = Set.of("images");

    private BundleCases() {}

    /**
     * All graphs' cases, graph by graph.
     *
     * @param folder the bundle
     * @param random how many random cases each graph gets; their sizes go from one full memory to several small ones
     * @param seed of the first random case of the first graph
     * @param scratch where random inputs are written
     * @throws IOException if a file is missing or cannot be understood
     */
    public static List<Case> of(Path folder, Bundle bundle, int random, long seed, Path scratch) throws IOException {
        List<Case> cases = new ArrayList<>();
        long next = seed;
        for (String graph : bundle.graphs().keySet()) {
            Path model = folder.resolve(bundle.graphs().get(graph).file());
            Path vectors = folder.resolve("vectors").resolve(graph);
            if (Files.isDirectory(vectors)) {
                cases.addAll(Case.of(graph, model, vectors, Optional.empty()));
            }
            for (int i = 0; i < random; i++) {
                RandomCases.make(
                                graph,
                                model,
                                sizes(bundle.settings().capacity(), i),
                                IMAGES,
                                next++,
                                Optional.empty(),
                                scratch)
                        .ifPresent(cases::add);
            }
        }
        cases.replaceAll(given -> given.measuringByOne(Budget.MEASURED_BY_ONE));
        return cases;
    }

    private static Map<String, Integer> sizes(int capacity, int index) {
        int most = capacity == Integer.MAX_VALUE ? 32 : capacity;
        return index % 2 == 0
                ? Map.of("B", 1 + index, "T", most, "Q", 7)
                : Map.of("B", 2 + index, "T", Math.min(most, 2), "Q", 5);
    }
}
