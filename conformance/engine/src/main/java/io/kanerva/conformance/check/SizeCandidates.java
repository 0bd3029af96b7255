package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.TensorProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes to try where a model fixes an open dimension by its own arithmetic: those that the engine's refusal names,
 * those of the model's weights and constants, and usual ones.
 */
final class SizeCandidates {
    /** Number of candidates that are tried in one run of the engine. */
    static final int AT_ONCE = 40;

    private static final int MAX_TRIES = 240;
    private static final int MAX_SIZE = 4096;
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w.])\\d{1,4}(?![\\w.])");
    private static final List<Integer> USUAL = List.of(
            1, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 28, 32, 48, 50, 64, 80, 96, 100, 128, 160, 200, 224, 256, 320, 384,
            400, 480, 512, 576, 640, 768, 1024);

    private SizeCandidates() {}

    /**
     * One try.
     *
     * @param sizes of open dimensions; any other is as without trying
     * @param bound whole numbers of unknown meaning are below it
     */
    record Try(Map<String, Integer> sizes, long bound) {}

    /**
     * What to try, the likeliest first.
     *
     * @param free names of dimensions whose sizes may be chosen
     * @param refusal the engine's message at the first sizes
     * @param bound of whole numbers at the first try
     */
    static List<Try> candidates(ModelProto model, Set<String> free, String refusal, long bound) {
        List<Try> tries = new ArrayList<>(List.of(new Try(Map.of(), 2), new Try(Map.of(), 1)));
        Set<Integer> numbers = new LinkedHashSet<>();
        Matcher matcher = NUMBER.matcher(refusal);
        while (matcher.find()) {
            add(numbers, Long.parseLong(matcher.group()));
        }
        Set<Integer> own = new LinkedHashSet<>();
        collect(model.getGraph(), own);
        own.stream().limit(40).forEach(numbers::add);
        numbers.addAll(USUAL);
        for (int number : numbers) {
            for (String name : free) {
                tries.add(new Try(Map.of(name, number), bound));
            }
            if (free.size() > 1) {
                Map<String, Integer> all = new LinkedHashMap<>();
                free.forEach(name -> all.put(name, number));
                tries.add(new Try(all, bound));
            }
        }
        return tries.subList(0, Math.min(tries.size(), MAX_TRIES));
    }

    private static void collect(GraphProto graph, Set<Integer> numbers) {
        for (TensorProto weight : graph.getInitializerList()) {
            collect(weight, numbers);
        }
        graph.getNodeList().stream()
                .flatMap(node -> node.getAttributeList().stream())
                .forEach(attribute -> collect(attribute, numbers));
    }

    private static void collect(AttributeProto attribute, Set<Integer> numbers) {
        if (attribute.hasT()) {
            collect(attribute.getT(), numbers);
        }
        attribute.getIntsList().forEach(size -> add(numbers, size));
        add(numbers, attribute.getI());
    }

    private static void collect(TensorProto tensor, Set<Integer> numbers) {
        tensor.getDimsList().forEach(size -> add(numbers, size));
        if (tensor.getDataType() == ElementType.INT64.number()
                && tensor.getDimsList().stream().allMatch(size -> size < 10)
                && tensor.getDimsCount() < 2
                && tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
            for (long value : Tensor.of(tensor).longs()) {
                add(numbers, value);
            }
        }
    }

    private static void add(Set<Integer> numbers, long size) {
        if (size > 0 && size <= MAX_SIZE) {
            numbers.add((int) size);
        }
    }
}
