package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.ToleranceFile;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ValueInfoProto;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Tolerances of single outputs and runtimes. */
final class TolerancesOption {
    @Option(
            names = "--tolerances",
            paramLabel = "FILE.json",
            order = 14,
            description = "Tolerances of single graphs, outputs and runtimes: {\"tolerances\": [{\"output\": \"Y\", "
                    + "\"runtime\": \"openvino\", \"atol\": 1e-3, \"rtol\": 1e-3, \"why\": \"...\"}]}. The first entry "
                    + "that matches counts; the report says what it changed.")
    private Path file;

    /**
     * The file's tolerances.
     *
     * @param graphs the model of each graph, by its name in reports
     * @param runtimes the names of all runtimes
     */
    ToleranceFile read(Subcommand command, Map<String, Path> graphs, Collection<String> runtimes) {
        if (file == null) {
            return ToleranceFile.NONE;
        }
        try {
            ToleranceFile read = ToleranceFile.read(file);
            Map<String, List<ValueInfoProto>> outputs = new LinkedHashMap<>();
            for (Map.Entry<String, Path> graph : graphs.entrySet()) {
                outputs.put(
                        graph.getKey(),
                        OnnxFiles.read(graph.getValue()).getGraph().getOutputList());
            }
            read.requireKnown(outputs, runtimes);
            return read;
        } catch (IOException e) {
            throw command.usage("Invalid value for option '--tolerances': " + e.getMessage());
        }
    }
}
