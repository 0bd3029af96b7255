package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kpp verify model}: the inputs that it makes up, its three outcomes, and what it says first. */
class VerifyModelTest {
    @TempDir
    Path temporary;

    @Test
    void inputsAreMadeUpWithinTheModelsTablesAndAtSizesThatAreGivenOrFound() throws IOException {
        GraphProto.Builder lookup = GraphProto.newBuilder()
                .addInitializer(Tensor.of(new float[6], 3, 2).named("table").toProto())
                .addNode(node("Gather", "table", "ids", "y"));
        input(lookup, "ids", ElementType.INT64, -1, "sequence");
        Path model = write(lookup, ElementType.FLOAT32);
        CommandRun run = verify(model, "--dim", "sequence=5", "--dim", "ids.0=1", "--details");
        assertThat(run.exitCode()).as(run.err()).isZero();
        CommandRun ranged = verify(model, "--range", "ids=3..4");
        assertThat(ranged.exitCode()).isEqualTo(1); // 3 is no row of the table, and nothing else runs it
        assertThat(ranged.err()).contains("expected a runtime that runs it, found none: onnxruntime-java: an error: ");
        // TO is exclusive, as in all ranges of kpp.
        assertThat(verify(model, "--range", "ids=0..3").exitCode()).isZero();
        assertThat(verify(model, "--range", "ids=2.2..2.8").err())
                .contains("input 'ids': expected a range that holds an integer, found 2.2..2.8");

        GraphProto.Builder reshape = GraphProto.newBuilder()
                .addInitializer(Tensor.of(new long[] {-1, 144}, 2).named("to").toProto())
                .addNode(node("Reshape", "x", "to", "y"));
        input(reshape, "x", ElementType.FLOAT32, 1, "samples");
        Path fixed = write(reshape, ElementType.FLOAT32);
        Path json = temporary.resolve("found.json");
        assertThat(verify(fixed, "--json", json.toString()).exitCode()).isZero();
        assertThat(Files.readString(json)).contains("random 1 samples=144");
    }

    @Test
    void sizesAndRangesOfWhatTheModelHasNotAreRefused() throws IOException {
        GraphProto.Builder graph = GraphProto.newBuilder().addNode(node("Relu", "x", "y"));
        input(graph, "x", ElementType.FLOAT32, "N", 4);
        Path model = write(graph, ElementType.FLOAT32);
        String[][] wrong = {
            {"--dim", "M=3", "expected an open dimension of the model (N), found 'M'"},
            {"--dim", "N=-3", "expected a size of at least 0 for 'N', found -3"},
            {"--range", "z=0..3", "expected an input of the model (x), found 'z'"},
            {"--range", "x=3..3", "expected INPUT=FROM..TO with FROM below TO, found 'x=3..3'"},
            {"--range", "x=much", "expected INPUT=FROM..TO with FROM below TO, found 'x=much'"}
        };
        for (String[] words : wrong) {
            CommandRun run = verify(model, words[0], words[1]);
            assertThat(run.exitCode()).as(words[1]).isEqualTo(2);
            assertThat(run.err()).contains(words[2]);
        }
    }

    @Test
    void aModelThatOnlyRandomNumbersDecideIsNotCompared() throws IOException {
        GraphProto.Builder graph = GraphProto.newBuilder()
                .addNode(node("RandomNormalLike", "x", "n"))
                .addNode(node("Add", "x", "n", "y"));
        input(graph, "x", ElementType.FLOAT32, "N", 4);
        CommandRun run = verify(write(graph, ElementType.FLOAT32));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .contains("expected an output that the inputs determine, found random operators before all: "
                        + "RandomNormalLike 'n'");
    }

    @Test
    void whatAnEngineCannotRunAndWhatAnAdapterCannotPassHaveTheirOwnRules() throws IOException {
        GraphProto.Builder graph = GraphProto.newBuilder().addNode(node("Relu", "x", "y"));
        input(graph, "x", ElementType.FLOAT32, 2);
        Path model = write(graph, ElementType.FLOAT32);
        runtime("engine", "failed\\t%d\\tno such operator\\n");
        runtime("adapter", "cannot\\t%d\\tno tensors\\n");
        CommandRun both = compare(model, "engine,adapter");
        assertThat(both.exitCode()).as(both.err()).isZero();
        assertThat(both.out())
                .contains(
                        "engine cannot run 'model.onnx' in 4 runs: no such operator",
                        "adapter was not asked, since our adapter cannot pass 'model.onnx' in 4 runs: no tensors",
                        "only one engine was compared (onnxruntime)");
        assertThat(compare(model, "adapter", "--require", "--random", "1").exitCode())
                .isZero();
        assertThat(compare(model, "engine", "--require-adapters", "--random", "1")
                        .exitCode())
                .isZero();
        CommandRun engine = compare(model, "engine", "--require", "--random", "1");
        assertThat(engine.exitCode()).isEqualTo(1);
        assertThat(engine.err())
                .contains("engine, optimisations off: cannot run graph 'model.onnx' (random 1): no such operator");
        CommandRun adapter = compare(model, "adapter", "--require-adapters", "--random", "1");
        assertThat(adapter.exitCode()).isEqualTo(1);
        assertThat(adapter.err())
                .contains(
                        "adapter, optimisations off: our adapter cannot run graph 'model.onnx' (random 1): no tensors");
    }

    @Test
    void theFirstThingOnThePageIsWhoDiffersWhereAndWhatFollows() throws IOException {
        GraphProto.Builder graph = GraphProto.newBuilder().addNode(node("Neg", "x", "y"));
        input(graph, "x", ElementType.FLOAT32, 2);
        Path model = write(graph, ElementType.FLOAT32);
        Path set = temporary.resolve("vectors/test_data_set_0");
        Tensor.of("x", new float[] {1, 2}, 2).write(set.resolve("input_0.pb"));
        Tensor.of("y", new float[] {-1, -2}, 2).write(set.resolve("output_0.pb"));
        runtime("copies", "done\\t%d\\n");
        Path html = temporary.resolve("page.html");
        CommandRun run = compare(
                model, "copies", "--vectors", set.getParent().toString(), "--random", "0", "--html", html.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        String cause = "graph 'model.onnx' (vectors 0): copies alone differs at 'y' at [1]: suspect the engine copies";
        assertThat(run.out()).contains("cause: " + cause);
        String page = Files.readString(html);
        assertThat(page)
                .contains(
                        "<p class=\"summary\">G" + cause.substring(1) + ". 2 comparisons failed.</p>",
                        "<b class=\"bad\">2</b>",
                        "<tr><th scope=\"row\">copies</th><td class=\"bad\">wrong (1)</td></tr>");
        assertThat(page.indexOf("id=\"verdict\"")).isLessThan(page.indexOf("id=\"runtimes\""));
        assertThat(page.indexOf("id=\"runtimes\"")).isLessThan(page.indexOf("id=\"problems\""));
    }

    @Test
    void theSmallestPartThatStillDiffersIsWrittenAndWhereItIsStandsOnThePage() throws IOException {
        GraphProto.Builder graph =
                GraphProto.newBuilder().addNode(node("Abs", "x", "a")).addNode(node("Neg", "a", "y"));
        input(graph, "x", ElementType.FLOAT32, 2);
        Path model = write(graph, ElementType.FLOAT32);
        Path set = temporary.resolve("vectors/test_data_set_0");
        Tensor.of("x", new float[] {1, 2}, 2).write(set.resolve("input_0.pb"));
        Tensor.of("y", new float[] {-1, -2}, 2).write(set.resolve("output_0.pb"));
        runtime("copies", "\"off\"", "done\\t%d\\n");
        Path html = temporary.resolve("page.html");
        Path reduced = temporary.resolve("reduced");
        CommandRun run = compare(
                model,
                "copies",
                "--vectors",
                set.getParent().toString(),
                "--random",
                "0",
                "--reduce",
                reduced.toString(),
                "--html",
                html.toString());
        Path part = reduced.resolve("model.onnx-copies-off");
        assertThat(run.out()).contains("reduced   " + part + ": 1 nodes and the vectors that show it");
        assertThat(ModelProto.parseFrom(Files.readAllBytes(part.resolve("model.onnx")))
                        .getGraph()
                        .getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("Neg");
        assertThat(Tensor.read(part.resolve("test_data_set_0/output_0.pb")).floats())
                .containsExactly(-1, -2);
        assertThat(Files.readString(html))
                .contains("copies, graph 'model.onnx', optimisations off: the first node whose value differs is");
    }

    private static NodeProto node(String operator, String... values) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).addOutput(values[values.length - 1]);
        for (int i = 0; i < values.length - 1; i++) {
            node.addInput(values[i]);
        }
        return node.build();
    }

    private static void input(GraphProto.Builder graph, String name, ElementType type, Object... dimensions) {
        var tensor = graph.addInputBuilder()
                .setName(name)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .setElemType(type.number());
        for (Object dimension : dimensions) {
            var added = tensor.getShapeBuilder().addDimBuilder();
            if (dimension instanceof String open) {
                added.setDimParam(open);
            } else {
                added.setDimValue((Integer) dimension);
            }
        }
    }

    private Path write(GraphProto.Builder graph, ElementType output) throws IOException {
        graph.setName("g")
                .addOutputBuilder()
                .setName("y")
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .setElemType(output.number());
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(graph)
                .build();
        return Files.write(temporary.resolve("model.onnx"), model.toByteArray());
    }

    private void runtime(String name, String says) throws IOException {
        runtime(name, "\"off\", \"on\"", says);
    }

    /** A runtime that copies its input to its output, and then says this of each job. */
    private void runtime(String name, String optimisations, String says) throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("runtimes").resolve(name));
        Files.writeString(folder.resolve("runtime.json"), """
                {"title": "%s", "engine": "%s 1", "device": "cpu", "optimisations": [%s],
                 "needs": [["true"]], "setup": [], "run": ["./run"]}
                """.formatted(name, name, optimisations));
        Path run = Files.writeString(folder.resolve("run"), """
                #!/bin/sh
                printf 'about\\t%s\\n'
                n=0
                while IFS='\t' read -r model in out opt; do
                    cp "$in/input_0.pb" "$out/output_0.pb"
                    printf '%s' $n
                    n=$((n+1))
                done < "$1"
                """.formatted(name, says));
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aClientIsNoRuntimeOfAModel() throws IOException {
        Path model = UnaryModel.write(temporary.resolve("model.onnx"), "Neg");
        System.setProperty("kpp.root", ".."); // as tools/kpp says where the checkout is
        try {
            CommandRun named = CommandRun.kpp("verify", "model", model.toString(), "--runtimes", "python");
            assertThat(named.exitCode()).isEqualTo(2);
            assertThat(named.err())
                    .contains("Invalid value for option '--runtimes': expected some of", "found 'python'");
        } finally {
            System.clearProperty("kpp.root");
        }
    }

    private static CommandRun verify(Path model, String... options) {
        List<String> words = new ArrayList<>(
                List.of("verify", "model", model.toString(), "--runtimes", "onnxruntime-java", "--random", "1"));
        words.addAll(List.of(options));
        return CommandRun.kpp(words.toArray(String[]::new));
    }

    private CommandRun compare(Path model, String runtimes, String... options) {
        List<String> words = new ArrayList<>(List.of(
                "verify",
                "model",
                model.toString(),
                "--runtimes",
                "onnxruntime-java," + runtimes,
                "--runtimes-folder",
                temporary.resolve("runtimes").toString()));
        words.addAll(List.of(options));
        return CommandRun.kpp(words.toArray(String[]::new));
    }
}
