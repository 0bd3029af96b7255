package io.kanerva.conformance.bundle;

import io.kanerva.conformance.Agreement.Row;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.GraphDescription;
import io.kanerva.runtime.TensorDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A bundle's fused graphs, each against the two that it stands for. The four are the reference: they are compared with
 * the blocks.
 */
final class FusedGraphs {
    /** Images to memory. */
    static final String WRITE = "encoder-memory-writer";
    /** Memory, keys and noise to logits. */
    static final String READ = "reader-decoder";

    private static final String PATHS = "four graphs / fused";
    private static final long SEED = 57;

    private FusedGraphs() {}

    /**
     * Compares on random inputs; no rows if the bundle has no fused graphs.
     *
     * @param four the open graphs, by name
     */
    static Agreement compare(Path folder, Bundle bundle, Map<String, OnnxGraph> four) {
        List<Row> rows = new ArrayList<>();
        for (String name : List.of(WRITE, READ)) {
            GraphDescription description = bundle.graphs().get(name);
            if (description == null) {
                continue;
            }
            long seed = SEED;
            try (OnnxGraph fused = new OnnxGraph(Files.readAllBytes(folder.resolve(description.file())))) {
                for (Sizes sizes : Sizes.cases(bundle.settings())) {
                    Map<String, Tensor> inputs = Inputs.random(description.inputs(), sizes, seed++);
                    Map<String, Tensor> expected =
                            name.equals(WRITE) ? written(bundle, four, inputs) : read(bundle, four, inputs);
                    Map<String, Tensor> found = fused.run(inputs);
                    for (TensorDescription output : description.outputs()) {
                        rows.add(new Row(
                                PATHS,
                                name,
                                "random " + sizes,
                                Comparison.betweenFinite(
                                        output.name(),
                                        expected.get(output.name()),
                                        found.get(output.name()),
                                        Budget.of(output.name()))));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "%s: expected graph '%s', found that it cannot be read (%s)".formatted(folder, name, e), e);
            }
        }
        return new Agreement(rows);
    }

    private static Map<String, Tensor> written(Bundle bundle, Map<String, OnnxGraph> four, Map<String, Tensor> inputs) {
        Map<String, Tensor> known = new LinkedHashMap<>(four.get("encoder").run(inputs));
        known.putAll(four.get("memory-writer").run(given(bundle, "memory-writer", known)));
        return known;
    }

    private static Map<String, Tensor> read(Bundle bundle, Map<String, OnnxGraph> four, Map<String, Tensor> inputs) {
        Map<String, Tensor> known = new LinkedHashMap<>(four.get("reader").run(given(bundle, "reader", inputs)));
        known.put(
                "latent",
                Inputs.gaussian(known.get("prior_mean"), known.get("prior_log_variance"), inputs.get("noise")));
        known.putAll(four.get("decoder").run(given(bundle, "decoder", known)));
        return known;
    }

    private static Map<String, Tensor> given(Bundle bundle, String graph, Map<String, Tensor> known) {
        Map<String, Tensor> given = new LinkedHashMap<>();
        bundle.graphs().get(graph).inputs().forEach(input -> given.put(input.name(), known.get(input.name())));
        return given;
    }
}
