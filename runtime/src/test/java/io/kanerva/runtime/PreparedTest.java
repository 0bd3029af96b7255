package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The calls that write into the caller's buffers. */
class PreparedTest {

    private static final FloatTensor EPISODES = TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C, 0x5A, 0x66);
    private static final FloatTensor QUERIES = TileImages.episodes(2, 0x55, 0x0F, 0x66, 0x3C);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aPreparedRecallGivesWhatRecallGives(Kind kind) {
        try (Kanerva kanerva = TinyBundle.open(kind, folder)) {
            Memory memory = kanerva.write(EPISODES);
            Recall expected = kanerva.recall(memory, QUERIES, 1);
            try (PreparedRecall prepared = kanerva.prepareRecall(memory, 2)) {
                // A heap buffer with an offset, and a direct one in the byte order that is not the machine's.
                FloatBuffer queries = FloatBuffer.allocate(QUERIES.size() + 3)
                        .put(3, QUERIES.data())
                        .position(3);
                FloatBuffer images = ByteBuffer.allocateDirect(4 * QUERIES.size())
                        .order(ByteOrder.BIG_ENDIAN)
                        .asFloatBuffer();
                prepared.run(FloatBuffer.wrap(EPISODES.data()), images);
                prepared.run(queries, images);
                float[] found = new float[QUERIES.size()];
                images.get(0, found);
                assertThat(found).containsExactly(expected.images().data());
                assertThat(images.position()).isZero();
                int[] samples = expected.lookups().get(0).samples();
                for (int query = 0; query < 4; query++) {
                    assertThat(prepared.sample(query)).isEqualTo(samples.length == 0 ? -1 : samples[query]);
                }
            }
        }
    }

    @Test
    void buffersThatCannotBeFilledAndQueriesThatAreNotThere() {
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder);
                PreparedWrite write = kanerva.prepareWrite(2, 3);
                PreparedRecall recall = kanerva.prepareRecall(kanerva.write(EPISODES), 2)) {
            FloatBuffer images = FloatBuffer.wrap(EPISODES.data());
            FloatBuffer space = FloatBuffer.allocate(2000);
            assertThatThrownBy(() -> recall.run(images, space.asReadOnlyBuffer()))
                    .isInstanceOf(TensorException.class)
                    .hasMessage("buffer 'recalled': expected one to write to, found a read-only one");
            assertThatThrownBy(() -> write.run(images, space.asReadOnlyBuffer(), space))
                    .hasMessage("buffer 'memory': expected one to write to, found a read-only one");
            assertThatThrownBy(() -> write.run(images, space, space.asReadOnlyBuffer()))
                    .hasMessage("buffer 'pointers': expected one to write to, found a read-only one");
            for (int query : new int[] {-1, 4, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
                assertThatThrownBy(() -> recall.sample(query))
                        .isInstanceOf(TensorException.class)
                        .hasMessage("PreparedRecall: expected a query from 0 to 3, found " + query);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aPreparedWriteGivesWhatWriteGives(Kind kind) {
        try (Kanerva kanerva = TinyBundle.open(kind, folder);
                PreparedWrite prepared = kanerva.prepareWrite(2, 3)) {
            Memory expected = kanerva.write(EPISODES);
            FloatBuffer memory = FloatBuffer.allocate(expected.memory().size());
            FloatBuffer pointers = FloatBuffer.allocate(expected.pointers().size());
            prepared.run(FloatBuffer.wrap(FloatTensor.zeros(2, 3, 1, 8, 8).data()), memory, pointers);
            prepared.run(FloatBuffer.wrap(EPISODES.data()), memory, pointers);
            assertThat(memory.array()).containsExactly(expected.memory().data());
            assertThat(pointers.array()).containsExactly(expected.pointers().data());
        }
    }

    @Test
    void imagesMayBeRecalledInPlaceAsTheNextQueries() {
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder)) {
            Memory memory = kanerva.write(EPISODES);
            float[] images = QUERIES.data().clone();
            try (PreparedRecall prepared = kanerva.prepareRecall(memory, 2)) {
                prepared.run(FloatBuffer.wrap(images), FloatBuffer.wrap(images));
                prepared.run(FloatBuffer.wrap(images), FloatBuffer.wrap(images));
            }
            assertThat(images)
                    .containsExactly(kanerva.recall(memory, QUERIES, 2).images().data());
        }
    }

    @Test
    void buffersThatAreTooShortAndValuesThatAreNoImagesAreRefused() {
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder);
                PreparedWrite write = kanerva.prepareWrite(1, 2)) {
            Memory memory = kanerva.write(EPISODES);
            try (PreparedRecall recall = kanerva.prepareRecall(memory, 2)) {
                FloatBuffer whole = FloatBuffer.allocate(256);
                FloatBuffer cut = FloatBuffer.allocate(256).position(1);
                assertThatThrownBy(() -> recall.run(cut, whole))
                        .isInstanceOf(TensorException.class)
                        .hasMessage("buffer 'queries': expected space for 256 values, found 255");
                assertThatThrownBy(() -> recall.run(whole, cut))
                        .isInstanceOf(TensorException.class)
                        .hasMessageContaining("'recalled'");
                assertThatThrownBy(() -> recall.run(whole.duplicate().put(7, Float.NaN), whole))
                        .isInstanceOf(TensorException.class)
                        .hasMessage("recall: queries: expected values from 0 to 1, found NaN at [7]");
                assertThatThrownBy(() -> write.run(whole, FloatBuffer.allocate(31), whole))
                        .isInstanceOf(TensorException.class)
                        .hasMessage("buffer 'memory': expected space for 32 values, found 31");
            }
            assertThatThrownBy(() -> kanerva.prepareWrite(1, 1 << 26)).isInstanceOf(CapacityException.class);
            assertThatThrownBy(() -> kanerva.prepareRecall(memory, 0))
                    .isInstanceOf(TensorException.class)
                    .hasMessage("prepareRecall: queries: expected at least 1, found 0");
        }
    }

    @Test
    void aRunAfterEitherCloseIsRefused() {
        Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder);
        Memory memory = kanerva.write(EPISODES);
        FloatBuffer images = FloatBuffer.allocate(256);
        PreparedRecall closed = kanerva.prepareRecall(memory, 2);
        closed.close();
        closed.close();
        assertThatThrownBy(() -> closed.run(images, images))
                .isInstanceOf(ClosedException.class)
                .hasMessage("PreparedRecall: called after close");
        PreparedRecall open = kanerva.prepareRecall(memory, 2);
        PreparedWrite write = kanerva.prepareWrite(1, 1);
        kanerva.close();
        assertThatThrownBy(() -> open.run(images, images))
                .isInstanceOf(ClosedException.class)
                .hasMessageContaining("called after close");
        assertThatThrownBy(() -> write.run(images, images, images)).isInstanceOf(ClosedException.class);
        assertThatThrownBy(() -> kanerva.prepareRecall(memory, 2)).isInstanceOf(ClosedException.class);
        open.close();
        write.close();
    }
}
