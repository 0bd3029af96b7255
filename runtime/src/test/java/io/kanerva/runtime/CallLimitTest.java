package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls that end before their result, by a deadline, by another thread, or because their model is closed. */
@Timeout(60)
class CallLimitTest {

    private static final FloatTensor EPISODE = TileImages.episode(0x0F, 0x33, 0x55);
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    Path folder;

    private Kanerva kanerva;
    private Memory memory;

    @BeforeEach
    void open() {
        kanerva = TinyBundle.open(Kind.HEAP, folder);
        memory = kanerva.write(EPISODE);
    }

    @AfterEach
    void close() {
        kanerva.close();
    }

    @Test
    void aCallWithinItsLimitReturnsTheSame() {
        Kanerva limited = kanerva.with(CallLimit.in(LONG));
        assertThat(limited.write(EPISODE)).isEqualTo(memory);
        assertThat(limited.recall(memory, EPISODE, 3)).isEqualTo(kanerva.recall(memory, EPISODE, 3));
        assertThat(limited.generate(memory, 5, 1)).isEqualTo(kanerva.generate(memory, 5, 1));
    }

    @Test
    void everyCallAfterItsDeadlineIsRefused() {
        CallLimit limit = CallLimit.in(Duration.ofNanos(1));
        assertEnds(limit, "expected an end within 0 ms, found none");
        assertThat(kanerva.write(EPISODE)).isEqualTo(memory);
    }

    @Test
    void everyCallWithACancelledLimitIsRefused() {
        CallLimit limit = CallLimit.untilCancelled();
        limit.cancel();
        limit.cancel();
        assertEnds(limit, "cancelled by its caller");
        assertThat(kanerva.write(EPISODE)).isEqualTo(memory);
    }

    private void assertEnds(CallLimit limit, String sentence) {
        Kanerva limited = kanerva.with(limit);
        FloatTensor latent = FloatTensor.zeros(1, 1, 3);
        Encoding encoding = kanerva.encode(EPISODE);
        FloatBuffer images = FloatBuffer.wrap(EPISODE.data().clone());
        PreparedRecall recall = kanerva.prepareRecall(memory, 3);
        PreparedWrite write = kanerva.prepareWrite(1, 3);
        List<ThrowingCallable> calls = List.of(
                () -> limited.encode(EPISODE),
                () -> limited.write(EPISODE),
                () -> limited.extend(memory, EPISODE),
                () -> limited.lookUp(memory, EPISODE),
                () -> limited.read(memory, memory.pointers()),
                () -> limited.decode(latent, FloatTensor.zeros(1, 1, 1, 2, 2, 2)),
                () -> limited.recall(memory, EPISODE, 2),
                () -> limited.generate(memory, 1, 1),
                () -> limited.bound(EPISODE, 1),
                () -> limited.sample(FloatTensor.zeros(1, 1, 1, 8, 8), 1),
                () -> limited.sampleKeys(encoding, memory, FloatTensor.zeros(1, 3, 1, 3)),
                () -> recall.run(images, images, limit),
                () -> write.run(images, FloatBuffer.allocate(64), FloatBuffer.allocate(9), limit));
        assertThat(calls)
                .allSatisfy(call -> assertThatThrownBy(call)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageEndingWith(sentence));
        recall.run(images, images);
        recall.close();
        write.close();
    }

    @Test
    void everyCallOfAHeapEndsWithItsLimitAndTheHeapStaysAsItIs() {
        MemoryHeap heap = kanerva.heap();
        FloatTensor sample = new FloatTensor(Arrays.copyOf(EPISODE.data(), 64), 1, 8, 8);
        heap.write(1, sample);
        CallLimit cancelled = CallLimit.untilCancelled();
        cancelled.cancel();
        for (MemoryHeap limited : List.of(heap.with(cancelled), heap.with(CallLimit.in(Duration.ofNanos(1))))) {
            List<ThrowingCallable> calls = List.of(
                    () -> limited.write(2, sample),
                    () -> limited.replace(1, sample),
                    () -> limited.free(1),
                    limited::list,
                    limited::size,
                    () -> limited.contains(1),
                    () -> limited.read(1),
                    () -> limited.lookUp(sample),
                    () -> limited.recall(sample),
                    () -> limited.generate(1, 1),
                    limited::snapshot,
                    limited::toBytes);
            assertThat(calls).allSatisfy(call -> assertThatThrownBy(call).isInstanceOf(CancelledException.class));
        }
        assertThat(heap.list()).containsExactly(1);
        heap.with(CallLimit.in(LONG)).write(2, sample);
        assertThat(heap.list()).containsExactly(1, 2);
    }

    @Test
    void waitingForALockEndsWithTheLimitAndKeepsAnInterruption() throws Exception {
        Lock lock = new ReentrantLock();
        lock.lock();
        CompletableFuture<Boolean> waiting = new CompletableFuture<>();
        CallLimit limit = CallLimit.untilCancelled();
        Thread waiter = new Thread(() -> {
            try {
                limit.limit.lock(lock, "heap");
                waiting.complete(false);
            } catch (CancelledException e) {
                waiting.complete(Thread.currentThread().isInterrupted());
            }
        });
        waiter.start();
        while (waiter.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        waiter.interrupt();
        limit.cancel();
        assertThat(waiting.get(1, TimeUnit.MINUTES))
                .as("cancelled, and still interrupted")
                .isTrue();
    }

    @Test
    void aRunningCallEndsWhenAnotherThreadCancelsIt() throws Exception {
        CallLimit limit = CallLimit.untilCancelled();
        CompletableFuture<Void> call = forEver(kanerva.with(limit));
        limit.cancel();
        assertThatThrownBy(call::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(CancelledException.class);
    }

    @Test
    void aLongCallEndsAtItsDeadline() {
        kanerva.recall(memory, EPISODE, 1); // reads the memory back
        Kanerva limited = kanerva.with(CallLimit.in(Duration.ofMillis(20)));
        assertThatThrownBy(() -> limited.recall(memory, FloatTensor.zeros(1, 2000, 1, 8, 8), 10_000))
                .isInstanceOf(CancelledException.class)
                .hasMessage("recall: expected an end within 20 ms, found none");
    }

    @Test
    void closingCancelsWhatItsPatienceDoesNotCover() throws Exception {
        CompletableFuture<Void> call = forEver(kanerva);
        kanerva.close(Duration.ZERO);
        assertThatThrownBy(call::get).cause().isInstanceOfAny(CancelledException.class, ClosedException.class);
        assertThatThrownBy(() -> kanerva.write(EPISODE)).isInstanceOf(ClosedException.class);
    }

    @Test
    void closingALimitedModelClosesTheModel() {
        kanerva.with(CallLimit.in(LONG)).close();
        assertThatThrownBy(() -> kanerva.write(EPISODE)).isInstanceOf(ClosedException.class);
    }

    @Test
    void aTimeThatIsNoTime() {
        for (Duration time : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
            assertThatThrownBy(() -> CallLimit.in(time))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("CallLimit: time: expected more than 0, found " + time);
        }
        assertThatThrownBy(() -> kanerva.close(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("close: patience: expected 0 or more, found PT-0.001S");
        assertThat(kanerva.with(CallLimit.in(Duration.ofSeconds(Long.MAX_VALUE)))
                        .write(EPISODE))
                .isEqualTo(memory);
    }

    /** One call after the other, until one is refused; returns when the first has returned. */
    private CompletableFuture<Void> forEver(Kanerva caller) throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<Void> call = CompletableFuture.runAsync(() -> {
            while (true) {
                caller.recall(memory, FloatTensor.zeros(1, 100, 1, 8, 8), 5);
                running.countDown();
            }
        });
        running.await();
        return call;
    }
}
