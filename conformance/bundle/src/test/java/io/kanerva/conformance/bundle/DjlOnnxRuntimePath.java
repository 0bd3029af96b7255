package io.kanerva.conformance.bundle;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import io.kanerva.conformance.Agreement.Row;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.TensorProto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A program: runs the vectors of the bundles named on its command line through DJL's OnnxRuntime engine and prints how
 * far it is from PyTorch; exit status 1 if an output misses its budget. In a JVM of its own, because that engine and
 * our runtime would each set up the process's only ONNX Runtime environment. So nothing here touches
 * io.kanerva.runtime.
 */
final class DjlOnnxRuntimePath {
    static final String PATHS = "PyTorch / DJL OnnxRuntime";

    private DjlOnnxRuntimePath() {}

    public static void main(String[] bundles) throws Exception {
        boolean holds = true;
        for (String bundle : bundles) {
            List<Row> rows = new ArrayList<>();
            for (String graph : Inputs.GRAPHS) {
                compare(Path.of(bundle), graph, rows);
            }
            Agreement found = new Agreement(rows);
            System.out.printf("%s%n%s%n", bundle, found.toText());
            found.failures().forEach(row -> System.out.println(row.describe()));
            holds &= found.holds();
        }
        System.exit(holds ? 0 : 1);
    }

    private static void compare(Path bundle, String graph, List<Row> rows) throws Exception {
        try (Model model = Model.newInstance(graph, Device.cpu(), "OnnxRuntime")) {
            model.load(bundle, graph);
            try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
                    NDManager scratch = model.getNDManager().newSubManager()) {
                for (int n = 0; Files.isDirectory(set(bundle, graph, n)); n++) {
                    NDList inputs = new NDList();
                    tensors(set(bundle, graph, n), "input_").forEach((name, tensor) -> {
                        NDArray array = scratch.create(tensor.floats(), new Shape(tensor.shape()));
                        array.setName(name); // the engine matches inputs by name only if the first one has one
                        inputs.add(array);
                    });
                    NDList outputs = predictor.predict(inputs);
                    String label = "vectors " + n;
                    tensors(set(bundle, graph, n), "output_").forEach((name, expected) -> {
                        NDArray found = outputs.stream()
                                .filter(output -> name.equals(output.getName()))
                                .findFirst()
                                .orElse(null);
                        Tensor values = found == null
                                ? null
                                : Tensor.of(
                                        found.toFloatArray(), found.getShape().getShape());
                        rows.add(new Row(
                                PATHS,
                                graph,
                                label,
                                Comparison.betweenFinite(name, expected, values, Budget.of(name))));
                    });
                }
            }
        }
    }

    private static Path set(Path bundle, String graph, int n) {
        return bundle.resolve("vectors/%s/test_data_set_%d".formatted(graph, n));
    }

    private static Map<String, Tensor> tensors(Path set, String prefix) throws Exception {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; Files.exists(set.resolve(prefix + i + ".pb")); i++) {
            TensorProto proto = TensorProto.parseFrom(Files.readAllBytes(set.resolve(prefix + i + ".pb")));
            tensors.put(proto.getName(), Tensor.of(proto));
        }
        return tensors;
    }
}
