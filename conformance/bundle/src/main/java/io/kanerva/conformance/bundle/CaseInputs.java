package io.kanerva.conformance.bundle;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.KeyGeometry;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.TensorDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the inputs of a bundle's cases, at chosen sizes of the dynamic dimensions B, T and Q.
 *
 * @param folder the bundle
 * @param scratch where inputs are written
 */
record CaseInputs(Path folder, Path scratch, Bundle bundle) {
    /** Graphs are traced at sizes from 2 to 24, so these were never traced in at least one dimension each. */
    private static final int NEVER_TRACED = 25;

    /** The most values that a case decodes: 64 MiB, of which a comparison holds several times as much. */
    private static final long MAX_DECODED = 1 << 24;

    private static final Set<String> UNIT = Set.of(BundleGraph.IMAGES, BundleGraph.CONTENTS, BundleGraph.QUERIES);

    /** A graph's file. */
    Path file(String graph) {
        return folder.resolve(bundle.graphs().get(graph).file());
    }

    /** A folder of golden vectors. */
    Path vectors(String graph, int set) {
        return folder.resolve("vectors").resolve(graph).resolve("test_data_set_" + set);
    }

    /** The samples that a memory holds in training. */
    int capacity() {
        ModelSettings settings = bundle.settings();
        return settings.slotRows() * settings.slotColumns() / settings.keys();
    }

    /**
     * Sizes at which graphs are compared: the smallest, the largest that fits a memory, and some in between. Of large
     * images there are fewer.
     */
    List<Map<String, Integer>> everySize() {
        int capacity = capacity();
        return List.of(
                sizes(1, 1, 1),
                sizes(2, Math.min(capacity, NEVER_TRACED + 2), NEVER_TRACED + 4),
                sizes(NEVER_TRACED, Math.min(capacity, 2), 3),
                sizes(1, capacity, NEVER_TRACED));
    }

    /** The numbers of episodes, written samples and reads, and the height of the memories. */
    Map<String, Integer> sizes(int b, int t, int q) {
        int[] few = few(b, q, decodedValues());
        int height = bundle.settings().memoryHeight(t);
        return Map.of("B", few[0], "T", t, "Q", few[1], "N", few[1], "H", height);
    }

    /** Limits the episodes, and the reads in each, so that all reads together decode to a bounded number of values. */
    static int[] few(int episodes, int reads, long decodedValues) {
        int most = (int) Math.max(1, MAX_DECODED / decodedValues);
        int b = Math.min(episodes, most);
        return new int[] {b, Math.min(reads, most / b)};
    }

    /** Whether images are so large that fewer are compared, and one case at a time. */
    boolean isLarge() {
        return decodedValues() * NEVER_TRACED > MAX_DECODED;
    }

    /** The values that a decoder returns for one image. */
    long decodedValues() {
        return bundle.graphs().get(BundleGraph.DECODER.label()).outputs().get(0).shape().stream()
                .skip(2)
                .mapToLong(Long::parseLong)
                .reduce(1, Math::multiplyExact);
    }

    /** Keys [B, Q, K, 3] from the prior as a reader of memories of that height takes them. */
    Tensor dereferenced(Tensor keys, int memoryHeight) {
        ModelSettings settings = bundle.settings();
        float[] numbers = keys.floats();
        for (int i = 0; settings.grows() && i < numbers.length; i += 3) {
            numbers[i + 1] = KeyGeometry.cell(numbers[i + 1], settings.slotColumns());
            numbers[i + 2] = KeyGeometry.cell(numbers[i + 2], settings.slotRows(memoryHeight));
        }
        return Tensor.of(numbers, keys.shape());
    }

    /** For a table, for example {@code B=1 T=15 Q=15}. */
    static String label(Map<String, Integer> sizes) {
        return "B=%d T=%d Q=%d".formatted(sizes.get("B"), sizes.get("T"), sizes.get("Q"));
    }

    /** A tensor's shape at these sizes. */
    static long[] shape(TensorDescription tensor, Map<String, Integer> sizes) {
        return tensor.shape().stream()
                .mapToLong(size -> sizes.containsKey(size) ? sizes.get(size) : Long.parseLong(size))
                .toArray();
    }

    /** Standard normal values. */
    static Tensor normal(NormalSampler sampler, long... shape) {
        return FloatTensors.of(
                "",
                sampler.tensor(Arrays.stream(shape).mapToInt(Math::toIntExact).toArray()));
    }

    /** One case per graph and size, on random inputs. */
    List<Case> everySize(Iterable<String> graphs, long seed, ModelRuntime reference, Budget budget) throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String graph : graphs) {
            for (Map<String, Integer> sizes : everySize()) {
                cases.addAll(random(graph, sizes, seed + cases.size(), reference, budget));
            }
        }
        return cases;
    }

    /** A graph on random inputs, images having values in (0, 1); none if an input is not float32. */
    List<Case> random(String graph, Map<String, Integer> sizes, long seed, ModelRuntime reference, Budget budget)
            throws IOException {
        Path inputs = scratch.resolve(reference.name().replace(' ', '-'));
        return Case.random(graph, file(graph), sizes, UNIT, seed, Optional.of(budget), inputs).stream()
                .map(testCase -> testCase.against(reference))
                .toList();
    }

    /** A case with these inputs. */
    Case of(String graph, Path model, String label, List<Tensor> inputs, ModelRuntime reference, Budget budget)
            throws IOException {
        Path written = TensorFolder.write(
                scratch.resolve("%s-%s".formatted(graph, label.replace(' ', '-'))), TensorFolder.INPUT, inputs);
        return new Case(graph, label, model, written, List.of(), reference, budget);
    }
}
