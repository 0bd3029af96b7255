package io.kanerva.conformance.bundle;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.translate.NoopTranslator;
import ai.onnxruntime.OrtEnvironment;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A program: DJL's OnnxRuntime engine, speaking the protocol of {@code conformance/runtimes/README.md}. It needs a JVM
 * of its own, because that engine and our runtime would each set up the process's only ONNX Runtime environment; so
 * nothing here touches io.kanerva.runtime. The engine itself comes from the runtime's folder.
 */
public final class RunDjlJobs {
    private static final String ENGINE = "OnnxRuntime";

    private RunDjlJobs() {}

    /** @param arguments the file of jobs */
    public static void main(String[] arguments) throws IOException {
        Engine.getEngine(ENGINE); // sets up the environment, which knows the version of what is really loaded
        say(
                "about",
                "DJL's engine on onnxruntime %s, Java %s"
                        .formatted(OrtEnvironment.getEnvironment().getVersion(), Runtime.version()));
        int number = 0;
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] fields = line.split("\t");
            try {
                run(Path.of(fields[0]), Path.of(fields[1]), Path.of(fields[2]), fields[3].equals("on"));
                say("done", Integer.toString(number));
            } catch (Exception e) { // whatever the engine throws is its answer to this case
                say("failed", number + "\t" + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            }
            number++;
        }
    }

    private static void run(Path file, Path inputs, Path outputs, boolean optimised) throws Exception {
        try (Model model = Model.newInstance("case", Device.cpu(), ENGINE)) {
            model.load(
                    file.toAbsolutePath(),
                    null,
                    Map.of(
                            "interOpNumThreads",
                            "1",
                            "intraOpNumThreads",
                            "1",
                            "optLevel",
                            optimised ? "ALL_OPT" : "NO_OPT"));
            try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
                    NDManager scratch = model.getNDManager().newSubManager()) {
                NDList given = new NDList();
                for (int i = 0; Files.exists(inputs.resolve("input_" + i + ".pb")); i++) {
                    Tensor input = Tensor.read(inputs.resolve("input_" + i + ".pb"));
                    NDArray array = DjlTensors.toArray(input, scratch);
                    array.setName(input.name()); // the engine matches by name only if the first one has one
                    given.add(array);
                }
                int i = 0;
                for (NDArray output : predictor.predict(given)) {
                    DjlTensors.copyOf(output)
                            .named(output.getName() == null ? "" : output.getName())
                            .write(outputs.resolve("output_" + i++ + ".pb"));
                }
            }
        }
    }

    private static void say(String kind, String rest) {
        System.out.println(kind + "\t" + rest);
        System.out.flush();
    }
}
