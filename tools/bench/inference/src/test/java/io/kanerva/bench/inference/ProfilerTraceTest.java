package io.kanerva.bench.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.kanerva.runtime.FloatTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfilerTraceTest {
    @TempDir
    private Path folder;

    @Test
    void aProfilersFileYieldsEachRunsNodesAndShapes() throws IOException, OrtException {
        LoneConvolution of = new LoneConvolution(16, 32, 3, 2, 6);

        List<List<NodeRun>> runs = ProfilerTrace.runs(profiled(of, OptLevel.ALL_OPT, 4), 4);

        assertThat(runs)
                .hasSize(4)
                .allSatisfy(run -> assertThat(run)
                        .filteredOn(node -> node.operator().endsWith("Conv"))
                        .singleElement()
                        .satisfies(node -> assertThat(node.multiplyAdds()).isEqualTo(2L * 32 * 6 * 6 * 16 * 3 * 3)));
        assertThat(NodeGroup.of(runs).get(0).label()).isEqualTo("y: 16 to 32 channels, 3 x 3, onto 6 x 6");
    }

    @Test
    void withoutOptimisationTheChannelsAreTheModels() throws IOException, OrtException {
        List<List<NodeRun>> runs =
                ProfilerTrace.runs(profiled(new LoneConvolution(3, 5, 3, 2, 6), OptLevel.NO_OPT, 1), 1);

        assertThat(NodeGroup.all(runs).multiplyAdds()).isEqualTo(2L * 5 * 6 * 6 * 3 * 3 * 3);
    }

    @Test
    void aFileWithMissingRunsIsRejected() throws IOException, OrtException {
        Path file = profiled(new LoneConvolution(1, 1, 1, 1, 2), OptLevel.ALL_OPT, 2);

        assertThatThrownBy(() -> ProfilerTrace.runs(file, 3))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("expected 3 runs in the profiler's file, found 2; it keeps a million events: use fewer "
                        + "seconds or rounds");
    }

    @Test
    void runsWithDifferentNodesAreRejected() throws IOException {
        Path file = Files.writeString(folder.resolve("trace.json"), """
                [{"cat": "Session", "name": "session_initialization", "dur": 9},
                 {"cat": "Node", "name": "a_kernel_time", "dur": 3, "args": {"op_name": "Add", "input_type_shape": [{"float": [2]}, {"float": []}], "output_type_shape": [{"float": [2]}]}},
                 {"cat": "Session", "name": "model_run", "dur": 4},
                 {"cat": "Node", "name": "b_kernel_time", "dur": 3, "args": {"op_name": "Add", "input_type_shape": [], "output_type_shape": []}},
                 {"cat": "Session", "name": "model_run", "dur": 4}]
                """);

        assertThatThrownBy(() -> ProfilerTrace.runs(file, 2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("expected the nodes [a] in every run, found [b]");
    }

    private Path profiled(LoneConvolution of, OptLevel level, int runs) throws OrtException {
        Map<String, FloatTensor> given =
                Map.of("x", FloatTensor.zeros(of.images(), of.inputChannels(), of.size(), of.size()));
        Map<String, FloatTensor> wanted =
                Map.of("y", FloatTensor.zeros(of.images(), of.outputChannels(), of.size(), of.size()));
        try (BareGraph graph = BareGraph.open(
                TinyModels.convolution(of), given, wanted, level, Optional.of(folder.resolve("trace")))) {
            for (int i = 0; i < runs; i++) {
                graph.run();
            }
            return graph.endProfiling();
        }
    }
}
