package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule of the runtime's life cycle in a separate JVM, which a mistake would end with a segmentation fault. */
@Timeout(120)
class CrashTest {

    private static final FloatTensor EPISODE = TileImages.episode(0x0F, 0x33, 0x55);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "use after close",
                "close during run",
                "double close",
                "two models, sixteen threads",
                "shutdown during run"
            })
    void theProcessEndsAsItShould(String rule) throws Exception {
        new TinyBundle(Kind.HEAP).write(folder.resolve("heap"));
        new TinyBundle(Kind.POOLED).write(folder.resolve("pooled"));
        assertThat(ForkedJvm.run(List.of("-Xmx128m"), CrashTest.class, rule, folder.toString()))
                .isEqualTo(rule + ": done\n");
    }

    @Test
    void aProcessMayEndWhileABundleIsBeingLoaded() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder.resolve("heap"));
        for (int loads = 1; loads <= 8; loads *= 2) {
            String output = ForkedJvm.run(
                    List.of("-Xmx128m"),
                    CrashTest.class,
                    "shutdown during load",
                    folder.toString(),
                    Integer.toString(loads));
            assertThat(output).isEqualTo("shutdown during load: done\n");
        }
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) throws Exception {
        Path heap = Path.of(arguments[1], "heap");
        switch (arguments[0]) {
            case "use after close" -> useAfterClose(heap);
            case "close during run" -> closeDuringRun(heap);
            case "double close" -> doubleClose(heap);
            case "two models, sixteen threads" -> manyThreads(heap, Path.of(arguments[1], "pooled"));
            case "shutdown during run" -> {
                Kanerva kanerva = Kanerva.load(heap, Device.CPU);
                endDuring(4, 100, () -> kanerva.recall(kanerva.write(EPISODE), EPISODE, 2));
            }
            default ->
                endDuring(
                        2,
                        Integer.parseInt(arguments[2]),
                        () -> Kanerva.load(heap, Device.CPU).close());
        }
        System.out.println(arguments[0] + ": done");
        System.exit(0);
    }

    private static void useAfterClose(Path bundle) {
        Kanerva kanerva = Kanerva.load(bundle, Device.CPU);
        Memory memory = kanerva.write(EPISODE);
        PreparedRecall prepared = kanerva.prepareRecall(memory, 3);
        FloatBuffer images = FloatBuffer.wrap(EPISODE.data().clone());
        prepared.run(images, images);
        kanerva.close();
        refused(() -> kanerva.recall(memory, EPISODE, 1));
        refused(() -> prepared.run(images, images));
        prepared.close();
        refused(() -> prepared.run(images, images));
    }

    private static void closeDuringRun(Path bundle) throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            Kanerva kanerva = Kanerva.load(bundle, Device.CPU);
            Memory memory = kanerva.write(EPISODE);
            PreparedRecall prepared = kanerva.prepareRecall(memory, 3);
            CountDownLatch running = new CountDownLatch(4);
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                boolean usesPrepared = t % 2 == 0;
                FloatBuffer images = FloatBuffer.wrap(EPISODE.data().clone());
                threads.add(new Thread(() -> refused(() -> {
                    while (true) {
                        if (usesPrepared) {
                            prepared.run(images, images);
                        } else {
                            kanerva.recall(memory, EPISODE, 2);
                        }
                        running.countDown();
                    }
                })));
            }
            threads.forEach(Thread::start);
            running.await();
            // By turns the model and the prepared call go first.
            if (round % 2 == 0) {
                prepared.close();
            }
            kanerva.close();
            for (Thread thread : threads) {
                thread.join();
            }
            prepared.close();
        }
    }

    private static void doubleClose(Path bundle) {
        for (int i = 0; i < 20; i++) {
            Kanerva kanerva = Kanerva.load(bundle, Device.CPU);
            PreparedWrite prepared = kanerva.prepareWrite(1, 2);
            kanerva.close();
            prepared.close();
            kanerva.close();
            prepared.close();
        }
    }

    private static void manyThreads(Path heapBundle, Path pooledBundle) throws InterruptedException {
        try (Kanerva heap = Kanerva.load(heapBundle, Device.CPU);
                Kanerva pooled = Kanerva.load(pooledBundle, Device.CPU)) {
            List<String> wrong = Collections.synchronizedList(new ArrayList<>());
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 16; t++) {
                Kanerva kanerva = t % 2 == 0 ? heap : pooled;
                FloatTensor episode = TileImages.episode(3 * t, 5 * t + 1, 7 * t + 2);
                Memory expected = kanerva.write(episode);
                threads.add(new Thread(() -> {
                    for (int i = 0; i < 300; i++) {
                        if (!kanerva.write(episode).equals(expected)) {
                            wrong.add("another thread's memory");
                        }
                    }
                }));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            if (!wrong.isEmpty()) {
                throw new IllegalStateException(wrong.size() + " memories were mixed up");
            }
        }
    }

    /** Lets threads repeat {@code work} forever and returns while they do, after a number of repetitions. */
    private static void endDuring(int threads, int times, Runnable work) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(times);
        for (int t = 0; t < threads; t++) {
            new Thread(() -> {
                        try {
                            while (true) {
                                work.run();
                                done.countDown();
                            }
                        } catch (ClosedException e) {
                            // What a load throws once the process is ending.
                        }
                    })
                    .start();
        }
        done.await();
    }

    private static void refused(Runnable call) {
        try {
            call.run();
        } catch (ClosedException e) {
            return;
        }
        throw new IllegalStateException("expected a ClosedException, found none");
    }
}
