package io.kanerva.tools.command.memory;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Planes;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.image.Pictures;
import java.nio.file.Path;
import java.util.Collections;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp write}: writes an episode of images into a memory file. */
@Command(
        name = "write",
        header = "Write images into a memory.",
        description = "Writes all images as one episode into a memory and saves it to a file for 'kpp recall' and 'kpp "
                + "generate'.",
        footer = {
            "  kpp write --range 0:32 --memory shoes.memory",
            "  kpp write --bundle runs/mnist/bundle --images digits/ --memory digits.memory"
        })
public final class WriteCommand extends Subcommand {
    private static final int EPISODE = 32;

    @Mixin
    private ModelOptions bundle;

    @Mixin
    private ImageOptions images;

    @Option(
            names = {"-m", "--memory"},
            paramLabel = "FILE",
            required = true,
            order = 5,
            description = "Memory file to write.")
    private Path memoryFile;

    @Override
    protected void run() {
        claim("--memory", memoryFile, Collections.singletonMap("--images", images.file()));
        try (Kanerva kanerva = bundle.open()) {
            Pictures episode = images.read(
                    this,
                    kanerva.bundle().settings(),
                    Math.min(EPISODE, kanerva.bundle().settings().capacity()));
            Memory memory = kanerva.write(episode.tensor());
            memory.save(memoryFile);
            print(
                    "memory    %s (%,d bytes): %d samples in %s floats, model %s",
                    memoryFile,
                    memory.toBytes().length,
                    memory.samples(),
                    shape(memory.memory()),
                    kanerva.bundle().name());
        }
    }

    private static Planes shape(FloatTensor memories) {
        return new Planes(memories.dimension(1), memories.dimension(2), memories.dimension(3));
    }
}
