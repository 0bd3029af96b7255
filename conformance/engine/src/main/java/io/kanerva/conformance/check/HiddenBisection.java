package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds where a runtime goes wrong without making any value between an output: an output cannot be fused away, so a
 * fault of an optimiser disappears when values are exposed. The model is cut after ever earlier nodes, which leaves
 * everything before hidden; then from the front, where values that the reference computed are given instead.
 */
public final class HiddenBisection {
    private final Trial trial;
    private final ModelRuntime reference;
    private final ModelProto model;
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Path scratch;

    /**
     * What was found.
     *
     * @param node the last one of the smallest prefix that differs, its name and operator
     * @param nodes operators of the smallest part that differs
     * @param comparison of that node's value
     * @param part that smallest part
     * @param expected what the reference gives for it
     */
    public record Result(String node, List<String> nodes, Comparison comparison, SubModelFiles part, Tensor expected) {
        /** The result in one sentence, without the passes of the optimiser. */
        public String describe() {
            return "differs only while intermediate values stay hidden: from %s on, in the nodes %s: '%s' %s"
                    .formatted(node, String.join(", ", nodes), comparison.output(), comparison.describe());
        }
    }

    /** A model and the values of its inputs, which can be written. */
    public static final class SubModelFiles {
        private final SubModel part;

        SubModelFiles(SubModel part) {
            this.part = part;
        }

        /**
         * Writes the model and its vectors in the ONNX project's layout.
         *
         * @param expected the output
         * @throws IOException if that is impossible
         */
        public Path write(Path folder, Tensor expected) throws IOException {
            Path set = folder.resolve("test_data_set_0");
            TensorFolder.write(set, TensorFolder.INPUT, part.inputs());
            TensorFolder.write(set, TensorFolder.OUTPUT, List.of(expected));
            return Files.write(
                    folder.resolve("model.onnx"), part.giving(expected).toByteArray());
        }

        SubModel part() {
            return part;
        }
    }

    /**
     * For one case.
     *
     * @param reference runs without optimisations
     * @param suspect the runtime that differs
     * @param optimised whether its optimisations are on
     * @param failed the case
     * @param scratch folder for parts of the model, used by this only
     * @throws IOException if the model or its inputs cannot be read
     */
    public HiddenBisection(ModelRuntime reference, ModelRuntime suspect, boolean optimised, Case failed, Path scratch)
            throws IOException {
        this.reference = reference;
        this.scratch = scratch;
        trial = new Trial(reference, suspect, optimised, failed.budget(), scratch);
        model = SelfContained.read(failed.model()).build();
        List<Tensor> given = TensorFolder.read(failed.inputs(), TensorFolder.INPUT);
        var graph = Case.inputs(model.getGraph());
        for (int i = 0; i < Math.min(given.size(), graph.size()); i++) {
            inputs.put(graph.get(i).getName(), given.get(i));
        }
    }

    /**
     * Finds the smallest part that differs.
     *
     * @param output the model's output that does
     * @return null if the two do not differ there, or cannot run the model cut down to that output
     * @throws IOException if a part cannot be written
     */
    public Result find(String output) throws IOException {
        List<NodeProto> nodes =
                SubModel.of(model, output, inputs).model().getGraph().getNodeList();
        if (nodes.isEmpty() || !trial.differs(SubModel.of(model, output, inputs))) {
            return null;
        }
        // The value of node `agrees` agrees (-1: the inputs), that of node `differs` does not.
        int agrees = -1;
        int differs = nodes.size() - 1;
        while (differs - agrees > 1) {
            int middle = (agrees + differs) / 2;
            if (trial.differs(SubModel.of(model, value(nodes.get(middle), output), inputs))) {
                differs = middle;
            } else {
                agrees = middle;
            }
        }
        NodeProto last = nodes.get(differs);
        SubModel part = withoutFront(differs == nodes.size() - 1 ? output : value(last, output));
        Comparison comparison = trial.run(part).orElseThrow();
        return new Result(
                name(last),
                part.model().getGraph().getNodeList().stream()
                        .map(NodeProto::getOpType)
                        .toList(),
                comparison,
                new SubModelFiles(part),
                trial.expected());
    }

    /** Cuts the front off: as many nodes as possible, whose values the reference gives. */
    private SubModel withoutFront(String value) throws IOException {
        SubModel whole = SubModel.of(model, value, inputs);
        Map<String, Tensor> values = values(whole);
        List<NodeProto> nodes = whole.model().getGraph().getNodeList();
        SubModel smallest = whole;
        int from = 0;
        int to = nodes.size();
        while (to - from > 1) {
            int middle = (from + to) / 2;
            Map<String, Tensor> known = new LinkedHashMap<>(inputs);
            nodes.subList(0, middle)
                    .forEach(node -> node.getOutputList().stream()
                            .filter(name -> values.containsKey(name) && !name.equals(value))
                            .forEach(name -> known.put(name, values.get(name))));
            SubModel part = SubModel.of(model, value, known);
            if (trial.differs(part)) {
                smallest = part;
                from = middle;
            } else {
                to = middle;
            }
        }
        return smallest;
    }

    /** What the reference computes for every value between. */
    private Map<String, Tensor> values(SubModel part) throws IOException {
        ModelProto.Builder exposed = part.model().toBuilder();
        List<String> names = new ArrayList<>();
        exposed.getGraphBuilder().clearOutput();
        for (NodeProto node : part.model().getGraph().getNodeList()) {
            for (String output : node.getOutputList()) {
                if (!output.isEmpty()) {
                    exposed.getGraphBuilder().addOutputBuilder().setName(output);
                    names.add(output);
                }
            }
        }
        Path folder = Files.createDirectories(scratch.resolve("values"));
        Path file = Files.write(folder.resolve("values.onnx"), exposed.build().toByteArray());
        TensorFolder.write(folder, TensorFolder.INPUT, part.inputs());
        Answer answer =
                reference.run(List.of(new Job(file, folder, false)), done -> {}).get(0);
        Map<String, Tensor> values = new LinkedHashMap<>();
        if (answer instanceof Outputs outputs && outputs.outputs().size() == names.size()) {
            for (int i = 0; i < names.size(); i++) {
                values.put(names.get(i), outputs.outputs().get(i));
            }
        }
        return values;
    }

    /**
     * The passes of ONNX Runtime's optimiser without one of which the part no longer differs; found by halves.
     *
     * @param without the suspect, with passes switched off
     * @return one pass; empty if no single one decides, or they cannot be switched off
     * @throws IOException if a part cannot be written
     */
    public String pass(Result found, PassSwitch without) throws IOException {
        List<String> passes = OptimiserPasses.NAMES;
        if (trial.with(without.of(passes)).differs(found.part().part())) {
            return "";
        }
        while (passes.size() > 1) {
            List<String> half = passes.subList(0, passes.size() / 2);
            passes = trial.with(without.of(half)).differs(found.part().part())
                    ? passes.subList(passes.size() / 2, passes.size())
                    : half;
        }
        return trial.with(without.of(passes)).differs(found.part().part()) ? "" : passes.get(0);
    }

    /** A runtime, with passes of its optimiser switched off. */
    public interface PassSwitch {
        /** The runtime without these passes. */
        ModelRuntime of(List<String> passes);
    }

    private static String value(NodeProto node, String output) {
        return node.getOutputList().contains(output)
                ? output
                : node.getOutputList().stream()
                        .filter(name -> !name.isEmpty())
                        .findFirst()
                        .orElse("");
    }

    private static String name(NodeProto node) {
        return "%s (%s)"
                .formatted(
                        node.getName().isEmpty()
                                ? "the one with output '" + node.getOutput(0) + "'"
                                : "'" + node.getName() + "'",
                        node.getOpType());
    }
}
