package io.kanerva.bundle;

import ai.djl.Device;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.WeightPacking;
import io.kanerva.onnx.WeightType;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.PlanEdit;
import io.kanerva.trainer.train.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a model's weights back from a bundle's graphs, so that its training can go on. A graph has most of them under
 * their blocks' names. Those that it has multiplied by fixed factors ({@link KanervaModel#factors}) are constants there
 * and are divided again; the factors are powers of two, so nothing is rounded.
 */
public final class BundleWeights {
    /** The file with the plan of the bundle's run; bundles of models without a run have none. */
    public static final String PLAN = "plan.json";

    private final Path folder;
    private final JsonNode json;

    private BundleWeights(Path folder, JsonNode json) {
        this.folder = folder;
        this.json = json;
    }

    /** Whether a folder has a bundle.json. */
    public static boolean isBundle(Path folder) {
        return Files.isRegularFile(folder.resolve(BundleDescription.FILE));
    }

    /**
     * Reads bundle.json.
     *
     * @throws BundleExportException if that is none of this format
     */
    public static BundleWeights of(Path folder) {
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(Files.readAllBytes(folder.resolve(BundleDescription.FILE)));
        } catch (IOException e) {
            throw new BundleExportException(
                    "%s: expected a bundle, found no readable %s (%s)".formatted(folder, BundleDescription.FILE, e), e);
        }
        if (!json.path("format").asText().equals(BundleDescription.FORMAT)
                || json.path("formatVersion").asInt() != BundleDescription.FORMAT_VERSION) {
            throw new BundleExportException("%s: expected a %s of format %d, found '%s' of %s"
                    .formatted(
                            folder,
                            BundleDescription.FORMAT,
                            BundleDescription.FORMAT_VERSION,
                            json.path("format").asText(),
                            json.path("formatVersion").asText("no format")));
        }
        return new BundleWeights(folder, json);
    }

    /** How the weights are stored: {@code float32}, or fewer bits, in which they were rounded. */
    public String type() {
        return json.path("weights").asText(WeightType.FLOAT32.onnxName());
    }

    /**
     * The plan of the run, if the bundle carries it.
     *
     * @throws BundleExportException if it was changed, or is none of this version
     */
    public Optional<TrainingPlan> plan() {
        if (!json.path("files").has(PLAN)) {
            return Optional.empty();
        }
        try {
            return Optional.of(PlanEdit.parse(new String(read(PLAN), StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException e) {
            throw new BundleExportException(
                    "%s, %s: expected a plan of this version, found another: %s"
                            .formatted(folder, PLAN, e.getMessage()),
                    e);
        }
    }

    /**
     * The weights as a checkpoint, without the state of an optimiser.
     *
     * @param plan with the settings of the bundle's model
     * @throws BundleExportException if the plan's model is not the bundle's, or files are damaged
     */
    public Checkpoint checkpoint(TrainingPlan plan) {
        if (!BundleDescription.settings(plan.settings()).equals(json.path("settings"))) {
            throw new BundleExportException("%s: expected the plan of a model with the settings %s, found %s"
                    .formatted(folder, json.path("settings"), BundleDescription.settings(plan.settings())));
        }
        String kind = plan.averageDecay() > 0 ? "average/" : "parameter/";
        Map<String, float[]> arrays = new LinkedHashMap<>();
        try (KanervaModel model = new KanervaModel(plan.settings(), Device.cpu(), plan.seed())) {
            Map<Parameter, String> keys = new IdentityHashMap<>();
            model.parameters().forEach((name, parameter) -> keys.put(parameter, name));
            Map<String, float[]> factors = model.factors();
            for (GraphSpec spec : GraphSpec.of(model)) {
                Weights weights = new Weights(folder + ", " + spec.file(), graph(spec.file()));
                Map<Parameter, String> paths = new IdentityHashMap<>();
                Block block = spec.block(model);
                collect(block, "", paths);
                List<Parameter> ordered = new ArrayList<>(block.getParameters().values());
                for (Parameter parameter : ordered) {
                    String key = keys.get(parameter);
                    arrays.put(
                            kind + key,
                            weights.take(
                                    paths.get(parameter), parameter.getShape().getShape(), factors.get(key)));
                }
                weights.requireAllTaken();
            }
        }
        JsonNode origin = json.path("provenance");
        return new Checkpoint(
                plan, origin.path("steps").asInt(), origin.path("minutes").asDouble() * 60, 0, arrays);
    }

    private ModelProto graph(String file) {
        try {
            return ModelProto.parseFrom(read(file));
        } catch (IOException e) {
            throw new BundleExportException(
                    "%s, %s: expected an ONNX graph, found a malformed one (%s)"
                            .formatted(folder, file, e.getMessage()),
                    e);
        }
    }

    private byte[] read(String file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(folder.resolve(file));
        } catch (IOException e) {
            throw new BundleExportException(
                    "%s: expected '%s', found no readable one (%s)".formatted(folder, file, e), e);
        }
        if (!BundleFolder.digest(bytes).equals(json.path("files").path(file).asText())) {
            throw new BundleExportException("%s: expected '%s' with the SHA-256 that %s states, found a changed file"
                    .formatted(folder, file, BundleDescription.FILE));
        }
        return bytes;
    }

    /** The names under which a graph has the parameters: as the exporter names them, without DJL's numbers. */
    private static void collect(Block block, String path, Map<Parameter, String> paths) {
        for (Pair<String, Parameter> own : block.getDirectParameters()) {
            paths.putIfAbsent(own.getValue(), path + own.getKey());
        }
        for (Pair<String, Block> child : block.getChildren()) {
            collect(child.getValue(), path + child.getKey().replaceFirst("^\\d+(?=[^\\d])", "") + "/", paths);
        }
    }

    /** The float32 values of a graph's weights, of which each is taken once. */
    private static final class Weights {
        private final String place;
        private final Map<String, Tensor> all = new LinkedHashMap<>();
        private final Set<String> left = new LinkedHashSet<>();

        Weights(String place, ModelProto model) {
            this.place = place;
            model.getGraph().getInitializerList().forEach(tensor -> all.put(tensor.getName(), Tensor.of(tensor)));
            for (NodeProto node : model.getGraph().getNodeList()) {
                Tensor stored = node.getInputCount() == 0 ? null : all.get(node.getInput(0));
                if (stored != null && node.getOpType().equals("Cast") && stored.type() == ElementType.FLOAT16) {
                    all.put(node.getOutput(0), Tensor.of(floats(stored.doubles()), stored.shape()));
                    all.remove(node.getInput(0));
                } else if (stored != null && node.getOpType().equals("DequantizeLinear")) {
                    all.put(node.getOutput(0), dequantized(node, stored, all.get(node.getInput(1))));
                    all.remove(node.getInput(0));
                    all.remove(node.getInput(1));
                }
            }
            all.forEach((name, tensor) -> {
                if (tensor.type() == ElementType.FLOAT32 && !name.startsWith(WeightPacking.CONSTANT)) {
                    left.add(name);
                }
            });
        }

        private static Tensor dequantized(NodeProto node, Tensor stored, Tensor scales) {
            int axis = node.getAttributeList().stream()
                    .filter(attribute -> attribute.getName().equals("axis"))
                    .mapToInt(attribute -> (int) attribute.getI())
                    .findFirst()
                    .orElse(1);
            int inner = Math.toIntExact(
                    Arrays.stream(stored.shape()).skip(axis + 1L).reduce(1, Math::multiplyExact));
            float[] by = scales.floats();
            float[] values = floats(stored.doubles());
            for (int i = 0; i < values.length; i++) {
                values[i] *= by[i / inner % by.length];
            }
            return Tensor.of(values, stored.shape());
        }

        private static float[] floats(double[] exact) {
            float[] values = new float[exact.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) exact[i];
            }
            return values;
        }

        /** @param factors of the outputs, by which the graph's values are divided; null for none */
        float[] take(String name, long[] shape, float[] factors) {
            Tensor found = factors == null ? all.get(name) : constant(name, shape);
            if (found == null || !Arrays.equals(found.shape(), shape)) {
                throw new BundleExportException("%s: expected the weight '%s' of shape %s, found %s"
                        .formatted(
                                place,
                                name,
                                Arrays.toString(shape),
                                found == null ? "none" : Arrays.toString(found.shape())));
            }
            left.remove(name);
            float[] values = found.floats().clone();
            for (int i = 0; factors != null && i < values.length; i++) {
                values[i] /= factors[(int) ((long) i * factors.length / values.length)];
            }
            return values;
        }

        /** The only constant of a shape: a weight that the graph has multiplied by factors has no name there. */
        private Tensor constant(String name, long[] shape) {
            List<Tensor> alike = all.entrySet().stream()
                    .filter(tensor -> tensor.getKey().startsWith(WeightPacking.CONSTANT)
                            && tensor.getValue().type() == ElementType.FLOAT32
                            && Arrays.equals(tensor.getValue().shape(), shape))
                    .map(Map.Entry::getValue)
                    .toList();
            if (alike.size() != 1) {
                throw new BundleExportException("%s: expected one constant of shape %s for the weight '%s', found %d"
                        .formatted(place, Arrays.toString(shape), name, alike.size()));
            }
            return alike.get(0);
        }

        void requireAllTaken() {
            if (!left.isEmpty()) {
                throw new BundleExportException(
                        "%s: expected the weights of the plan's model, found further ones: %s".formatted(place, left));
            }
        }
    }
}
