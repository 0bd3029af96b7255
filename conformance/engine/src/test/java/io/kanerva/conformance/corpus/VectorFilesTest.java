package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vectors that cannot be what a model takes and gives are refused before any engine could be blamed. */
class VectorFilesTest {
    @TempDir
    Path folder;

    private Path model;
    private Path set;

    @BeforeEach
    void writeADifferenceAndASumWithTheirVectors() throws IOException {
        model = graph().input("a", floats(3, 5))
                .input("b", floats(1, 2))
                .node("Sub", "a b", "y")
                .node("Add", "a b", "z")
                .output("y")
                .output("z")
                .write(folder);
        set = folder.resolve("test_data_set_0");
        floats(2, 3).named("y").write(set.resolve("output_0.pb"));
        floats(4, 7).named("z").write(set.resolve("output_1.pb"));
    }

    @Test
    void filesWithAGapOrTooManyOrTooFewAreRefused() throws IOException {
        Files.move(set.resolve("output_1.pb"), set.resolve("output_2.pb"));
        refuses("expected output_0.pb to output_1.pb, found no output_1.pb among 2 files");
        Files.move(set.resolve("output_2.pb"), set.resolve("output_1.pb"));
        floats(1).write(set.resolve("input_2.pb"));
        refuses("expected at most 2 inputs, as the model has, found 3 files");
        Files.delete(set.resolve("input_2.pb"));
        Files.delete(set.resolve("input_1.pb"));
        refuses("input_1.pb: expected a file for the model's input 'b', found none");
    }

    @Test
    void inputsOfAnotherTypeOrSizeAreRefused() throws IOException {
        Tensor.of(ElementType.FLOAT64, new double[] {1, 2}, 2).write(set.resolve("input_1.pb"));
        refuses("input_1.pb: expected float32[2] for the model's input 'b', found float64[2]");
        floats(1, 2, 3).write(set.resolve("input_1.pb"));
        refuses("input_1.pb: expected float32[2] for the model's input 'b', found float32[3]");
        Files.write(set.resolve("input_1.pb"), new byte[] {1, 2, 3});
        refuses("input_1.pb");
    }

    @Test
    void filesNamedLikeTheModelsValuesInAnotherOrderAreRefused() throws IOException {
        floats(1, 2).named("b").write(set.resolve("input_0.pb"));
        floats(3, 5).named("a").write(set.resolve("input_1.pb"));
        refuses("expected inputs in the model's order (a, b), found files named b, a");
        floats(3, 5).named("first").write(set.resolve("input_0.pb"));
        floats(1, 2).named("second").write(set.resolve("input_1.pb"));
        assertThat(run().holds()).isTrue(); // other names say nothing
        floats(4, 7).named("z").write(set.resolve("output_0.pb"));
        floats(2, 3).named("y").write(set.resolve("output_1.pb"));
        refuses("expected outputs in the model's order (y, z), found files named z, y");
    }

    @Test
    void anOutputWithoutAFileIsNamed() throws IOException {
        Files.delete(set.resolve("output_1.pb"));
        Findings findings = run();
        assertThat(findings.holds()).isTrue();
        assertThat(findings.notes())
                .containsExactly("graph 'g', output 'z': not compared, since vectors 0 have no file of it");
    }

    private Findings run() throws IOException {
        return new Verification(folder.resolve("scratch")).run("g", List.of(JavaRuntime.CPU), cases());
    }

    private List<Case> cases() throws IOException {
        return Case.of("g", model, folder, Optional.empty());
    }

    private void refuses(String sentence) {
        assertThatThrownBy(this::cases).isInstanceOf(IOException.class).hasMessageContaining(sentence);
    }
}
