package io.kanerva.tools.command.onnx;

import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kpp onnx show}: a model's graph as text. */
@Command(
        name = "show",
        header = "Show an ONNX model: inputs, weights, one line per node, outputs.",
        description = "Constants of at most eight elements are written where they are used.",
        footer = {
            "  kpp onnx show resnet.onnx",
            "  kpp onnx show resnet.onnx | grep Conv",
            "  kpp onnx show --origins resnet.onnx"
        })
public final class OnnxShowCommand extends Subcommand {
    @Parameters(paramLabel = "FILE", description = "ONNX file from any tool.")
    private Path file;

    @Option(names = "--origins", description = "Show each node's metadata: the block and the Java line it comes from.")
    private boolean origins;

    @Override
    protected void run() {
        try {
            ModelProto model = OnnxFiles.read(file);
            out().print(origins ? OnnxFiles.toTextWithOrigins(model) : OnnxFiles.toText(model));
        } catch (IOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }
}
