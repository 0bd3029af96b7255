package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.session.HeapStore;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

class HeapStoreTest {

    /** Has no room to grow when the second of some ids is entered; like the JDK's, it has entered it by then. */
    private static final class Full extends HashMap<Long, Integer> {

        private static final long serialVersionUID = 1;

        private boolean isFull;

        @Override
        public Integer put(Long id, Integer place) {
            Integer before = super.put(id, place);
            if (isFull && id == 8) {
                throw new OutOfMemoryError("made by the test");
            }
            return before;
        }
    }

    @Test
    void aWriteForWhoseIdsThereIsNoRoomChangesNothing() {
        Full places = new Full();
        HeapStore store = new HeapStore(1, 1, 16, places);
        store.add(new long[] {1, 2, 3}, encoded(10, 20, 30), 100);
        store.free(new long[] {2});
        places.isFull = true;
        assertThatThrownBy(() -> store.add(new long[] {7, 8, 9}, encoded(70, 80, 90), 100))
                .isInstanceOf(OutOfMemoryError.class);
        assertThat(store.list()).containsExactly(1, 3);
        assertThat(places.keySet()).containsExactlyInAnyOrder(1L, 3L);
        places.isFull = false;
        store.add(new long[] {7, 8, 9}, encoded(70, 80, 90), 100);
        assertThat(store.list()).containsExactly(1, 7, 3, 8, 9);
        float[] blocks = new float[5];
        for (int place = 0; place < 5; place++) {
            store.take(place, blocks, place);
        }
        assertThat(blocks).containsExactly(10, 70, 30, 80, 90);
    }

    @Test
    void everyPlaceOfSmallAndLargePagesIsItsOwn() {
        HeapStore store = new HeapStore(1, 1, 64);
        long[] ids = new long[1_000];
        float[] blocks = new float[1_000];
        for (int i = 0; i < 1_000; i++) {
            ids[i] = 5_000 - i;
            blocks[i] = i;
        }
        store.add(ids, new HeapStore.Encoded(blocks, new float[1_000]), 1_000);
        float[] taken = new float[1_000];
        for (int place = 0; place < 1_000; place++) {
            assertThat(store.place(ids[place])).isEqualTo(place);
            store.take(place, taken, place);
        }
        assertThat(taken).isEqualTo(blocks);
        assertThat(store.list()).isEqualTo(ids);
    }

    private static HeapStore.Encoded encoded(float... blocks) {
        return new HeapStore.Encoded(blocks, new float[blocks.length]);
    }
}
