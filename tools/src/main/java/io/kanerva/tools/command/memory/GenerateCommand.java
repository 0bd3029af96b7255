package io.kanerva.tools.command.memory;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.terminal.Progress;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp generate}: generates images from random keys. */
@Command(
        name = "generate",
        header = "Generate images from a memory with random keys.",
        description =
                "Keys and latents are drawn from their priors; the same seed gives the same images in every runtime.",
        footer = {"  kpp generate --memory shoes.memory --count 64 --seed 7 --out generated.png"})
public final class GenerateCommand extends Subcommand {
    /** Fewer images are there before a line could be read. */
    private static final int LONG = 2000;

    @Mixin
    private ModelOptions bundle;

    @Mixin
    private PictureOutput output;

    @Mixin
    private MemoryFile memoryFile;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "32",
            order = 10,
            description = "Number of images. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 11,
            description = "Seed of keys and latents. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    protected void run() {
        claim("--out", output.png(), Map.of("--memory", memoryFile.file()));
        claim("--npy", output.npy(), Map.of("--memory", memoryFile.file(), "--out", output.png()));
        try (Kanerva kanerva = bundle.open()) {
            Memory memory = memoryFile.load(kanerva);
            Pictures generated = Pictures.of(generate(kanerva, memory));
            output.write(this, List.of(generated), generated);
        }
    }

    private FloatTensor generate(Kanerva kanerva, Memory memory) {
        if (count < LONG) {
            return kanerva.generate(memory, count, seed).images();
        }
        long total = (long) memory.episodes() * count;
        try (Progress progress = Progress.start(terminal(), "Generating", total, "images")) {
            return kanerva.generate(memory, count, seed, progress::at).images();
        }
    }
}
