package io.kanerva.exporter.onnx;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.SymbolBlock;
import io.kanerva.exporter.onnx.operators.Operators;
import io.kanerva.exporter.onnx.passes.Pass;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Program;
import io.kanerva.exporter.trace.Programs;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.exporter.trace.SamplingPlan;
import io.kanerva.exporter.trace.Tracer;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Exports a DJL block as an ONNX model. */
public final class OnnxExporter {
    private final Operators operators;
    private final ExportOptions options;
    private final GraphBuilder builder;
    private final Map<Integer, Value> values = new HashMap<>();
    private final List<String> problems;

    private OnnxExporter(ExportOptions options) {
        this.operators = new Operators();
        this.options = options;
        this.builder = new GraphBuilder(options);
        this.problems = new ArrayList<>();
    }

    /** For a subgraph. */
    private OnnxExporter(OnnxExporter outer, GraphBuilder subgraph) {
        this.operators = outer.operators;
        this.options = outer.options;
        this.builder = subgraph;
        this.problems = outer.problems;
    }

    /**
     * Exports the block's computation at inference.
     *
     * <p>The block is run a few times at small sizes of the dynamic dimensions (see {@link SamplingPlan}); it is not
     * changed. The same block and options give the same bytes. If the options name a runtime, the model is then run and
     * checked at sizes that were not traced; else only the block is run there, and each size and number in the model is
     * compared with the block's.
     *
     * @param block initialised
     * @param inputs one per array of the forward's input list
     * @param outputNames one per array that the forward returns; if empty, {@code output}, or {@code output_0} and so
     *     on
     * @param options opset, names, limits, statistics, and whether the result is checked against the block
     * @throws ExportException if the block cannot be exported, listing every operation that prevents it, or if the
     *     result differs from the block
     */
    public static OnnxModel export(
            Block block, List<InputSpec> inputs, List<String> outputNames, ExportOptions options) {
        if (options.writesFunctions() && options.irVersion() < LocalFunctions.MIN_IR) {
            throw new IllegalArgumentException("functions: expected IR version " + LocalFunctions.MIN_IR
                    + " or newer, found " + options.irVersion());
        }
        Tracer tracer = new Tracer(
                block,
                inputs,
                options.limits(),
                new Sampler(options.ranges()),
                options.statistics(),
                options.probeBudget());
        OnnxModel model = traced(tracer, inputs, outputNames, options);
        if (options.runner().isEmpty()) {
            return model;
        }
        try {
            return checked(model, tracer, inputs, options);
        } catch (ExportException e) {
            // Perhaps a number is equal at the few traced sizes only: more sizes determine its expression, or show
            // where it is.
            boolean isFromBlock = e.getCause() != null;
            if (isFromBlock || !tracer.refine()) {
                throw e;
            }
            return checked(traced(tracer, inputs, outputNames, options), tracer, inputs, options);
        }
    }

    private static OnnxModel traced(
            Tracer tracer, List<InputSpec> inputs, List<String> outputNames, ExportOptions options) {
        try {
            // Without variables, so that graphs that the passes replaced can be collected before the model is written.
            return new OnnxModel(
                    write(Pass.applyAll(lower(tracer, inputs, outputNames, options)), tracer, options),
                    List.of(),
                    tracer.proven(),
                    options.externalDataAbove());
        } finally {
            // Until then, unchanged weights are the block's own arrays.
            Reference.reachabilityFence(tracer);
        }
    }

    private static ModelProto write(Graph graph, Tracer tracer, ExportOptions options) {
        SortedMap<String, String> metadata = new TreeMap<>();
        tracer.proven()
                .ranges()
                .forEach((name, range) -> metadata.put("proven." + name, range.min() + ".." + range.max()));
        metadata.putAll(options.metadata());
        ModelProto model = ModelWriter.write(graph, options.withMetadata(metadata));
        return options.writesFunctions() ? LocalFunctions.of(model) : model;
    }

    private static OnnxModel checked(OnnxModel model, Tracer tracer, List<InputSpec> inputs, ExportOptions options) {
        List<String> names = model.proto().getGraph().getOutputList().stream()
                .map(ValueInfoProto::getName)
                .toList();
        List<OnnxModel.Check> checks;
        try {
            checks = new OutputCheck(inputs, names, options).check(model, tracer, new Sampler(options.ranges()));
        } catch (ExportException e) {
            throw tracer.assumptions().isEmpty() || e.getCause() != null
                    ? e
                    : new ExportException(Stream.concat(e.problems().stream(), tracer.assumptions().stream())
                            .toList());
        }
        return new OnnxModel(model.proto(), checks, model.proven(), options.externalDataAbove());
    }

    /**
     * Exports the block of a DJL model, like {@link #export(Block, List, List, ExportOptions)}.
     *
     * @param model with a block that is initialised or loaded; see {@link SavedModel} for one in a folder
     * @throws IllegalArgumentException also if the model has no block, or one that an engine loaded from its own file
     *     format (a {@code SymbolBlock}), which cannot be traced
     */
    public static OnnxModel export(
            Model model, List<InputSpec> inputs, List<String> outputNames, ExportOptions options) {
        Block block = model.getBlock();
        if (block == null) {
            throw new IllegalArgumentException(
                    "the model " + model.getName() + " has no block; set or load it before exporting it");
        }
        if (block instanceof SymbolBlock) {
            throw new IllegalArgumentException(
                    "the model " + model.getName() + " was loaded from the engine's own file format ("
                            + block.getClass().getSimpleName()
                            + "), which cannot be traced; export it with the tool that created it");
        }
        return export(block, inputs, outputNames, options);
    }

    private static Graph lower(Tracer tracer, List<InputSpec> inputs, List<String> outputNames, ExportOptions options) {
        while (true) {
            Program program = tracer.trace();
            List<String> names =
                    outputNames.isEmpty() ? defaultNames(program.outputs().size()) : outputNames;
            Graph graph = new OnnxExporter(options).lower(program, names);
            if (tracer.prove(program)) {
                return tracer.programs() instanceof Programs.One
                        ? graph
                        : new OnnxExporter(options).lower(tracer.programs(), inputs, names);
            }
        }
    }

    private static List<String> defaultNames(int count) {
        return count == 1
                ? List.of("output")
                : IntStream.range(0, count).mapToObj(i -> "output_" + i).toList();
    }

    private Graph lower(Program program, List<String> outputNames) {
        requireNames(program, outputNames);
        program.inputs()
                .forEach(input -> values.put(input.id(), builder.input(input.name(), input.type(), input.shape())));
        lower(program.operations());
        for (int i = 0; i < outputNames.size(); i++) {
            DataType type = DjlTensors.dataType(program.outputs().get(i).type());
            if (!InputSpec.TYPES.contains(type)) {
                problems.add("output " + outputNames.get(i) + " is of type " + type
                        + ", which is not exported; return one of " + InputSpec.TYPES
                        + ", a complex array through real()");
            }
        }
        requireNoProblems();
        List<Value> outputs = new ArrayList<>();
        for (Operand result : program.outputs()) {
            String name = outputNames.get(outputs.size());
            builder.identity(value(result), name);
            outputs.add(new Value(name, result.type(), result.shape()));
        }
        return builder.build(outputs);
    }

    private Graph lower(Programs programs, List<InputSpec> inputs, List<String> outputNames) {
        List<Value> read = new ArrayList<>();
        for (InputSpec input : inputs) {
            List<Size> shape = input.shape().stream().map(Dimension::expression).toList();
            read.add(builder.input(input.name(), DjlTensors.elementType(input.type()), shape));
        }
        List<Value> found = new RangeLowering(builder, programs, read).lower(this::lowerWithin);
        requireNoProblems();
        List<Value> outputs = new ArrayList<>();
        for (Programs.Output output : programs.outputs()) {
            String name = outputNames.get(outputs.size());
            builder.identity(found.get(outputs.size()), name);
            outputs.add(new Value(name, output.type(), output.shape()));
        }
        return builder.build(outputs);
    }

    private void requireNoProblems() {
        if (!problems.isEmpty()) {
            throw new ExportException(problems);
        }
    }

    private void lower(List<Operation> operations) {
        for (Operation operation : operations) {
            builder.origin(Origin.of(operation.site()));
            try {
                lower(operation);
            } catch (UnsupportedOperationException e) {
                problems.add(
                        operation.name() + " cannot be exported: " + e.getMessage() + " (" + operation.site() + ")");
                // A placeholder, so that later operations are still checked.
                operation
                        .outputs()
                        .forEach(output ->
                                values.put(output.id(), new Value("unsupported", output.type(), output.shape())));
            }
        }
    }

    private void lower(Operation operation) {
        List<Value> inputs = operation.inputs().stream().map(this::value).toList();
        List<Value> outputs = operation.name().equals("loop")
                ? new LoopLowering(builder, operation, inputs).lower(this::lowerWithin)
                : operators.lower(builder, operation, inputs);
        for (int i = 0; i < outputs.size(); i++) {
            Operand operand = operation.outputs().get(i);
            Value output = new Value(outputs.get(i).name(), operand.type(), operand.shape());
            values.put(operand.id(), output);
            builder.put(output);
            if (operation.isSelecting()) {
                builder.counted(operation.name(), operand.id(), output, operand.rank());
            }
        }
    }

    /** Adds a loop's body, or the program for a range of sizes, to its subgraph. */
    private List<Value> lowerWithin(GraphBuilder subgraph, Program body, List<Value> inputs) {
        OnnxExporter inner = new OnnxExporter(this, subgraph);
        for (int i = 0; i < inputs.size(); i++) {
            Operand operand = body.inputs().get(i);
            inner.values.put(operand.id(), new Value(inputs.get(i).name(), operand.type(), operand.shape()));
        }
        inner.lower(body.operations());
        return body.outputs().stream().map(inner::value).toList();
    }

    private Value value(Operand operand) {
        if (operand == null) {
            return Value.ABSENT;
        }
        if (operand.isConstant() && !values.containsKey(operand.id())) {
            values.put(
                    operand.id(),
                    operand.name().isEmpty()
                            ? builder.constant(operand.constant())
                            : builder.initializer(operand.name(), operand.constant()));
        }
        return values.get(operand.id());
    }

    private void requireNames(Program program, List<String> outputNames) {
        if (outputNames.size() != program.outputs().size()) {
            throw new IllegalArgumentException("output names: expected "
                    + program.outputs().size() + ", one per array that the block returns, found " + outputNames);
        }
        HashSet<String> names = new HashSet<>(outputNames);
        program.inputs().forEach(input -> names.add(input.name()));
        if (names.size() < outputNames.size() + program.inputs().size()) {
            throw new IllegalArgumentException("expected different names of inputs and outputs, found "
                    + program.inputs().stream().map(Operand::name).toList() + " and " + outputNames);
        }
    }
}
