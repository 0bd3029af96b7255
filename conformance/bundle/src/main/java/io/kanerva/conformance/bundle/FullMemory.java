package io.kanerva.conformance.bundle;

import ai.djl.Device;
import io.kanerva.conformance.Agreement.Row;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import io.kanerva.trainer.model.Addressing;
import io.kanerva.trainer.model.EncoderSettings;
import io.kanerva.trainer.model.Grid;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.MapShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A heap's memory-writer, written to its last slot. Golden vectors fill a few slots only, and a heap's writer has no
 * weights: what it computes follows from the settings, so DJL's block can be made without the training run.
 */
final class FullMemory {
    private static final long SEED = 73;

    private FullMemory() {}

    /** Compares on random content; no rows for a writer that learns. */
    static Agreement compare(Bundle bundle, OnnxGraph writer) {
        ModelSettings s = bundle.settings();
        if (s.writer() != ModelSettings.Writer.HEAP) {
            return new Agreement(List.of());
        }
        // The other blocks are of no use here, and so are small.
        KanervaSettings settings = KanervaSettings.heap(
                        shape(s.image()),
                        shape(s.memory()),
                        new Grid(s.block().height(), s.block().width()),
                        new Grid(s.slotRows(), s.slotColumns()),
                        1,
                        EncoderSettings.residual(1, 1))
                .withKeys(s.keys())
                .withAddressing(Addressing.valueOf(s.addressing().name()));
        settings = s.scaleCells() == 2 ? settings.withGist() : settings;
        Sizes sizes = new Sizes(2, s.capacity(), 1);
        List<Row> rows = new ArrayList<>();
        try (KanervaModel model = new KanervaModel(settings, Device.cpu(), 1)) {
            Map<String, Tensor> inputs =
                    Inputs.random(bundle.graphs().get("memory-writer").inputs(), sizes, SEED);
            Map<String, Tensor> found = writer.run(inputs);
            new ModelPath(model, bundle)
                    .run("memory-writer", inputs)
                    .forEach((output, expected) -> rows.add(new Row(
                            BundleVerification.PYTORCH + " / " + BundleVerification.ONNX_RUNTIME,
                            "memory-writer",
                            "random " + sizes,
                            Comparison.betweenFinite(
                                    output, expected, found.get(output), Budget.of(output, bundle, expected)))));
        }
        return new Agreement(rows);
    }

    private static MapShape shape(Planes planes) {
        return new MapShape(planes.channels(), planes.height(), planes.width());
    }
}
