package io.kanerva.tools.command.onnx;

import ai.djl.Model;
import ai.djl.nn.BlockFactory;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.exporter.onnx.SavedModel;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Statistics;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kpp onnx export}: exports a model that DJL saved. */
@Command(
        name = "export",
        header = "Export a model that DJL saved (NAME-0000.params) as an ONNX model.",
        description =
                "DJL's file holds the weights; the network is made by a block factory (ai.djl.nn.BlockFactory), yours "
                        + "or DJL's. The network is traced at a few sizes of its dynamic dimensions; ONNX Runtime then "
                        + "runs the graph at other sizes, and the results are compared. If they differ, or if the "
                        + "network has no equivalent in ONNX, the command fails and writes no file.",
        footer = {
            "  kpp onnx export --model runs/mlp --input x:float32[N,1,28,28] --out mlp.onnx \\",
            "      --class-path model-zoo-0.36.0.jar --argument hidden=[128,64] \\",
            "      --factory ai.djl.basicmodelzoo.basic.MlpBlockFactory"
        })
public final class OnnxExportCommand extends Subcommand {
    @Option(
            names = {"-m", "--model"},
            paramLabel = "DIR",
            required = true,
            order = 1,
            description = "Folder of the saved model.")
    private Path folder;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "",
            order = 2,
            description = "Name of the saved model, if the folder holds several.")
    private String name;

    @Option(
            names = {"-f", "--factory"},
            paramLabel = "CLASS",
            required = true,
            order = 3,
            description = "Class of the block factory.")
    private String factory;

    @Option(
            names = {"-c", "--class-path"},
            paramLabel = "PATH",
            split = "[:;]",
            order = 4,
            description = "Jars and folders with the factory and its dependencies, separated by colons.")
    private List<Path> classPath = List.of();

    @Option(
            names = {"-a", "--argument"},
            paramLabel = "KEY=VALUE",
            order = 5,
            description = "Argument of the factory: a number, true, false, a list such as [128,64], or text. May be "
                    + "repeated.")
    private Map<String, String> arguments = new LinkedHashMap<>();

    @Option(
            names = {"-i", "--input"},
            paramLabel = "NAME:TYPE[SIZES]",
            required = true,
            order = 6,
            description =
                    "Input, in the order of the network: float32, int64 and so on; a size that is a name is dynamic. "
                            + "May be repeated.")
    private List<String> inputs;

    @Option(
            names = {"-y", "--output"},
            paramLabel = "NAME",
            order = 7,
            description =
                    "Name of an output, in the order of the network. May be repeated. Default: output, output_0, ...")
    private List<String> outputs = List.of();

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            required = true,
            order = 8,
            description = "ONNX file to write.")
    private Path out;

    @Option(
            names = "--limit",
            paramLabel = "NAME=FROM..TO",
            order = 9,
            description = "Sizes of a dynamic dimension, such as T=2..512 or H=3.. without an end. May be repeated. "
                    + "Default: 1 or more.")
    private Map<String, String> limits = new LinkedHashMap<>();

    @Option(
            names = "--range",
            paramLabel = "INPUT=FROM..TO",
            order = 10,
            description = "Values of an input, such as tokens=0..30522 (the last exclusive). May be "
                    + "repeated. Default: normal numbers, or 0 and 1.")
    private Map<String, String> ranges = new LinkedHashMap<>();

    @Option(
            names = "--opset",
            paramLabel = "N",
            defaultValue = "17",
            order = 11,
            description = "Version of the operator set. Default: ${DEFAULT-VALUE}.")
    private int opset;

    @Option(
            names = "--ir",
            paramLabel = "N",
            defaultValue = "8",
            order = 12,
            description = "Version of the file format. Default: ${DEFAULT-VALUE}.")
    private int ir;

    @Option(
            names = "--statistics",
            paramLabel = "WHICH",
            defaultValue = "running",
            order = 13,
            description =
                    "Statistics of batch normalisations: running (as in inference) or batch (as in training). Default: "
                            + "${DEFAULT-VALUE}.")
    private Statistics statistics;

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            order = 14,
            description = "Entry of the model's metadata. May be repeated.")
    private Map<String, String> metadata = new LinkedHashMap<>();

    @Option(
            names = "--model-version",
            paramLabel = "N",
            defaultValue = "1",
            order = 15,
            description = "Version of the model. Default: ${DEFAULT-VALUE}.")
    private long modelVersion;

    @Option(
            names = "--tolerance",
            paramLabel = "D",
            defaultValue = "1e-4",
            order = 16,
            description = "Maximum accepted difference, relative for values above 1. Default: ${DEFAULT-VALUE}.")
    private double tolerance;

    @Option(
            names = "--external-data-above",
            paramLabel = "BYTES",
            defaultValue = "2000000000",
            order = 17,
            description = "Write weights of more than this size in total to a file next to the model. Default: "
                    + "${DEFAULT-VALUE}.")
    private long externalDataAbove;

    @Override
    protected void run() {
        List<InputSpec> specs;
        ExportOptions options;
        try {
            specs = inputs.stream().map(InputSpec::parse).toList();
            options = options();
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
        OutputFile.requireWritable(out);
        try (FactoryClassPath classes = FactoryClassPath.of(classPath);
                Model model = load(classes.factory(factory))) {
            terminal().status("Exporting  " + model.getName());
            OnnxModel exported = OnnxExporter.export(model, specs, outputs, options.withGraphName(model.getName()));
            write(exported);
            print(
                    "model      %s (%,d bytes%s, %,d nodes)",
                    out,
                    Files.size(out),
                    exported.hasExternalData() ? " and the weights next to it" : "",
                    exported.proto().getGraph().getNodeCount());
            exported.proven()
                    .ranges()
                    .forEach((dimension, range) ->
                            print("proven     %s = %d to %d", dimension, range.min(), range.max()));
            exported.unproven().forEach(sentence -> print("not proven %s", sentence));
            exported.checks()
                    .forEach(check -> print(
                            "checked    %s at %s: maximum difference %.1e",
                            check.output(), check.sizes(), check.largestDifference()));
        } catch (ExportException | IllegalArgumentException | IOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    private ExportOptions options() {
        ExportOptions options = ExportOptions.defaults()
                .withOpset(opset)
                .withIrVersion(ir)
                .withStatistics(statistics)
                .withMetadata(metadata)
                .withModelVersion(modelVersion)
                .withTolerance(tolerance)
                .withExternalDataAbove(externalDataAbove)
                .withCheck(JavaRuntime.runner());
        for (Map.Entry<String, String> limit : limits.entrySet()) {
            NumberRange sizes = NumberRange.parse(limit.getValue());
            options = sizes.isOpen()
                    ? options.withDimensionLimit(limit.getKey(), sizes.from())
                    : options.withDimensionLimit(limit.getKey(), sizes.from(), sizes.to());
        }
        for (Map.Entry<String, String> range : ranges.entrySet()) {
            NumberRange values = NumberRange.parse(range.getValue());
            options = options.withInputRange(range.getKey(), values.from(), values.to());
        }
        return options;
    }

    private void write(OnnxModel exported) {
        try {
            exported.write(out);
        } catch (IOException e) {
            throw OutputFile.unwritable(out, e);
        }
    }

    private Model load(BlockFactory made) throws IOException {
        return SavedModel.load(folder, name, made, FactoryArguments.parse(arguments));
    }
}
