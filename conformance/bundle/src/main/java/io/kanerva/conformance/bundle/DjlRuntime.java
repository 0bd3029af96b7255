package io.kanerva.conformance.bundle;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.conformance.runtime.Readiness.State;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.EncoderOutput;
import io.kanerva.trainer.model.EncoderSettings;
import io.kanerva.trainer.model.Grid;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import io.kanerva.trainer.model.MapShape;
import io.kanerva.trainer.model.ReaderOutput;
import io.kanerva.trainer.model.WriterOutput;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * DJL's PyTorch engine as a runtime: each graph of a bundle stands for the DJL blocks that it was exported from, so it
 * needs the model of the training run. A graph that is a whole call is its blocks, one after the other; the bundle's
 * folder stands for the pipeline from images to logits. Inputs in float64 are computed in float64
 * ({@link Float64Arrays}), with the model's own float32 weights.
 */
public final class DjlRuntime extends LocalRuntime {
    /** Its name in {@code --runtimes}. */
    public static final String NAME = "djl-pytorch";

    private final Bundle bundle;
    private final KanervaModel model;

    /** @param model the model that the bundle was exported from, owned by the caller; null if there is none */
    public DjlRuntime(Bundle bundle, KanervaModel model) {
        super(new Description(NAME, "DJL's blocks on PyTorch", "pytorch", "cpu", Set.of(false), true));
        this.bundle = bundle;
        this.model = model;
    }

    /**
     * A model with this writer, which has no weights: a heap, or a pooled one without layers over the memory. Its other
     * blocks are unused, and small. The caller closes it.
     */
    static KanervaModel weightless(ModelSettings s) {
        Grid block = new Grid(s.block().height(), s.block().width());
        Grid slots = new Grid(s.slotRows(), s.slotColumns());
        EncoderSettings small = EncoderSettings.residual(1, 1);
        KanervaSettings settings = (s.writer() == Writer.HEAP
                        ? KanervaSettings.heap(
                                KeyAddressing.valueOf(s.addressing().name()),
                                shape(s.image()),
                                shape(s.memory()),
                                block,
                                slots,
                                1,
                                small)
                        : KanervaSettings.pooled(shape(s.image()), s.memory().channels(), block, slots, 1, small))
                .withKeys(s.keys());
        return new KanervaModel(s.scaleCells() == 2 ? settings.withGist() : settings, Device.cpu(), 1);
    }

    private static MapShape shape(Planes planes) {
        return new MapShape(planes.channels(), planes.height(), planes.width());
    }

    @Override
    public Readiness prepare(boolean install) {
        return model == null
                ? new Readiness(State.ABSENT, "it needs the model that the bundle was exported from: --run RUN")
                : Readiness.READY;
    }

    @Override
    public String about() {
        return "PyTorch %s, %s".formatted(Engine.getEngine("PyTorch").getVersion(), super.about());
    }

    KanervaModel model() {
        return model;
    }

    @Override
    List<Tensor> answer(Job job, Map<String, Tensor> inputs) {
        if (Files.isDirectory(job.model())) {
            return pipeline(inputs);
        }
        String graph = FourGraphs.name(bundle, job.model());
        return FourGraphs.outputs(
                bundle,
                graph,
                HostSide.NAMES.contains(graph)
                        ? new HostSide(bundle.settings()).run(graph, inputs, this::block)
                        : block(graph, inputs));
    }

    /** Runs the block of one of the four graphs, in float64 if its inputs are, and returns all outputs by name. */
    Map<String, Tensor> block(String graph, Map<String, Tensor> inputs) {
        try (NDManager scratch = model.manager().newSubManager()) {
            NDList arrays = new NDList();
            for (TensorDescription input : bundle.graphs().get(graph).inputs()) {
                Tensor tensor = inputs.get(input.name());
                if (tensor == null) {
                    throw new IllegalArgumentException("input '%s' is missing".formatted(input.name()));
                }
                arrays.add(DjlTensors.toArray(tensor, scratch));
            }
            NDList results = arrays.head().getDataType() == DataType.FLOAT64
                    ? wide(block(graph), arrays, scratch)
                    : model.run(block(graph), arrays.toArray(NDArray[]::new));
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            for (TensorDescription output : bundle.graphs().get(graph).outputs()) {
                outputs.put(output.name(), DjlTensors.copyOf(results.get(outputs.size())));
            }
            return outputs;
        }
    }

    private static NDList wide(Block block, NDList inputs, NDManager scratch) {
        NDList wide = new NDList();
        inputs.forEach(input -> wide.add(Float64Arrays.of(input)));
        return Float64Arrays.engineArrays(block.forward(Float64Arrays.parameters(scratch), wide, false));
    }

    private Block block(String graph) {
        Map<String, Block> blocks = Map.of(
                BundleGraph.ENCODER.label(), model.encoder(),
                BundleGraph.MEMORY_WRITER.label(), model.writer(),
                BundleGraph.READER.label(), model.reader(),
                BundleGraph.DECODER.label(), model.decoder());
        if (!blocks.containsKey(graph)) {
            throw new IllegalArgumentException(
                    "graph '%s': expected one of a model's four, found another".formatted(graph));
        }
        return blocks.get(graph);
    }

    private List<Tensor> pipeline(Map<String, Tensor> inputs) {
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray keyNoise = DjlTensors.toArray(inputs.get(KanervaRuntime.KEY_NOISE), scratch);
            NDArray latentNoise = DjlTensors.toArray(inputs.get(KanervaRuntime.LATENT_NOISE), scratch);
            NDArray images = DjlTensors.toArray(inputs.get(KanervaRuntime.EPISODES), scratch);
            EncoderOutput encoded = model.encode(images, false);
            WriterOutput written = model.write(encoded.content(), false);
            NDArray keys = model.sampleKeys(encoded, written, keyNoise);
            ReaderOutput read = model.read(written.memory(), keys, false);
            NDArray latent = encoded.latentMean()
                    .add(encoded.latentLogVariance().mul(0.5f).exp().mul(latentNoise));
            NDArray logits = model.decode(latent, read.traces());
            return KanervaRuntime.steps(
                    DjlTensors.copyOf(written.memory()),
                    DjlTensors.copyOf(keys),
                    DjlTensors.copyOf(read.traces()),
                    DjlTensors.copyOf(latent),
                    DjlTensors.copyOf(logits));
        }
    }

    /** The terms of the bound of one episode, whose images are written and read back. */
    BoundTerms bound(BundleBound.Episode episode) {
        try (NDManager scratch = model.manager().newSubManager()) {
            ElboTerms terms = model.pass(
                    array(scratch, episode.images()),
                    array(scratch, episode.keyNoise()),
                    array(scratch, episode.latentNoise()),
                    false);
            return new BoundTerms(doubles(terms.reconstruction()), doubles(terms.klKeys()), doubles(terms.klLatent()));
        }
    }

    private static NDArray array(NDManager manager, FloatTensor tensor) {
        return manager.create(
                tensor.data(),
                new Shape(Arrays.stream(tensor.shape()).asLongStream().toArray()));
    }

    private static double[] doubles(NDArray array) {
        float[] values = array.toFloatArray();
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
