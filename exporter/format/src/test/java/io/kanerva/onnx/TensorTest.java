package io.kanerva.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorTest {
    @TempDir
    private Path folder;

    @Test
    void floatsAndWholeNumbersComeBackAsWritten() throws IOException {
        Path file = folder.resolve("input_0.pb");
        Tensor floats = Tensor.of(new float[] {1.5f, -0f, Float.MIN_VALUE, Float.NaN, 5, 6}, 2, 3);
        floats.named("images").write(file);
        assertThat(Tensor.read(file)).isEqualTo(floats);
        assertThat(Tensor.read(file).floats()).containsExactly(1.5f, -0f, Float.MIN_VALUE, Float.NaN, 5, 6);
        Tensor longs = Tensor.of(new long[] {Long.MIN_VALUE, 0, 7}, 3);
        longs.write(file);
        assertThat(Tensor.read(file)).isEqualTo(longs);
    }

    @Test
    void elementsInTypedFieldsAreReadToo() {
        TensorProto floats = TensorProto.newBuilder()
                .setDataType(1)
                .addDims(2)
                .addFloatData(3)
                .addFloatData(4)
                .build();
        assertThat(Tensor.of(floats)).isEqualTo(Tensor.of(new float[] {3, 4}, 2));
        TensorProto flags = TensorProto.newBuilder()
                .setDataType(9)
                .addDims(2)
                .addInt32Data(1)
                .addInt32Data(0)
                .build();
        assertThat(Tensor.of(flags).doubles()).containsExactly(1, 0);
    }

    @Test
    void aFileThatIsNoTensorIsNamedInTheError() throws IOException {
        Path file = folder.resolve("broken.pb");
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> Tensor.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("broken.pb: expected an ONNX tensor, found other bytes");
    }

    @Test
    void aTensorWhoseSizeDoesNotFitItsShapeIsAnError() {
        assertThatThrownBy(() -> Tensor.of(new float[5], 2, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a float32 tensor of shape [2, 3]: expected 24 bytes, found 20");
    }
}
