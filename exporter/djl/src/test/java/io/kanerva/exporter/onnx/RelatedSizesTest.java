package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.InputSpec;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Inputs whose sizes are multiples or sums of named ones; the graph computes the names from the inputs' shapes. */
class RelatedSizesTest {
    private static OnnxModel export(Function<NDList, NDArray> forward, String... inputs) {
        return OnnxExporter.export(
                new LambdaBlock(list -> new NDList(forward.apply(list))),
                Arrays.stream(inputs).map(InputSpec::parse).toList(),
                List.of("y"),
                CHECKED);
    }

    private static List<String> input(OnnxModel model) {
        return model.proto().getGraph().getInput(0).getType().getTensorType().getShape().getDimList().stream()
                .map(d -> d.hasDimValue() ? Long.toString(d.getDimValue()) : d.getDimParam())
                .toList();
    }

    @Test
    void anImageOfWholeWindowsIsCutIntoThem() {
        OnnxModel model = export(
                list -> {
                    NDArray x = list.head();
                    long height = x.getShape().get(1);
                    long width = x.getShape().get(2);
                    return x.reshape(x.getShape().get(0), height / 4, 4, width / 4, 4, 2)
                            .transpose(0, 1, 3, 2, 4, 5)
                            .reshape(-1, 16, 2)
                            .mul(1.0 / (height / 4));
                },
                "x:float32[N,4*h,4*w,2]");
        assertThat(input(model)).containsExactly("N", "4*h", "4*w", "2");
    }

    @Test
    void oneInputIsAStepLongerThanAnother() {
        export(list -> list.get(0).get("1:").mul(list.get(1)), "z:float32[S+1,N]", "s:float32[S,N]");
    }

    @Test
    void aNameThatNeverStandsAloneIsComputed() {
        OnnxModel model =
                export(list -> list.head().get("1:").mul(list.head().getShape().get(0) - 1), "z:float32[2*S+3,N]");
        assertThat(input(model)).containsExactly("2*S+3", "N");
        export(
                list -> list.head()
                        .get("1:")
                        .div(Math.sqrt(list.head().getShape().get(0) / 2)),
                "z:float32[2*S+3,N]");
    }

    @Test
    void aSquareOfTokensIsAGrid() {
        export(
                list -> {
                    NDArray x = list.head();
                    long side = (long) Math.sqrt(x.getShape().get(1));
                    return x.reshape(x.getShape().get(0), side, side, 3);
                },
                "x:float32[N,h*h,3]");
    }

    @Test
    void aProductIsDividedByAKnownSize() {
        export(
                list -> list.get(0)
                        .reshape(list.get(1).getShape().get(0), -1, 2)
                        .mul(list.get(1).expandDims(1)),
                "x:float32[h*w,2]",
                "y0:float32[h,2]");
    }

    @Test
    void sizesThatSayTooLittleOrNothingAreErrors() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> export(NDList::head, "x:float32[h*w]"))
                .withMessage(
                        "the size h cannot be computed from the inputs' sizes [[h*w]]; give it a dimension such as "
                                + "h or 2*h+1 in one of them");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> export(NDList::head, "x:float32[S-1]"))
                .withMessage("input x: the size S-1 can be less than 1; give the smallest size a name and write the "
                        + "others as sums with it, such as [S] and [S+1], or set a limit");
    }

    @Test
    void aLimitMayHaveNoEnd() {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(x -> x.get(":, 2:")),
                List.of(InputSpec.parse("x:float32[N,T]")),
                List.of("y"),
                CHECKED.withDimensionLimit("T", 3));
        assertThat(model.checks())
                .extracting(check -> check.sizes().get("T"))
                .contains(3L)
                .allMatch(size -> size >= 3);
    }
}
