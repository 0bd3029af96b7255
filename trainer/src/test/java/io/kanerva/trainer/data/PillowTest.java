package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares with Pillow 13.0.0's {@code resize(size, BILINEAR)} and {@code convert('1')} of the same 9 x 7 image. */
class PillowTest {
    private static final int[] IMAGE = {
        0, 48, 96, 144, 192, 240, 32, 80, 128, 77, 125, 173, 221, 13, 61, 109, 157, 205, 154, 202, 250, 42, 90, 138,
        186, 234, 26, 231, 23, 71, 119, 167, 215, 7, 55, 103, 52, 100, 148, 196, 244, 36, 84, 132, 180, 129, 177, 225,
        17, 65, 113, 161, 209, 1, 206, 254, 46, 94, 142, 190, 238, 30, 78
    };

    @ParameterizedTest(name = "to {0} columns and {1} rows")
    @MethodSource("sizes")
    void resizesBitExactlyLikePillow(int columns, int rows, int[] expected) {
        byte[] resized = new byte[1 + columns * rows];
        new BilinearResize(7, 9, rows, columns).resize(bytes(IMAGE), resized, 1);
        assertThat(resized).isEqualTo(Bytes.concat(new byte[1], bytes(expected)));
    }

    static Stream<Arguments> sizes() {
        return Stream.of(
                Arguments.of(4, 3, new int[] {106, 140, 120, 134, 129, 133, 126, 110, 162, 119, 138, 114}),
                Arguments.of(5, 7, new int[] {
                    27, 102, 192, 106, 101, 104, 179, 73, 103, 178, 181, 176, 90, 180, 127, 130, 77, 167, 81, 76, 79,
                    154, 184, 78, 153, 156, 151, 65, 155, 102, 215, 100, 142, 184, 69
                }),
                Arguments.of(9, 3, new int[] {
                    66, 114, 162, 155, 93, 141, 98, 146, 139, 156, 98, 146, 119, 152, 140, 82, 130, 103, 140, 188, 145,
                    83, 131, 124, 172, 129, 67
                }),
                Arguments.of(12, 10, new int[] {
                    0, 30, 66, 102, 138, 174, 210, 214, 58, 62, 98, 128, 42, 72, 108, 144, 180, 128, 112, 133, 83, 104,
                    140, 170, 96, 126, 162, 190, 178, 86, 50, 86, 122, 158, 170, 160, 150, 180, 216, 222, 75, 73, 104,
                    140, 176, 212, 157, 35, 204, 130, 104, 128, 97, 122, 158, 173, 84, 100, 102, 76, 168, 94, 68, 104,
                    140, 176, 178, 138, 49, 64, 100, 130, 56, 86, 122, 156, 183, 217, 162, 46, 82, 118, 149, 171, 110,
                    140, 176, 188, 80, 92, 104, 100, 136, 172, 136, 46, 164, 194, 186, 133, 63, 82, 118, 154, 190, 154,
                    94, 36, 206, 236, 176, 52, 88, 124, 160, 196, 232, 108, 48, 78
                }));
    }

    @Test
    void dithersBitExactlyLikePillow() {
        byte[] image = Bytes.concat(new byte[] {77}, bytes(IMAGE));
        Drawings.dither(image, 1, 7, 9);
        int[] expected = {
            0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0,
            0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0
        };
        assertThat(image[0]).isEqualTo((byte) 77);
        for (int i = 0; i < expected.length; i++) {
            assertThat(image[1 + i] & 0xff).as("pixel %d", i).isEqualTo(255 * expected[i]);
        }
    }

    private static byte[] bytes(int[] values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
