package io.kanerva.bench.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the file of ONNX Runtime's profiler: a JSON array of events, each run's after those of its nodes. */
final class ProfilerTrace {
    private static final String KERNEL = "_kernel_time";

    private ProfilerTrace() {}

    /**
     * Returns the nodes of each run, in execution order.
     *
     * @throws IOException if the file cannot be read or is not JSON
     * @throws IllegalStateException if the number of runs differs, as when the profiler reached its event limit, or the
     *     runs' nodes differ
     */
    static List<List<NodeRun>> runs(Path file, int expected) throws IOException {
        List<List<NodeRun>> runs = new ArrayList<>();
        List<NodeRun> run = new ArrayList<>();
        try (var reader = Files.newBufferedReader(file);
                MappingIterator<JsonNode> events =
                        new ObjectMapper().readerFor(JsonNode.class).readValues(reader)) {
            while (events.hasNext()) {
                JsonNode event = events.next();
                String name = event.path("name").asText();
                if (event.path("cat").asText().equals("Node") && name.endsWith(KERNEL)) {
                    JsonNode arguments = event.path("args");
                    run.add(new NodeRun(
                            name.substring(0, name.length() - KERNEL.length()).replaceFirst("_nchwc$", ""),
                            arguments.path("op_name").asText(),
                            shapes(arguments.path("input_type_shape")),
                            shapes(arguments.path("output_type_shape")),
                            event.path("dur").asLong()));
                } else if (name.equals("model_run")) {
                    runs.add(List.copyOf(run));
                    run.clear();
                }
            }
        }
        require(runs, expected);
        return runs;
    }

    private static void require(List<List<NodeRun>> runs, int expected) {
        if (runs.size() != expected) {
            throw new IllegalStateException(
                    ("expected %d runs in the profiler's file, found %d; it keeps a million events: use fewer "
                                    + "seconds or rounds")
                            .formatted(expected, runs.size()));
        }
        for (List<NodeRun> run : runs) {
            if (!names(run).equals(names(runs.get(0)))) {
                throw new IllegalStateException(
                        "expected the nodes %s in every run, found %s".formatted(names(runs.get(0)), names(run)));
            }
        }
    }

    private static List<String> names(List<NodeRun> run) {
        return run.stream().map(NodeRun::name).toList();
    }

    /** A shape is an object such as {@code {"float": [64, 48, 7, 7]}}. */
    private static List<List<Long>> shapes(JsonNode tensors) {
        List<List<Long>> shapes = new ArrayList<>();
        for (JsonNode tensor : tensors) {
            List<Long> shape = new ArrayList<>();
            tensor.forEach(sizes -> sizes.forEach(size -> shape.add(size.asLong())));
            shapes.add(List.copyOf(shape));
        }
        return List.copyOf(shapes);
    }
}
