package io.kanerva.exporter.onnx;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import io.kanerva.exporter.trace.InputSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What a user's own program does; {@link StandaloneTest} runs it without Kanerva++ on the class path. */
public final class StandaloneExport {
    private StandaloneExport() {}

    /** Exports a small network to the file that is named. */
    public static void main(String[] arguments) throws IOException {
        try (Model model = Model.newInstance("mine");
                NDManager manager = NDManager.newBaseManager()) {
            model.setBlock(new SequentialBlock()
                    .add(Linear.builder().setUnits(4).build())
                    .add(Activation::relu)
                    .add(Linear.builder().setUnits(2).build()));
            model.getBlock().initialize(manager, DataType.FLOAT32, new Shape(1, 3));
            OnnxModel exported = OnnxExporter.export(
                    model, List.of(InputSpec.parse("x:float32[N,3]")), List.of("y"), ExportOptions.defaults());
            exported.write(Path.of(arguments[0]));
            System.out.print(exported.toText());
            exported.unproven().forEach(System.out::println);
            try {
                ExportOptions.defaults().withCheck();
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
