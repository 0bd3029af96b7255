package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.session.HeapStore;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HeapStoreTest {

    @Test
    void idsThatCollideAreFoundWhateverElseIsFreed() {
        HeapStore store = new HeapStore(1, 1, 1_024);
        Map<Long, Float> expected = new HashMap<>();
        SplittableRandom random = new SplittableRandom(4);
        for (int step = 0; step < 50_000; step++) {
            long id = random.nextInt(3_000) * (step % 2 == 0 ? 1L : 1L << 52);
            if (expected.containsKey(id)) {
                store.free(new long[] {id});
                expected.remove(id);
            } else {
                store.add(new long[] {id}, encoded(step), 10_000);
                expected.put(id, (float) step);
            }
            if (step % 7 == 0) {
                assertThat(store.written().cardinality()).isEqualTo(expected.size());
            }
        }
        assertThat(store.size()).isEqualTo(expected.size()).isGreaterThan(1_000);
        assertThat(Arrays.stream(store.list()).boxed()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        expected.forEach((id, value) -> {
            float[] block = new float[1];
            store.take(store.place(id), block, 0);
            assertThat(block[0]).isEqualTo(value);
        });
        assertThat(store.contains(-1)).isFalse();
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
