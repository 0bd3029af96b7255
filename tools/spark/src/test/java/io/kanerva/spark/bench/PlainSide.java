package io.kanerva.spark.bench;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * The plain runtime in a process of its own, one thread: write or recall for some seconds, over and over the same
 * episodes. Prints images (or recalls) a second, and microseconds of the process's CPU time for one.
 */
final class PlainSide {

    private static final int SIDE = MovedImages.SIDE;

    /** As many images as {@code KanervaWriter} hands to a call. */
    private static final int TOGETHER = 2;

    private static final int EPISODES = 500;

    /** What a byte becomes, as in kanerva-spark, which has a table, too. */
    private static final float[] LEVELS = new float[256];

    static {
        for (int level = 0; level < LEVELS.length; level++) {
            LEVELS[level] = level / 255f;
        }
    }

    private PlainSide() {}

    /** @param arguments data, bundle, queries of a memory (0 to write), seconds */
    public static void main(String[] arguments) throws Exception {
        MovedImages images = new MovedImages(Path.of(arguments[0]));
        int queries = Integer.parseInt(arguments[2]);
        double seconds = Double.parseDouble(arguments[3]);
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[1]), Device.CPU)) {
            if (queries == 0) {
                byte[][][] episodes = new byte[EPISODES][MovedImages.SAMPLES][];
                for (int episode = 0; episode < EPISODES; episode++) {
                    for (int place = 0; place < MovedImages.SAMPLES; place++) {
                        episodes[episode][place] = images.image(episode, place);
                    }
                }
                time(seconds, TOGETHER * MovedImages.SAMPLES, turn -> {
                    byte[][] samples = new byte[TOGETHER * MovedImages.SAMPLES][];
                    for (int i = 0; i < TOGETHER; i++) {
                        byte[][] episode = episodes[(turn * TOGETHER + i) % EPISODES];
                        System.arraycopy(episode, 0, samples, i * MovedImages.SAMPLES, MovedImages.SAMPLES);
                    }
                    Memory memory = kanerva.write(tensor(TOGETHER, samples));
                    for (int i = 0; i < TOGETHER; i++) {
                        memory.episode(i).toBytes();
                    }
                });
            } else {
                byte[][] memories = new byte[EPISODES][];
                byte[][][] damaged = new byte[EPISODES][queries][];
                for (int episode = 0; episode < EPISODES; episode++) {
                    byte[][] samples = new byte[MovedImages.SAMPLES][];
                    for (int place = 0; place < samples.length; place++) {
                        samples[place] = images.image(episode, place);
                    }
                    memories[episode] = kanerva.write(tensor(1, samples)).toBytes();
                    for (int i = 0; i < queries; i++) {
                        damaged[episode][i] = images.damaged(episode, MovedImages.queried(episode, i));
                    }
                }
                time(seconds, queries, turn -> {
                    Memory memory = kanerva.loadMemory(memories[turn % EPISODES]);
                    for (byte[] query : damaged[turn % EPISODES]) {
                        kanerva.recall(memory, tensor(1, query), 1);
                    }
                });
            }
        }
    }

    /** [episodes, T, 1, 28, 28] */
    static FloatTensor tensor(int episodes, byte[]... images) {
        FloatTensor tensor = FloatTensor.zeros(episodes, images.length / episodes, 1, SIDE, SIDE);
        float[] values = tensor.data();
        int to = 0;
        for (byte[] image : images) {
            for (byte pixel : image) {
                values[to++] = LEVELS[pixel & 0xff];
            }
        }
        return tensor;
    }

    /** Once for the compiler, then for the figures. */
    private static void time(double seconds, int each, IntConsumer call) {
        long done = 0;
        long started = 0;
        double cpu = 0;
        for (double span : new double[] {seconds / 3, seconds}) {
            done = 0;
            started = System.nanoTime();
            cpu = cpuSeconds();
            for (int turn = 0; turn == 0 || System.nanoTime() - started < span * 1e9; turn++) {
                call.accept(turn);
                done += each;
            }
        }
        double took = (System.nanoTime() - started) / 1e9;
        System.out.printf(Locale.ROOT, "%f %f%n", done / took, (cpuSeconds() - cpu) / done * 1e6);
    }

    private static double cpuSeconds() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }
}
