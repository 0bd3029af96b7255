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
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.RunJobs;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.onnx.CompositeValue;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * DJL's OnnxRuntime engine, and the program that serves it with the protocol of {@code conformance/runtimes/README.md}.
 * It needs a separate JVM, because that engine and our runtime would each set up the process's only ONNX Runtime
 * environment; so nothing here uses io.kanerva.runtime. The engine itself comes from the runtime's folder.
 */
public final class DjlOnnxRuntime extends LocalRuntime {
    private static final String ENGINE = "OnnxRuntime";

    private DjlOnnxRuntime() {
        super(new Description(
                "djl-onnxruntime", "DJL's OnnxRuntime engine", "onnxruntime", "cpu", Set.of(false, true), false));
        Engine.getEngine(ENGINE); // sets up the environment, which reports the version that is really loaded
    }

    /** @param arguments the file of jobs */
    public static void main(String[] arguments) throws IOException {
        RunJobs.serve(new DjlOnnxRuntime(), Path.of(arguments[0]));
    }

    @Override
    public String about() {
        return "DJL's engine on onnxruntime %s, Java %s"
                .formatted(OrtEnvironment.getEnvironment().getVersion(), Runtime.version());
    }

    @Override
    List<Tensor> answer(Job job, Map<String, Tensor> inputs) throws Exception {
        List<ValueInfoProto> declared = OnnxFiles.read(job.model()).getGraph().getOutputList();
        for (ValueInfoProto output : declared) {
            if (CompositeValue.isComposite(output.getType())) {
                throw new Limit("DJL has only arrays, and output '%s' is none".formatted(output.getName()), null);
            }
        }
        try (Model model = Model.newInstance("case", Device.cpu(), ENGINE)) {
            Map<String, String> options = Map.of(
                    "interOpNumThreads",
                    "1",
                    "intraOpNumThreads",
                    "1",
                    "optLevel",
                    job.optimised() ? "ALL_OPT" : "NO_OPT");
            model.load(job.model().toAbsolutePath(), null, options);
            try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
                    NDManager scratch = model.getNDManager().newSubManager()) {
                NDList arrays = new NDList();
                for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                    NDArray array = array(input.getValue(), scratch);
                    array.setName(input.getKey()); // the engine matches inputs by name only if the first has one
                    arrays.add(array);
                }
                List<Tensor> outputs = new ArrayList<>();
                for (NDArray output : predictor.predict(arrays)) {
                    outputs.add(DjlTensors.copyOf(output).named(output.getName() == null ? "" : output.getName()));
                }
                if (outputs.size() != declared.size()) { // without inputs, it does not run the model
                    throw new IllegalStateException("DJL's engine gives %d outputs of a model with %d"
                            .formatted(outputs.size(), declared.size()));
                }
                return outputs;
            }
        }
    }

    private static NDArray array(Tensor tensor, NDManager manager) throws Limit {
        try {
            return DjlTensors.toArray(tensor, manager);
        } catch (IllegalArgumentException | UnsupportedOperationException e) {
            throw new Limit("DJL has no arrays like input '%s', %s".formatted(tensor.name(), tensor), e);
        }
    }
}
