package io.kanerva.tools.command.onnx;

import io.kanerva.tools.command.Subcommand;
import picocli.CommandLine.Command;

/** {@code kpp onnx}: ONNX models of any DJL network. */
@Command(
        name = "onnx",
        header = "Export any trained DJL model as ONNX, or show an ONNX model.",
        description = "Independent of Kanerva++, whose training runs are exported by 'kpp export'.",
        footer = {"  kpp onnx export --help", "  kpp onnx show model.onnx"},
        subcommands = {OnnxExportCommand.class, OnnxShowCommand.class})
public final class OnnxCommand extends Subcommand {
    @Override
    protected void run() {
        throw usage("Expected a command, export or show, found none");
    }
}
