package io.kanerva.tools.command.onnx;

import ai.djl.Model;
import ai.djl.nn.BlockFactory;
import io.kanerva.conformance.OnnxGraph;
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

/** {@code kpp onnx export}: a model that DJL saved becomes an ONNX model. */
@Command(
        name = "export",
        header = "Export a model that DJL saved (NAME-0000.params) as an ONNX model.",
        description = {
            "DJL's file holds the weights; the network comes from a block factory (ai.djl.nn.BlockFactory) of yours or of DJL's.",
            "The network is traced at a few sizes of its dynamic dimensions. The graph is then run by ONNX Runtime at other sizes and "
                    + "compared with the network; a graph that differs, or a network that ONNX cannot say, is an error and no file is written."
        },
        footer = {
            "  kpp onnx export --model runs/mlp --factory ai.djl.basicmodelzoo.basic.MlpBlockFactory --class-path model-zoo-0.35.1.jar \\",
            "      --argument hidden=[128,64] --input images:float32[N,1,28,28] --output logits --out mlp.onnx"
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
            description = "The saved model's name, if the folder holds several.")
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
            description = "Jars and folders that hold the factory and what it needs, separated by colons.")
    private List<Path> classPath = List.of();

    @Option(
            names = {"-a", "--argument"},
            paramLabel = "KEY=VALUE",
            order = 5,
            description =
                    "An argument of the factory: a number, true, false, a list such as [128,64], or text. May be repeated.")
    private Map<String, String> arguments = new LinkedHashMap<>();

    @Option(
            names = {"-i", "--input"},
            paramLabel = "NAME:TYPE[SIZES]",
            required = true,
            order = 6,
            description =
                    "An input in the order of the network's: float32, int64 and so on; a size that is a name is dynamic. May be repeated.")
    private List<String> inputs;

    @Option(
            names = {"-y", "--output"},
            paramLabel = "NAME",
            order = 7,
            description = "An output's name, in the order of the network's. Default: output, output_0, ...")
    private List<String> outputs = List.of();

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            required = true,
            order = 8,
            description = "The .onnx file.")
    private Path out;

    @Option(
            names = "--limit",
            paramLabel = "NAME=FROM..TO",
            order = 9,
            description = "Sizes that a dynamic dimension may have, such as T=2..512. Default: 1 or more.")
    private Map<String, String> limits = new LinkedHashMap<>();

    @Option(
            names = "--range",
            paramLabel = "INPUT=FROM..TO",
            order = 10,
            description =
                    "Values that an input may have, such as tokens=0..30522 (the last excluded). Default: normal numbers, or 0 and 1.")
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
                    "What batch normalisations use: running (inference) or batch (as in training). Default: ${DEFAULT-VALUE}.")
    private Statistics statistics;

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            order = 14,
            description = "What goes into the model's metadata. May be repeated.")
    private Map<String, String> metadata = new LinkedHashMap<>();

    @Option(
            names = "--model-version",
            paramLabel = "N",
            defaultValue = "1",
            order = 15,
            description = "The model's own version. Default: ${DEFAULT-VALUE}.")
    private long modelVersion;

    @Option(
            names = "--tolerance",
            paramLabel = "D",
            defaultValue = "1e-4",
            order = 16,
            description =
                    "Largest accepted difference, times the value where that is above 1. Default: ${DEFAULT-VALUE}.")
    private double tolerance;

    @Option(
            names = "--external-data-above",
            paramLabel = "BYTES",
            defaultValue = "2000000000",
            order = 17,
            description =
                    "Weights that are larger together go into a file beside the model. Default: ${DEFAULT-VALUE}.")
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
            exported.write(out);
            print(
                    "model      %s (%,d bytes%s, %,d nodes)",
                    out,
                    Files.size(out),
                    exported.hasExternalData() ? " and the weights beside it" : "",
                    exported.proto().getGraph().getNodeCount());
            exported.checks()
                    .forEach(check -> print(
                            "checked    %s at %s: largest difference %.1e",
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
                .withCheck(OnnxGraph.runner());
        for (Map.Entry<String, String> limit : limits.entrySet()) {
            NumberRange sizes = NumberRange.parse(limit.getValue());
            options = options.withDimensionLimit(limit.getKey(), sizes.from(), sizes.to());
        }
        for (Map.Entry<String, String> range : ranges.entrySet()) {
            NumberRange values = NumberRange.parse(range.getValue());
            options = options.withInputRange(range.getKey(), values.from(), values.to());
        }
        return options;
    }

    private Model load(BlockFactory made) throws IOException {
        return SavedModel.load(folder, name, made, FactoryArguments.parse(arguments));
    }
}
