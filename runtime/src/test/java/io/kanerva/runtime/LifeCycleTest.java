package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What would crash the JVM if the runtime let it happen. */
@Timeout(60)
class LifeCycleTest {

    private static final FloatTensor EPISODE = TileImages.episode(0x0F, 0x33, 0x55);

    @TempDir
    Path folder;

    @Test
    void everyCallAfterCloseIsRefused() {
        Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder);
        Memory memory = kanerva.write(EPISODE);
        kanerva.close();
        List<ThrowingCallable> calls = List.of(
                () -> kanerva.encode(EPISODE),
                () -> kanerva.write(EPISODE),
                () -> kanerva.lookUp(memory, EPISODE),
                () -> kanerva.read(memory, memory.pointers()),
                () -> kanerva.decode(FloatTensor.zeros(1, 1, 3), FloatTensor.zeros(1, 1, 1, 2, 2, 2)),
                () -> kanerva.recall(memory, EPISODE, 2),
                () -> kanerva.generate(memory, 1, 1),
                () -> kanerva.bound(EPISODE, 1));
        assertThat(calls)
                .allSatisfy(call -> assertThatThrownBy(call)
                        .isInstanceOf(ClosedException.class)
                        .hasMessage("Kanerva of %s: called after close", folder));
        assertThat(kanerva.device()).isEqualTo(Device.CPU);
    }

    @Test
    void closingTwiceDoesNothing() {
        Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder);
        kanerva.close();
        kanerva.close();
        assertThatThrownBy(() -> kanerva.encode(EPISODE)).isInstanceOf(ClosedException.class);
    }

    @Test
    void closeWaitsForRunningCallsOnManyThreads() throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 10; round++) {
                Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder);
                Memory memory = kanerva.write(EPISODE);
                FloatTensor expected = kanerva.recall(memory, EPISODE, 3).images();
                CountDownLatch running = new CountDownLatch(threads);
                List<Future<Integer>> callers = new ArrayList<>();
                for (int t = 0; t < threads; t++) {
                    callers.add(pool.submit(() -> recallUntilClosed(kanerva, memory, expected, running)));
                }
                running.await();
                kanerva.close();
                for (Future<Integer> caller : callers) {
                    assertThat(caller.get()).isPositive();
                }
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static int recallUntilClosed(Kanerva kanerva, Memory memory, FloatTensor expected, CountDownLatch running) {
        int calls = 0;
        while (true) {
            try {
                assertThat(kanerva.recall(memory, EPISODE, 3).images()).isEqualTo(expected);
            } catch (ClosedException e) {
                return calls;
            }
            if (calls++ == 0) {
                running.countDown();
            }
        }
    }

    @Test
    void manyThreadsAndTwoModelsDoNotMixTheirTensors() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(16);
        try (Kanerva heap = TinyBundle.open(Kind.HEAP, folder.resolve("heap"));
                Kanerva pooled = TinyBundle.open(Kind.POOLED, folder.resolve("pooled"))) {
            List<Future<?>> callers = new ArrayList<>();
            for (int t = 0; t < 16; t++) {
                Kanerva kanerva = t % 2 == 0 ? heap : pooled;
                FloatTensor episode = TileImages.episode(3 * t, 5 * t + 1, 7 * t + 2);
                Memory expected = kanerva.write(episode);
                callers.add(pool.submit(() -> {
                    for (int i = 0; i < 200; i++) {
                        assertThat(kanerva.write(episode)).isEqualTo(expected);
                    }
                }));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aModelOpenedForThreeCallersServesOneAndSixteenAlike() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(16);
        TinyBundle.open(Kind.HEAP, folder.resolve("three")).close();
        try (Kanerva kanerva =
                Kanerva.load(folder.resolve("three"), Options.on(Device.CPU).withCallers(3))) {
            List<Future<?>> callers = new ArrayList<>();
            for (int t = 0; t < 16; t++) {
                FloatTensor episode = TileImages.episode(3 * t, 5 * t + 1, 7 * t + 2);
                Memory expected = kanerva.write(episode);
                Recall recalled = kanerva.recall(expected, episode, 2);
                callers.add(pool.submit(() -> {
                    for (int i = 0; i < 100; i++) {
                        assertThat(kanerva.write(episode)).isEqualTo(expected);
                        assertThat(kanerva.recall(expected, episode, 2).images())
                                .isEqualTo(recalled.images());
                    }
                }));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }
}
