package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RandomInputsTest {
    @TempDir
    private Path temporary;

    @Test
    void whatIsAnIndexAndDividesIsWithinTheTableAndNot0UnlessTheTableHasOneRow() throws IOException {
        assertThat(values(3)).containsExactly(1.0, 2.0);
        assertThat(values(2)).containsExactly(1.0);
        assertThat(values(1)).containsExactly(0.0);
    }

    @Test
    void whatOnlyDividesIsNever0HoweverSmallTheNumbersThatAreTried() throws IOException {
        Set<Double> tried = new TreeSet<>();
        inputs(0).find("g", 7, Budget.of(Tolerance.BITS), temporary, new ModelRuntime() {
            @Override
            public Description description() {
                return JavaRuntime.CPU.description();
            }

            @Override
            public String about() {
                return "refuses everything";
            }

            @Override
            public List<Answer> run(List<Job> jobs, IntConsumer progress) {
                jobs.forEach(job -> tried.addAll(values(job.inputs())));
                return jobs.stream()
                        .<Answer>map(job -> new Answer.None(false, "no"))
                        .toList();
            }
        });
        assertThat(tried).contains(1.0, 9.0).doesNotContain(0.0);
    }

    private Set<Double> values(int rows) throws IOException {
        return values(
                inputs(rows).write("g", 7, Budget.of(Tolerance.BITS), temporary).inputs());
    }

    private static Set<Double> values(Path folder) {
        try {
            double[] values =
                    TensorFolder.read(folder, TensorFolder.INPUT).get(0).doubles();
            return new TreeSet<>(Arrays.stream(values).boxed().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of a model with 100 integers that divide others and, unless rows is 0, are indices into a table. */
    private RandomInputs inputs(int rows) throws IOException {
        ValueInfoProto.Builder indices = ValueInfoProto.newBuilder().setName("i");
        indices.getTypeBuilder()
                .getTensorTypeBuilder()
                .setElemType(ElementType.INT64.number())
                .getShapeBuilder()
                .addDimBuilder()
                .setDimValue(100);
        TensorProto table = Tensor.of("table", new float[Math.max(1, rows)], Math.max(1, rows))
                .toProto();
        GraphProto.Builder graph = GraphProto.newBuilder().addInput(indices).addInitializer(table);
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Div")
                .addInput("x")
                .addInput("i")
                .addOutput("q"));
        if (rows > 0) {
            graph.addNode(NodeProto.newBuilder()
                    .setOpType("Gather")
                    .addInput("table")
                    .addInput("i")
                    .addOutput("y"));
        }
        Path model = temporary.resolve(rows + ".onnx");
        Files.write(
                model,
                ModelProto.newBuilder().setIrVersion(8).setGraph(graph).build().toByteArray());
        return RandomInputs.of(model, Map.of(), Map.of(), Set.of());
    }
}
