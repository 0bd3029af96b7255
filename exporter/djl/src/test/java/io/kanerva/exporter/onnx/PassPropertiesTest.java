package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportLambda;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Random chains of moves, which the passes merge, against the engine. */
class PassPropertiesTest {
    @Property(seed = "4", tries = 40)
    void anySequenceOfMovesKeepsItsMeaning(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 0, max = 6) Integer> moves) {
        OnnxModel model = exportLambda(
                list -> {
                    NDArray x = list.singletonOrThrow();
                    long batch = x.getShape().get(0);
                    long length = x.getShape().get(1);
                    for (int move : moves) {
                        x = switch (move) {
                            case 0 -> x.transpose(0, 2, 1);
                            case 1 -> x.transpose(1, 0, 2);
                            case 2 -> x.reshape(length, 6, batch);
                            case 3 -> x.reshape(batch * length, 2, 3);
                            case 4 -> x.reshape(6, batch, length);
                            case 5 -> x.reshape(-1, 3, 2 * length);
                            default -> x.exp().neg();
                        };
                    }
                    return new NDList(x);
                },
                input("x", "B", "T", 6));
        assertThat(largestDifference(model)).isLessThan(1e-4);
    }
}
