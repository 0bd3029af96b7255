package io.kanerva.exporter.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputSpecTest {
    @Test
    void anInputIsReadAsPeopleWriteIt() {
        assertThat(InputSpec.parse("images:float32[N,3,224,224]"))
                .isEqualTo(InputSpec.of(
                        "images",
                        DataType.FLOAT32,
                        Dimension.named("N"),
                        Dimension.fixed(3),
                        Dimension.fixed(224),
                        Dimension.fixed(224)));
        assertThat(InputSpec.parse("a:b: INT64 [ T , 2 ]"))
                .isEqualTo(InputSpec.of("a:b", DataType.INT64, Dimension.named("T"), Dimension.fixed(2)));
        assertThat(InputSpec.parse("threshold:float32[]")).isEqualTo(InputSpec.of("threshold", DataType.FLOAT32));
    }

    @Test
    void sizesMayBeRelatedToEachOther() {
        InputSpec input = InputSpec.parse("x:float32[N, 8*h, w * 8, S + 1, 2*h*w - 3, h*h]");
        assertThat(input.shapeAt(Map.of("N", 2L, "h", 3L, "w", 5L, "S", 7L))).isEqualTo(new Shape(2, 24, 40, 8, 27, 9));
        assertThat(input.shape())
                .extracting(Dimension::toString)
                .containsExactly("N", "8*h", "8*w", "S+1", "2*h*w-3", "h*h");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            images[3]              | expected NAME:TYPE[SIZE,...] such as images:float32[N,3,224,224], found 'images[3]'
            images:float32         | expected NAME:TYPE[SIZE,...] such as images:float32[N,3,224,224], found 'images:float32'
            images:real[3]         | expected the type of input images to be one of [float32, float64, float16, int8, uint8, int32, int64, boolean], found 'real'
            images:string[3]      | input images: expected one of [float32, float64, float16, int8, uint8, int32, int64, boolean], found string
            images:float32[N,,3]   | a dimension is a number, a name such as B, or a sum of products of them such as 8*h or S+1, found ""
            images:float32[N,H/2]  | a dimension is a number, a name such as B, or a sum of products of them such as 8*h or S+1, found "H/2"
            images:float32[2 d]    | a dimension is a number, a name such as B, or a sum of products of them such as 8*h or S+1, found "2 d"
            images:float32[a++b]   | a dimension is a number, a name such as B, or a sum of products of them such as 8*h or S+1, found "a++b"
            images:float32[N,-1]   | a fixed dimension is at least 1, found -1
            images:float32[0]      | a fixed dimension is at least 1, found 0
            """)
    void anInputThatMakesNoSenseIsASentence(String text, String sentence) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InputSpec.parse(text))
                .withMessage(sentence);
    }
}
