package io.kanerva.trainer.train;

import ai.djl.Device;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Augmentation;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Runs that take seconds, and access to their files. */
final class TinyRuns {
    /** What they learn from. */
    static final ImageSet IMAGES = TinyModels.rectangles(200, 101)
            .labelled(IntStream.range(0, 200).map(i -> i % 20).toArray());

    private TinyRuns() {}

    /** 40 steps, a row of metrics every 3rd, a checkpoint every 10th. */
    static TrainingPlan plan() {
        return plan(TinyModels.heap(), 40);
    }

    static TrainingPlan plan(KanervaSettings settings, int steps) {
        return new TrainingPlan(
                settings,
                "rectangles",
                Binarisation.FIXED,
                2,
                8,
                0,
                steps,
                5e-3,
                5,
                100,
                new Ramp(0.1, 0.2, 0.6),
                Ramp.NONE,
                7,
                3,
                10,
                Validation.NONE,
                0,
                Augmentation.NONE,
                Schedule.COSINE,
                0);
    }

    /** The same of a model that reads blocks for their gist. */
    static TrainingPlan gist() {
        return plan(TinyModels.heap().withLatent(32, LatentLayout.MAP).withGist(), 40);
    }

    static TrainingRun start(TrainingPlan plan, Path folder) {
        return TrainingRun.start(plan, folder, IMAGES, Device.cpu());
    }

    static TrainingRun resume(Path folder) {
        return TrainingRun.resume(folder, IMAGES, Device.cpu());
    }

    /** A run from beginning to end. */
    static Path finished(TrainingPlan plan, Path folder) {
        try (TrainingRun run = start(plan, folder)) {
            run.train(step -> {});
        }
        return folder;
    }

    /** Everything that a run's last checkpoint holds, bit by bit. */
    static Map<String, List<Integer>> bits(Path folder) {
        Checkpoint checkpoint = Checkpoint.read(folder.resolve(TrainingRun.CHECKPOINT));
        Map<String, List<Integer>> bits = new LinkedHashMap<>();
        bits.put("step", List.of(checkpoint.step()));
        checkpoint
                .arrays()
                .forEach((name, values) -> bits.put(
                        name,
                        IntStream.range(0, values.length)
                                .map(i -> Float.floatToRawIntBits(values[i]))
                                .boxed()
                                .toList()));
        return bits;
    }

    /** The names of arrays whose bits differ: easier to read than the bits. */
    static List<String> differences(Path folder, Path other) {
        Map<String, List<Integer>> bits = bits(folder);
        Map<String, List<Integer>> others = bits(other);
        if (!bits.keySet().equals(others.keySet())) {
            return List.of("names: " + bits.keySet() + " and " + others.keySet());
        }
        return bits.keySet().stream()
                .filter(name -> !bits.get(name).equals(others.get(name)))
                .toList();
    }

    /** Runs {@link #main} in a separate JVM. */
    static Process inAnotherJvm(Path folder, int holdAfter) throws java.io.IOException {
        return jvm(TinyRuns.class, List.of("-Xmx512m"), folder.toString(), Integer.toString(holdAfter))
                .start();
    }

    /** A JVM for a test class's {@code main}, not started yet; what goes wrong in it is printed here. */
    static ProcessBuilder jvm(Class<?> main, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dai.djl.offline=true",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(options);
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    /**
     * Trains {@link #plan} in the folder args[0], printing each step; after step args[1] it holds until it is killed.
     */
    public static void main(String[] args) {
        int holdAfter = Integer.parseInt(args[1]);
        try (TrainingRun run = start(plan(), Path.of(args[0]))) {
            run.train(metrics -> {
                System.out.println("step " + metrics.step());
                if (metrics.step() == holdAfter) {
                    hold();
                }
            });
        }
    }

    private static void hold() {
        try {
            // Nobody writes to this input: it ends when the parent is gone.
            int read = System.in.read();
            throw new IllegalStateException("expected to be killed, found input " + Arrays.toString(new int[] {read}));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
