package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.exportLambda;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Arithmetic of complex arrays, with each other, with real arrays and with numbers. */
class ComplexTest {
    @Test
    void sumsProductsAndQuotientsAgreeWithTheEngine() {
        OnnxModel model = exportLambda(
                list -> {
                    NDArray x = list.singletonOrThrow();
                    NDArray a = x.rfft(6);
                    NDArray b = x.sin().rfft(6);
                    NDArray real = x.get("..., 0:4");
                    NDList results = new NDList(
                            a.add(b),
                            a.sub(b),
                            a.mul(b),
                            a.div(b.add(20)),
                            a.add(real),
                            a.sub(real),
                            a.mul(real),
                            a.div(real.abs().add(1)),
                            real.add(a),
                            real.sub(a),
                            real.mul(a),
                            real.div(b.add(20)),
                            a.add(1.5),
                            a.sub(2),
                            a.mul(3),
                            a.div(4),
                            a.neg());
                    NDList reals = new NDList();
                    results.forEach(result -> reals.add(result.real()));
                    reals.add(a.mul(b.conj())
                            .irfft(6)
                            .get("..., 0:4")
                            .expandDims(-1)
                            .repeat(3, 2));
                    return new NDList(NDArrays.concat(reals));
                },
                input("x", "B", "T", 6));
        assertThat(model.checks()).isNotEmpty();
    }

    @Test
    void transformsOfLengthsThatAreNoPowersOfTwoAreAsExactAsTheEngines() {
        // ONNX Runtime's DFT and STFT differ by up to 7e-3 here (random normal values); the check allows 1e-4.
        OnnxModel model = OnnxExporter.export(
                new LambdaBlock(list -> {
                    NDArray x = list.singletonOrThrow();
                    NDArray window = x.getManager().hanningWindow(400);
                    NDArray bins = x.rfft(1_000);
                    return new NDList(
                            bins.abs(),
                            bins.irfft(1_000),
                            x.rfft(1_203).real(),
                            x.transpose().rfft(513, 0).abs(),
                            x.fft(257).abs(),
                            x.fft(750).ifft(750).real(),
                            x.expandDims(1)
                                    .fft2(new long[] {3, 600}, new long[] {1, 2})
                                    .abs(),
                            x.stft(400, 160, true, window, true).abs(),
                            x.stft(400, 100, false, window, true, true).real());
                }),
                List.of(input("x", "B", 1_000)),
                List.of("magnitudes", "back", "longer", "first", "complex", "inverse", "plane", "frames", "scaled"),
                CHECKED);
        assertThat(model.checks()).isNotEmpty();
        assertThat(operators(model)).contains("MatMul", "Conv").doesNotContain("DFT", "STFT");
    }
}
