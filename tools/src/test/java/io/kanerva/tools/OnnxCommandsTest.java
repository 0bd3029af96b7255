package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.transformer.IdEmbedding;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code kpp onnx}, with a block factory that is compiled here, outside of kpp's class path. */
class OnnxCommandsTest {
    private static final String FACTORY = """
            package theirs;
            public class Layers implements ai.djl.nn.BlockFactory {
                @Override
                public ai.djl.nn.Block newBlock(ai.djl.Model model, java.nio.file.Path path, java.util.Map<String, ?> arguments) {
                    boolean isNoisy = Boolean.TRUE.equals(arguments.get("noisy"));
                    ai.djl.nn.SequentialBlock block = new ai.djl.nn.SequentialBlock() {
                        @Override
                        protected ai.djl.ndarray.NDList forwardInternal(ai.djl.training.ParameterStore store,
                                ai.djl.ndarray.NDList inputs, boolean training, ai.djl.util.PairList<String, Object> more) {
                            ai.djl.ndarray.NDArray x = inputs.singletonOrThrow();
                            return super.forwardInternal(store, isNoisy ? new ai.djl.ndarray.NDList(
                                    x.add(x.getManager().randomNormal(x.getShape()))) : inputs, training, more);
                        }
                    };
                    for (Object units : (java.util.List<?>) arguments.get("units")) {
                        block.add(ai.djl.nn.core.Linear.builder().setUnits(((Double) units).longValue()).build());
                    }
                    return block;
                }
            }
            """;

    private static final String WORDS = """
            package theirs;
            public class Words implements ai.djl.nn.BlockFactory {
                @Override
                public ai.djl.nn.Block newBlock(ai.djl.Model model, java.nio.file.Path path, java.util.Map<String, ?> arguments) {
                    return new ai.djl.nn.SequentialBlock()
                            .add(new ai.djl.nn.transformer.IdEmbedding.Builder().setDictionarySize(7).setEmbeddingSize(4).build())
                            .addSingleton(x -> x.mean(new int[] {1})).add(ai.djl.nn.norm.BatchNorm.builder().build());
                }
            }
            """;

    @TempDir
    private static Path folder;

    private static Path classes;
    private static Path model;

    @BeforeAll
    static void saveAModelAndCompileItsFactory() throws IOException {
        classes = Files.createDirectory(folder.resolve("classes"));
        Path theirs = Files.createDirectory(folder.resolve("theirs"));
        for (String[] file : new String[][] {{"Layers.java", FACTORY}, {"Words.java", WORDS}}) {
            Path source = Files.writeString(theirs.resolve(file[0]), file[1]);
            assertThat(ToolProvider.getSystemJavaCompiler()
                            .run(
                                    null,
                                    null,
                                    null,
                                    "-proc:none",
                                    "-d",
                                    classes.toString(),
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    source.toString()))
                    .isZero();
        }
        model = folder.resolve("model");
        Block block = new SequentialBlock()
                .add(Linear.builder().setUnits(60).build())
                .add(Linear.builder().setUnits(2).build());
        try (Model saved = Model.newInstance("mine");
                NDManager manager = NDManager.newBaseManager()) {
            block.initialize(manager, DataType.FLOAT32, new Shape(1, 5));
            saved.setBlock(block);
            saved.setDataType(DataType.FLOAT32);
            saved.save(model, "mine");
        }
    }

    private static Path savedWords() throws IOException {
        Path words = folder.resolve("words");
        Block block = new SequentialBlock()
                .add(new IdEmbedding.Builder()
                        .setDictionarySize(7)
                        .setEmbeddingSize(4)
                        .build())
                .addSingleton(x -> x.mean(new int[] {1}))
                .add(BatchNorm.builder().build());
        try (Model saved = Model.newInstance("words");
                NDManager manager = NDManager.newBaseManager()) {
            block.initialize(manager, DataType.FLOAT32, new Shape(1, 5));
            saved.setBlock(block);
            saved.setDataType(DataType.FLOAT32);
            saved.save(words, "words");
        }
        return words;
    }

    @Test
    void takesWholeNumbersNamedDimensionsAndEitherStatistics() throws IOException {
        Path words = savedWords();
        for (String statistics : List.of("running", "batch")) {
            Path out = folder.resolve("words-" + statistics + ".onnx");
            CommandRun run = CommandRun.kpp(
                    "onnx",
                    "export",
                    "--model",
                    words.toString(),
                    "--factory",
                    "theirs.Words",
                    "--class-path",
                    classes.toString(),
                    "--input",
                    "words:int64[N,T]",
                    "--range",
                    "words=0..7",
                    "--limit",
                    "N=2..8",
                    "--limit",
                    "T=1..30",
                    "--statistics",
                    statistics,
                    "--output",
                    "meaning",
                    "--out",
                    out.toString());
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.out()).contains("checked    meaning at {N=2, T=1}");
            String shown = CommandRun.kpp("onnx", "show", out.toString()).out();
            assertThat(shown)
                    .contains(
                            "input  words int64[N, T]",
                            "output meaning float32[N, 4]",
                            "= Gather(IdEmbedding/embedding, ");
            // The running mean and variance are constants, still 0 and 1; the batch's own are computed.
            boolean constant = shown.lines()
                    .anyMatch(line ->
                            line.contains("BatchNormalization(") && line.contains("[0, 0, 0, 0], [1, 1, 1, 1])"));
            assertThat(constant).as(shown).isEqualTo(statistics.equals("running"));
        }
    }

    private static CommandRun export(Path out, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "onnx",
                "export",
                "--model",
                model.toString(),
                "--factory",
                "theirs.Layers",
                "--class-path",
                classes.toString(),
                "--out",
                out.toString()));
        arguments.addAll(Arrays.asList(more));
        return CommandRun.kpp(arguments.toArray(String[]::new));
    }

    @Test
    void exportsASavedModelAndShowsIt() throws IOException {
        Path out = folder.resolve("out/mine.onnx");
        CommandRun run = export(
                out,
                "--argument",
                "units=[60,2]",
                "--input",
                "x:float32[N,5]",
                "--output",
                "scores",
                "--metadata",
                "data=none",
                "--model-version",
                "3",
                "--opset",
                "18",
                "--ir",
                "9");
        assertThat(run.err()).doesNotContain("expected");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines().toList().get(0))
                .isEqualTo("model      %s (%,d bytes, 2 nodes)".formatted(out, Files.size(out)));
        assertThat(run.out()).contains("checked    scores at {N=1}: maximum difference ");
        ModelProto proto = OnnxFiles.read(out);
        assertThat(proto.getOpsetImport(0).getVersion()).isEqualTo(18);
        assertThat(proto.getIrVersion()).isEqualTo(9);
        CommandRun show = CommandRun.kpp("onnx", "show", out.toString());
        assertThat(show.exitCode()).isZero();
        assertThat(show.out())
                .startsWith("graph mine, model version 3, opset 18, IR 9, by kanerva-exporter\n  data: none\n"
                        + "  proven.N: 1..2048\ninput  x float32[N, 5]\n")
                .contains(
                        "weight 01Linear/weight float32[60, 5]",
                        "= Gemm(x, 01Linear/weight, 01Linear/bias)",
                        "output scores float32[N, 2]");
    }

    @Test
    void aDimensionMayHaveASmallestSizeAndNoEnd() {
        Path out = folder.resolve("open.onnx");
        CommandRun run = export(out, "--argument", "units=[60,2]", "--input", "x:float32[N,5]", "--limit", "N=3..");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("proven     N = 3 to 2048", "checked    output at {N=");
        assertThat(CommandRun.kpp("onnx", "show", out.toString()).out()).contains("  proven.N: 3..2048");
    }

    @Test
    void putsLargeWeightsBesideTheModel() throws IOException {
        Path out = folder.resolve("beside/mine.onnx");
        CommandRun run = export(
                out,
                "--argument",
                "units=[60,2]",
                "--input",
                "x:float32[N,5]",
                "--external-data-above",
                "0",
                "--statistics",
                "batch");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("and the weights next to it", "checked    output at ");
    }

    @Test
    void aNetworkThatOnnxCannotSayIsOneSentenceAndNoFile() {
        Path out = folder.resolve("noisy.onnx");
        assertThat(failure(export(
                        out, "--argument", "units=[60,2]", "--argument", "noisy=true", "--input", "x:float32[N,5]")))
                .contains("randomNormal draws random numbers", "make the noise an input");
        assertThat(out).doesNotExist();
    }

    @Test
    void inputsThatTheNetworkDoesNotTakeAreASentence() {
        assertThat(failure(export(folder.resolve("o.onnx"), "--argument", "units=[60,2]", "--input", "x:float32[N,6]")))
                .startsWith("the block fails with x [N, 6] at every size that was tried, such as {N=");
        assertThat(failure(export(
                        folder.resolve("o.onnx"),
                        "--argument",
                        "units=[60,2]",
                        "--input",
                        "x:float32[N,5]",
                        "--output",
                        "a",
                        "--output",
                        "b")))
                .isEqualTo("output names: expected 1, one per array that the block returns, found [a, b]");
    }

    @Test
    void aFactoryThatIsNotThereIsASentence() {
        assertThat(failure(CommandRun.kpp(
                        "onnx",
                        "export",
                        "--model",
                        model.toString(),
                        "--factory",
                        "theirs.Layers",
                        "--input",
                        "x:float32[N,5]",
                        "--out",
                        folder.resolve("o.onnx").toString())))
                .isEqualTo("--factory: expected a class on the class path (--class-path names more jars and "
                        + "folders), found no theirs.Layers");
        assertThat(failure(CommandRun.kpp(
                        "onnx",
                        "export",
                        "--model",
                        model.toString(),
                        "--factory",
                        "java.lang.String",
                        "--input",
                        "x:float32[N,5]",
                        "--out",
                        folder.resolve("o.onnx").toString())))
                .isEqualTo("--factory: expected a class that implements ai.djl.nn.BlockFactory, found "
                        + "java.lang.String, which does not");
        assertThat(failure(CommandRun.kpp(
                        "onnx",
                        "export",
                        "--model",
                        model.toString(),
                        "--factory",
                        "x.Y",
                        "--class-path",
                        "/nowhere/a.jar",
                        "--input",
                        "x:float32[N,5]",
                        "--out",
                        folder.resolve("o.onnx").toString())))
                .isEqualTo("--class-path: expected jars and folders, found no /nowhere/a.jar");
    }

    @Test
    void aFolderWithoutAModelAndParametersThatDoNotFitAreSentences() {
        assertThat(failure(CommandRun.kpp(
                        "onnx",
                        "export",
                        "--model",
                        classes.toString(),
                        "--factory",
                        "theirs.Layers",
                        "--class-path",
                        classes.toString(),
                        "--input",
                        "x:float32[N,5]",
                        "--out",
                        folder.resolve("o.onnx").toString())))
                .isEqualTo(classes + ": expected a saved model (NAME-0000.params), found none");
        assertThat(failure(
                        export(folder.resolve("o.onnx"), "--argument", "units=[60,2,2]", "--input", "x:float32[N,5]")))
                .contains("expected the parameters of mine to fit the block that theirs.Layers creates");
    }

    @Test
    void aFileThatIsNoModelIsASentence() throws IOException {
        Path text = Files.writeString(folder.resolve("text.onnx"), "not a model");
        assertThat(failure(CommandRun.kpp("onnx", "show", text.toString())))
                .startsWith(text + ": expected an ONNX model, found something else");
        assertThat(failure(CommandRun.kpp("onnx", "show", "/nowhere.onnx")))
                .isEqualTo("/nowhere.onnx: expected an ONNX model, found no file");
        assertThat(failure(CommandRun.kpp("onnx", "show", folder.toString())))
                .isEqualTo(folder + ": expected an ONNX model, found a folder");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiterString = "=>", ignoreLeadingAndTrailingWhitespace = true, textBlock = """
            --input x:real[N,5]                            => expected the type of input x to be one of [float32, float64, float16, int8, uint8, int32, int64, boolean], found 'real'
            --input x[N,5]                                 => expected NAME:TYPE[SIZE,...] such as images:float32[N,3,224,224], found 'x[N,5]'
            --input x:float32[N,5] --opset 99              => expected an opset from
            --input x:float32[N,5] --ir 3                  => expected an IR version from
            --input x:float32[N,5] --limit N=7             => expected FROM..TO with FROM up to TO, or FROM.., found '7'
            --input x:float32[N,5] --limit N=0..3          => expected limits of a dimension with 1 <= min <= max
            --input x:float32[N,5] --range x=3..3          => expected low < high, found 3.0 and 3.0
            --input x:float32[N,5] --tolerance -1          => expected a tolerance of at least 0, found -1.0
            --input x:float32[N,5] --statistics none       => Invalid value for option '--statistics'
            --input x:float32[N,5] --external-data-above -1 => expected a limit of 0 to 2000000000 bytes
            """)
    void anOptionThatMakesNoSenseIsOneSentenceAndExitCode2(String options, String sentence) {
        CommandRun run = export(folder.resolve("o.onnx"), options.split(" +"));
        assertThat(run.err()).contains(sentence).endsWith("; see 'kpp onnx export --help'" + System.lineSeparator());
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void helpShowsAnExample() {
        for (String command : List.of("export", "show")) {
            CommandRun run = CommandRun.kpp("onnx", command, "--help");
            assertThat(run.exitCode()).isZero();
            assertThat(run.out())
                    .contains("Usage: kpp onnx " + command, "Example:")
                    .containsPattern("(?s)Example:.*kpp onnx " + command);
        }
        CommandRun none = CommandRun.kpp("onnx");
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.err()).startsWith("Expected a command, export or show, found none");
    }

    private static String failure(CommandRun run) {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        List<String> lines = run.err().lines().toList();
        return lines.get(lines.size() - 1);
    }
}
