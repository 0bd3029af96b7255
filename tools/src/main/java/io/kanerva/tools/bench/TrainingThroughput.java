package io.kanerva.tools.bench;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.nn.Parameter;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.train.Preset;
import io.kanerva.trainer.train.StepMetrics;
import io.kanerva.trainer.train.TrainingEpisodes;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The Java side of {@code tools/bench/training-throughput}: an ordinary {@link TrainingRun} that runs the number of
 * steps that a line on standard input gives and reports them in a line on standard output.
 *
 * <p>Before the first step it writes to {@code --folder} what the Python side needs to do the same:
 *
 * <ul>
 *   <li>{@code setting.json}: the plan and Java's library versions;
 *   <li>{@code parameters/NAME.npy}: the initial weights, float32, with {@code /} in a name written as {@code .};
 *   <li>{@code images.npy}: the training images, uint8 [count, Cx, Hx, Wx];
 *   <li>{@code batches/STEP.images.npy} [B, T, Cx, Hx, Wx], {@code STEP.key-noise.npy} [B, T, K, 3] and
 *       {@code STEP.latent-noise.npy} [B, T, D]: the inputs of the first steps, float32.
 * </ul>
 *
 * <p>Then it prints {@code ready}. It answers each line {@code steps N} with {@code SECONDS LOSS ... LOSS}: the time of
 * the N steps, and the negative bound of each in nats. The program ends with its input.
 */
@Command(
        name = "training-throughput",
        mixinStandardHelpOptions = true,
        description = "The Java side of the training benchmark.")
public final class TrainingThroughput implements Callable<Integer> {

    @Option(names = "--preset", defaultValue = "mnist", description = "preset to train (default: ${DEFAULT-VALUE})")
    private String preset;

    @Option(names = "--data", description = "data folder (default: the data that ship)")
    private Path data;

    @Option(
            names = "--folder",
            required = true,
            description = "new folder for the run and the files that both sides share")
    private Path folder;

    @Option(
            names = "--batches",
            defaultValue = "10",
            description = "steps whose inputs are written (default: ${DEFAULT-VALUE})")
    private int batches;

    /** Runs the program. */
    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new TrainingThroughput());
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            System.err.println("error: " + failure.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Preset named = Preset.named(preset);
        TrainingPlan plan = named.plan();
        Images images = named.data().train(data, plan.augment(), plan.imageShape());
        Files.createDirectories(folder);
        try (TrainingRun run = TrainingRun.start(plan, folder.resolve("run"), images, Device.cpu())) {
            writeSetting(run);
            writeParameters(run);
            writeInput(plan, images);
            System.out.println("ready");
            Rounds rounds =
                    new Rounds(run, new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII)));
            if (rounds.begin()) {
                run.train(rounds::accept);
            }
        }
        return 0;
    }

    private void writeSetting(TrainingRun run) throws IOException {
        Map<String, Object> setting = new LinkedHashMap<>();
        setting.put("preset", preset);
        setting.put("plan", run.plan());
        setting.put("parameters", run.model().parameterCount());
        setting.put("djl", Engine.getDjlVersion());
        setting.put("torch", Engine.getEngine("PyTorch").getVersion());
        setting.put("java", Runtime.version().toString());
        setting.put(
                "threads",
                Integer.getInteger(
                        "ai.djl.pytorch.num_threads", Runtime.getRuntime().availableProcessors()));
        new ObjectMapper()
                .writerWithDefaultPrettyPrinter()
                .writeValue(folder.resolve("setting.json").toFile(), setting);
    }

    private void writeParameters(TrainingRun run) throws IOException {
        Path parameters = Files.createDirectories(folder.resolve("parameters"));
        for (Map.Entry<String, Parameter> entry : run.model().parameters().entrySet()) {
            NpyFile.write(
                    parameters.resolve(entry.getKey().replace('/', '.') + ".npy"),
                    entry.getValue().getArray().toFloatArray(),
                    entry.getValue().getShape().getShape());
        }
    }

    private void writeInput(TrainingPlan plan, Images images) throws IOException {
        KanervaSettings s = plan.settings();
        int size = images.pixelsPerImage();
        byte[] pixels = new byte[Math.multiplyExact(images.count(), size)];
        for (int i = 0; i < images.count(); i++) {
            images.copyPixels(i, pixels, i * size);
        }
        NpyFile.write(
                folder.resolve("images.npy"),
                pixels,
                images.count(),
                images.channels(),
                images.height(),
                images.width());
        Path inputs = Files.createDirectories(folder.resolve("batches"));
        TrainingEpisodes episodes = new TrainingEpisodes(images, plan);
        long b = plan.episodes();
        long t = plan.episodeLength();
        for (int step = 0; step < batches; step++) {
            TrainingEpisodes.Batch batch = episodes.draw(step);
            NpyFile.write(
                    inputs.resolve(step + ".images.npy"),
                    batch.images(),
                    b,
                    t,
                    s.image().channels(),
                    s.image().height(),
                    s.image().width());
            NpyFile.write(inputs.resolve(step + ".key-noise.npy"), batch.keyNoise(), b, t, s.keys(), 3);
            NpyFile.write(inputs.resolve(step + ".latent-noise.npy"), batch.latentNoise(), b, t, s.latent());
        }
    }

    /** Pauses the run after each round until the next one is requested. */
    private static final class Rounds implements Consumer<StepMetrics> {
        private final TrainingRun run;
        private final BufferedReader commands;
        private final StringBuilder losses = new StringBuilder();
        private int left;
        private long began;

        Rounds(TrainingRun run, BufferedReader commands) {
            this.run = run;
            this.commands = commands;
        }

        /** Waits for the next round; false at the end of the input. */
        boolean begin() {
            try {
                String line = commands.readLine();
                if (line == null) {
                    return false;
                }
                if (!line.matches("steps [1-9]\\d{0,8}")) {
                    throw new IllegalArgumentException(
                            "standard input: expected a line 'steps N', found '%s'".formatted(line));
                }
                left = Integer.parseInt(line.substring("steps ".length()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            losses.setLength(0);
            began = System.nanoTime();
            return true;
        }

        @Override
        public void accept(StepMetrics metrics) {
            losses.append(' ').append(metrics.bound());
            left--;
            if (left == 0) {
                double seconds = (System.nanoTime() - began) * 1e-9;
                System.out.println(seconds + losses.toString());
                if (!begin()) {
                    run.requestStop();
                }
            }
        }
    }
}
