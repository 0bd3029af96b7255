package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportLambda;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
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
}
