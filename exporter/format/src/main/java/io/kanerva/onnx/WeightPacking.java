package io.kanerva.onnx;

import com.google.protobuf.ByteString;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Stores a finished model's weights in fewer bits, with standard operators of opset 17: a {@code Cast} from float16, or
 * a {@code DequantizeLinear} of int8 values with one scale per output channel, comes between a weight and its uses. The
 * rest of the graph, its inputs and its outputs are unchanged.
 *
 * <p>Weights are the second inputs of Conv, ConvTranspose, Gemm and MatMul. Computations with keys and coordinates keep
 * their precision: there, one rounding may select another slot.
 */
public final class WeightPacking {
    /** Prefix of the names of constants, which are not a layer's weights and are not packed. */
    public static final String CONSTANT = "constant_";

    private static final Set<String> LAYERS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");
    /** Smaller tensors are not worth a node. */
    private static final int MIN_VALUES = 64;

    private static final int MAX_INT8 = 127;

    private final WeightType type;
    private final List<NodeProto> unpacking = new ArrayList<>();
    private final List<TensorProto> initializers = new ArrayList<>();

    private WeightPacking(WeightType type) {
        this.type = type;
    }

    /**
     * Packs a model's weights, except for some.
     *
     * @param model in float32
     * @param kept names of weights that stay in float32
     * @return the same model with its weights stored as {@code type}; the model itself for {@link WeightType#FLOAT32}
     * @throws IllegalArgumentException if a weight is too large for half precision or not finite, naming it
     */
    public static ModelProto pack(ModelProto model, WeightType type, Set<String> kept) {
        return type == WeightType.FLOAT32 ? model : new WeightPacking(type).packed(model, kept);
    }

    /** The names of the weights that {@link #pack} packs, in the model's order. */
    public static Set<String> weights(ModelProto model) {
        Map<String, Integer> channelAxes = channelAxes(model.getGraph());
        return model.getGraph().getInitializerList().stream()
                .filter(weight -> isWeight(weight, channelAxes))
                .map(TensorProto::getName)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Whether a tensor is packed: a layer's large float32 parameter, not a traced constant such as coordinates. */
    private static boolean isWeight(TensorProto weight, Map<String, Integer> channelAxes) {
        return channelAxes.containsKey(weight.getName())
                && weight.getDataType() == ElementType.FLOAT32.number()
                && weight.getDimsCount() >= 2
                && weight.getRawData().size() >= MIN_VALUES * Float.BYTES
                && !weight.getName().startsWith(CONSTANT);
    }

    private ModelProto packed(ModelProto model, Set<String> kept) {
        GraphProto graph = model.getGraph();
        Map<String, Integer> channelAxes = channelAxes(graph);
        for (TensorProto weight : graph.getInitializerList()) {
            if (kept.contains(weight.getName()) || !isWeight(weight, channelAxes)) {
                initializers.add(weight);
            } else if (type == WeightType.FLOAT16) {
                packHalf(weight);
            } else {
                packBytes(weight, channelAxes.get(weight.getName()));
            }
        }
        GraphProto packed = graph.toBuilder()
                .clearInitializer()
                .addAllInitializer(initializers)
                .clearNode()
                .addAllNode(unpacking)
                .addAllNode(graph.getNodeList())
                .build();
        return model.toBuilder().setGraph(packed).build();
    }

    /** The axis of output channels by weight. */
    private static Map<String, Integer> channelAxes(GraphProto graph) {
        Map<String, Integer> axes = new HashMap<>();
        for (NodeProto node : graph.getNodeList()) {
            if (LAYERS.contains(node.getOpType())) {
                boolean rows = node.getOpType().equals("Conv")
                        || node.getAttributeList().stream()
                                .anyMatch(a -> a.getName().equals("transB") && a.getI() == 1);
                axes.put(node.getInput(1), rows ? 0 : 1);
            }
        }
        return axes;
    }

    private void packHalf(TensorProto weight) {
        float[] values = values(weight);
        ByteBuffer halves = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            if (!(Math.abs(value) <= HalfFloat.MAX_VALUE)) {
                throw new IllegalArgumentException(
                        "weight '%s': expected values of at most %s for half precision, found %s"
                                .formatted(weight.getName(), HalfFloat.MAX_VALUE, value));
            }
            halves.putShort(HalfFloat.of(value));
        }
        String stored = weight.getName() + "/half";
        initializers.add(weight.toBuilder()
                .setName(stored)
                .setDataType(ElementType.FLOAT16.number())
                .setRawData(ByteString.copyFrom(halves.array()))
                .build());
        unpack("Cast", weight.getName(), List.of(stored), Nodes.integer("to", ElementType.FLOAT32.number()));
    }

    private void packBytes(TensorProto weight, int axis) {
        float[] values = values(weight);
        int channels = Math.toIntExact(weight.getDims(axis));
        int inner = 1;
        for (int i = axis + 1; i < weight.getDimsCount(); i++) {
            inner *= Math.toIntExact(weight.getDims(i));
        }
        float[] scales = new float[channels];
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException(
                        "weight '%s': expected finite values, found %s".formatted(weight.getName(), values[i]));
            }
            int channel = i / inner % channels;
            scales[channel] = Math.max(scales[channel], Math.abs(values[i]) / MAX_INT8);
        }
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            float scale = scales[i / inner % channels];
            bytes[i] = (byte) (scale == 0 ? 0 : Math.max(-MAX_INT8, Math.min(MAX_INT8, Math.round(values[i] / scale))));
        }
        String stored = weight.getName() + "/int8";
        String scale = weight.getName() + "/scale";
        initializers.add(weight.toBuilder()
                .setName(stored)
                .setDataType(ElementType.INT8.number())
                .setRawData(ByteString.copyFrom(bytes))
                .build());
        initializers.add(Tensor.of(scale, scales, channels).toProto());
        unpack("DequantizeLinear", weight.getName(), List.of(stored, scale), Nodes.integer("axis", axis));
    }

    /** Adds the node that makes a weight of what is stored. */
    private void unpack(String operator, String weight, List<String> stored, AttributeProto attribute) {
        unpacking.add(Nodes.node(operator, weight, stored, List.of(weight), List.of(attribute)));
    }

    private static float[] values(TensorProto weight) {
        return Tensor.of(weight).floats();
    }
}
