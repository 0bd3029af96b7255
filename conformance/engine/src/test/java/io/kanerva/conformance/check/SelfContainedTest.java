package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.conformance.ShippedBundles;
import io.kanerva.conformance.check.Bisection.Side;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose weights lie in a file beside them, as PyTorch's exporter writes them. */
class SelfContainedTest {
    @TempDir
    Path temporary;

    private Path bundle;
    private Path model;

    @BeforeEach
    void aModelAndItsWeightsApart() throws IOException {
        bundle = ShippedBundles.copy("fashion-mnist", temporary.resolve("bundle"));
        model = Files.createDirectories(temporary.resolve("apart")).resolve("decoder.onnx");
        write("weights.bin", 0);
    }

    @Test
    void itsDataAreTakenIntoTheModel() throws IOException {
        assertThat(SelfContained.read(model).build())
                .isEqualTo(ModelProto.parseFrom(Files.readAllBytes(bundle.resolve("decoder.onnx"))));
    }

    @Test
    void itsNoiseFloorAndTheNodeThatDiffersAreFoundAsOfAnyOther() throws IOException {
        Case given = Case.of("decoder", model, bundle.resolve("vectors/decoder"), Optional.empty())
                .get(0);
        Case wide = DoublePrecision.of(given, temporary.resolve("wide"));
        assertThat(ModelProto.parseFrom(Files.readAllBytes(wide.model()))
                        .getGraph()
                        .getInitializerList())
                .noneMatch(tensor -> tensor.getDataType() == ElementType.FLOAT32.number())
                .anyMatch(tensor -> tensor.getDataType() == ElementType.FLOAT64.number());
        Side whole = new Side(JavaRuntime.CPU, bundle.resolve("decoder.onnx"), false);
        assertThat(Bisection.between(
                                whole,
                                new Side(JavaRuntime.CPU, model, false),
                                given.inputs(),
                                Budget.of(Tolerance.BITS),
                                temporary)
                        .describe())
                .matches("all \\d+ values of its nodes match");
    }

    @Test
    void dataOutsideOfTheModelsFolderAreNotRead() throws IOException {
        Files.copy(model.resolveSibling("weights.bin"), temporary.resolve("weights.bin"));
        for (String place :
                List.of("../weights.bin", temporary.resolve("weights.bin").toString(), "link.bin", "none.bin", "")) {
            write(place, 0);
            if (place.equals("link.bin")) {
                Files.createSymbolicLink(model.resolveSibling("link.bin"), temporary.resolve("weights.bin"));
            }
            assertThatThrownBy(() -> SelfContained.read(model))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("expected its data in a file of the model's folder, found '" + place + "'");
        }
        write("weights.bin", 5);
        assertThatThrownBy(() -> SelfContained.read(model))
                .hasMessageMatching(
                        ".*decoder.onnx: tensor '.*': expected \\d+ bytes from 5 in 'weights.bin', found a file "
                                + "of \\d+");
    }

    @Test
    void inputsThatCannotBeMadeUpAreNamed() throws IOException {
        for (long size : new long[] {1L << 40, 1L << 29}) {
            ModelProto.Builder huge =
                    ModelProto.parseFrom(Files.readAllBytes(bundle.resolve("decoder.onnx"))).toBuilder();
            huge.getGraphBuilder()
                    .getInputBuilder(0)
                    .getTypeBuilder()
                    .getTensorTypeBuilder()
                    .getShapeBuilder()
                    .getDimBuilder(0)
                    .setDimValue(size);
            Files.write(model, huge.build().toByteArray());
            assertThatThrownBy(() -> Case.random("decoder", model, Map.of(), Set.of(), 1, Optional.empty(), temporary))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("decoder.onnx: input 'latent': expected a shape of at most 268,435,456 "
                            + "random values, found ["
                            + size);
        }
    }

    /** The decoder with its largest weight in another file. */
    private void write(String location, long offset) throws IOException {
        ModelProto.Builder proto = ModelProto.parseFrom(Files.readAllBytes(bundle.resolve("decoder.onnx"))).toBuilder();
        TensorProto.Builder largest = proto.getGraphBuilder().getInitializerBuilderList().stream()
                .max((one, other) -> Integer.compare(
                        one.getRawData().size(), other.getRawData().size()))
                .orElseThrow();
        byte[] data = largest.getRawData().toByteArray();
        Files.write(model.resolveSibling("weights.bin"), data);
        largest.clearRawData().setDataLocation(TensorProto.DataLocation.EXTERNAL);
        Map.of("location", location, "offset", Long.toString(offset), "length", Integer.toString(data.length))
                .forEach((key, value) -> largest.addExternalData(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        Files.write(model, proto.build().toByteArray());
    }
}
