package io.kanerva.tools.command.onnx;

import io.kanerva.onnx.OnnxFiles;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kpp onnx show}: a model's graph as text. */
@Command(
        name = "show",
        header = "Show an ONNX model: inputs, weights, one line per node, outputs.",
        description = "Constants of at most eight elements are written where they are used.",
        footer = {"  kpp onnx show resnet.onnx", "  kpp onnx show resnet.onnx | grep Conv"})
public final class OnnxShowCommand extends Subcommand {
    @Parameters(paramLabel = "FILE", description = "ONNX file from any tool.")
    private Path file;

    @Override
    protected void run() {
        try {
            out().print(OnnxFiles.toText(OnnxFiles.read(file)));
        } catch (IOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }
}
