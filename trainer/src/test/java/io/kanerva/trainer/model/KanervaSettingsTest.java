package io.kanerva.trainer.model;

import static io.kanerva.trainer.model.KeyAddressing.CONTINUOUS;
import static io.kanerva.trainer.model.KeyAddressing.DEREFERENCED;
import static io.kanerva.trainer.model.WriterKind.HEAP;
import static io.kanerva.trainer.model.WriterKind.POOLED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.trainer.TinyModels;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KanervaSettingsTest {

    /**
     * A tiny heap's sizes with one of them changed: image, memory, block, keys, latent, slots, memoryLayers, width,
     * depth.
     */
    private static KanervaSettings heap(int index, int value) {
        int[] s = {1, 8, 8, 2, 8, 16, 4, 4, 1, 3, 2, 4, 0, 8, 1};
        s[index] = value;
        return settings(HEAP, DEREFERENCED, s);
    }

    private static KanervaSettings settings(WriterKind writer, KeyAddressing addressing, int... s) {
        return new KanervaSettings(
                writer,
                addressing,
                false,
                new MapShape(s[0], s[1], s[2]),
                new MapShape(s[3], s[4], s[5]),
                new Grid(s[6], s[7]),
                new Grid(s[10], s[11]),
                s[8],
                s[12],
                0,
                s[9],
                LatentLayout.VECTOR,
                EncoderSettings.residual(s[13], s[14]),
                DecoderSettings.of(8, 1),
                ImageLikelihood.BERNOULLI);
    }

    static Stream<Arguments> sizesThatMustBePositive() {
        List<String> names = List.of(
                "image.channels",
                "image.height",
                "image.width",
                "memory.channels",
                "memory.height",
                "memory.width",
                "block.rows",
                "block.columns",
                "keys (K)",
                "latent (D)",
                "slots.rows",
                "slots.columns",
                "",
                "encoder.width",
                "encoder.depth");
        return Stream.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14).map(i -> Arguments.of(i, names.get(i)));
    }

    @ParameterizedTest
    @MethodSource("sizesThatMustBePositive")
    void aSizeOfZeroIsNamed(int index, String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> heap(index, 0))
                .withMessage("model settings: %s must be at least 1, found 0", name);
    }

    @Test
    void sizesThatDoNotFitEachOtherAreNamed() {
        refused(
                () -> heap(1, 9),
                "the image of 9 x 8 must be the same integer multiple of the block of 4 x 4 on both sides");
        refused(
                () -> heap(2, 16),
                "the image of 8 x 16 must be the same integer multiple of the block of 4 x 4 on both sides");
        refused(() -> heap(4, 3), "a window of 4 x 4, stretched by up to 1.00, must fit into the memory of 3 x 16");
        refused(
                () -> settings(HEAP, CONTINUOUS, 1, 8, 8, 2, 5, 16, 4, 4, 1, 3, 2, 4, 0, 8, 1),
                "a window of 4 x 4, stretched by up to 1.28, must fit into the memory of 5 x 16");
        refused(
                () -> heap(5, 17),
                "a heap of 2 x 4 slots, whose blocks have 4 x 4 pixels, must be of 8 x 16, found 8 x 17");
        refused(() -> heap(8, 9), "2 x 4 slots must hold the 9 keys of one sample");
        refused(() -> heap(12, 5), "only the pooled writer has memoryLayers, found 5 and heap");
        refused(
                () -> settings(null, DEREFERENCED, 1, 8, 8, 2, 8, 16, 4, 4, 1, 3, 2, 4, 0, 8, 1),
                "writer and addressing must be given");
    }

    @Test
    void onlyWhatAHeapCopiesKeepsItsBits() {
        assertThat(TinyModels.heap().withBits(2).withKeys(2).bits()).isEqualTo(2);
        refused(() -> TinyModels.heap().withBits(17), "bits must be 0 to 16, found 17");
        refused(() -> TinyModels.heap().withBits(-1), "bits must be 0 to 16, found -1");
        refused(
                () -> TinyModels.pooled(1).withBits(1),
                "only a heap with dereferenced keys has bits: others add and blur what is written; found 1, pooled "
                        + "and continuous keys");
        refused(
                () -> TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(4, 1))
                        .withBits(3),
                "a linear path writes numbers of any size: bits or decoder.banks must be 0, found 3 and 1");
    }

    @Test
    void thePooledWriterTakesContinuousKeysAndAMemoryWhoseSlotsLieOnWholePixels() {
        refused(
                () -> settings(POOLED, DEREFERENCED, 1, 8, 8, 2, 12, 20, 4, 4, 1, 3, 2, 4, 0, 8, 1),
                "the pooled writer's keys are continuous, found dereferenced addressing");
        refused(
                () -> settings(POOLED, CONTINUOUS, 1, 8, 8, 2, 12, 20, 4, 4, 1, 3, 0, 0, 0, 8, 1),
                "slots.rows must be at least 1, found 0");
        refused(
                () -> settings(POOLED, CONTINUOUS, 1, 8, 8, 2, 8, 16, 4, 4, 1, 3, 2, 4, 0, 8, 1),
                "the pooled writer's slots need a margin, on each axis of 2 pixels to a block: expected a memory of "
                        + "10 x 18 to 12 x 20, found 8 x 16");
        refused(
                () -> settings(POOLED, CONTINUOUS, 1, 8, 8, 2, 10, 21, 4, 4, 1, 3, 2, 4, 0, 8, 1),
                "the pooled writer's slots need a margin, on each axis of 2 pixels to a block: expected a memory of "
                        + "10 x 18 to 12 x 20, found 10 x 21");
        refused(
                () -> settings(POOLED, CONTINUOUS, 1, 8, 8, 2, 12, 20, 4, 4, 1, 3, 2, 4, -1, 8, 1),
                "memoryLayers must be at least 0, found -1");
        refused(
                () -> settings(POOLED, CONTINUOUS, 1, 8, 8, 2, 3, 5, 1, 1, 1, 3, 2, 4, 0, 8, 1),
                "the pooled writer's blocks must have at least 2 rows and columns, found 1 x 1");
    }

    @Test
    void derivedSizesFollow() {
        KanervaSettings heap = TinyModels.heap(DEREFERENCED, 3);
        assertThat(heap.memoryFloats()).isEqualTo(256);
        assertThat(heap.image().size()).isEqualTo(64);
        assertThat(heap.patch()).isEqualTo(2);
        assertThat(heap.slots().size()).isEqualTo(8);
        assertThat(heap.capacity()).isEqualTo(2);
        assertThat(TinyModels.pooled(2).capacity()).isEqualTo(8);
    }

    @Test
    void settingsSurviveJsonAndNameWriterAndAddressingInLowerCase() throws Exception {
        ObjectMapper json = new ObjectMapper();
        for (KanervaSettings settings :
                List.of(TinyModels.heap(), TinyModels.pooled(2), TinyModels.paper(4), TinyModels.colour())) {
            String text = json.writeValueAsString(settings);
            assertThat(text)
                    .contains(
                            "\"writer\":\"" + settings.writer() + "\"",
                            "\"addressing\":\"" + settings.addressing() + "\"");
            assertThat(json.readValue(text, KanervaSettings.class)).isEqualTo(settings);
        }
    }

    @Test
    void aLatentMapFillsTheBlocksPlacesAndADecodersSizesFitEachOther() {
        assertThat(TinyModels.colour().latentChannels()).isEqualTo(2);
        assertThat(TinyModels.colour().parameterChannels()).isEqualTo(139);
        refused(
                () -> TinyModels.colour().withLatent(33, LatentLayout.MAP),
                "a latent map of D = 33 values must be a multiple of the block's 4 x 4 positions");
        refused(
                () -> new DecoderSettings(0, 1, 0, 0, 0, 0),
                "the decoder's width and depth must be at least 1, found 0 and 1");
        refused(
                () -> new DecoderSettings(8, 1, 8, 0, 0, 0),
                "refineWidth and refineDepth must both be 0 or both at least 1, found 8 and 0");
        refused(() -> new DecoderSettings(8, 1, 0, 0, 5, 0), "neighbours must be 0, 4, 12 or 24, found 5");
        refused(
                () -> new DecoderSettings(8, 1, 0, 0, 0, 2),
                "banks must be 0, or at least 1 with neighbours and without layers at the image's resolution, "
                        + "found 2 with neighbours = 0, refineDepth = 0");
        refused(
                () -> new DecoderSettings(8, 1, 8, 1, 4, 1),
                "banks must be 0, or at least 1 with neighbours and without layers at the image's resolution, "
                        + "found 1 with neighbours = 4, refineDepth = 1");
        refused(
                () -> new DecoderSettings(8, 1, 0, 0, 4, -1),
                "banks must be 0, or at least 1 with neighbours and without layers at the image's resolution, "
                        + "found -1 with neighbours = 4, refineDepth = 0");
        refused(
                () -> TinyModels.heap()
                        .withDecoder(DecoderSettings.of(8, 1).withNeighbours(4, 0), ImageLikelihood.BERNOULLI),
                "a Bernoulli likelihood conditions a pixel on no neighbours, found 4");
    }

    @Test
    void thePapersEncoderNeedsThePooledWriterAndBlocksThatItsHalvingsReach() {
        refused(
                () -> TinyModels.heap().withEncoder(new EncoderSettings(EncoderKind.RESNET18_TSM, 8, 1)),
                "the encoder resnet18-tsm sees a sample together with its episode, so it needs the pooled writer, "
                        + "found "
                        + "heap");
        refused(
                () -> KanervaSettings.pooled(
                        new MapShape(1, 12, 12),
                        2,
                        new Grid(4, 4),
                        new Grid(2, 4),
                        3,
                        new EncoderSettings(EncoderKind.RESNET18_TSM, 8, 1)),
                "the encoder resnet18-tsm halves an image's sides up to the block's, so the image of 12 x 12 must be "
                        + "1, "
                        + "2, 4, 8 or 16 times the block of 4 x 4");
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable settings, String message) {
        assertThatIllegalArgumentException().isThrownBy(settings).withMessage("model settings: %s", message);
    }
}
