package io.kanerva.tools.command.memory;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Lookup;
import io.kanerva.runtime.Memory;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.image.Damage;
import io.kanerva.tools.image.Pictures;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code kpp recall}: recalls images from a memory. */
@Command(
        name = "recall",
        header = "Recall images from a memory by intact or damaged queries.",
        description =
                "Each query is compared with the written samples; the best match is read and decoded, and becomes the "
                        + "next query. The picture shows the queries above the recalled images.",
        footer = "  kpp recall --memory shoes.memory --range 0:32 --damage erase:left --out recalled.png")
public final class RecallCommand extends Subcommand {
    @Mixin
    private ModelOptions bundle;

    @Mixin
    private ImageOptions images;

    @Mixin
    private PictureOutput output;

    @Mixin
    private MemoryFile memoryFile;

    @Option(
            names = {"-n", "--iterations"},
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "3",
            order = 10,
            description = "Number of times each query is read. Default: ${DEFAULT-VALUE}.")
    private int iterations;

    @Option(
            names = "--damage",
            paramLabel = "HOW",
            converter = DamageConverter.class,
            order = 11,
            description =
                    "Damage the queries first: salt-and-pepper:FRACTION replaces that fraction of the pixels by 0 or 1 "
                            + "at random, erase:left|right|top|bottom sets that half to 0.")
    private Damage damage;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 12,
            description = "Seed of the damage. Default: ${DEFAULT-VALUE}.")
    private long seed;

    static final class DamageConverter implements ITypeConverter<Damage> {
        @Override
        public Damage convert(String text) {
            try {
                if (text.startsWith("erase:")) {
                    Damage.Half half = Damage.Half.valueOf(text.substring(6).toUpperCase(Locale.ROOT));
                    return (pictures, seed) -> Damage.erase(pictures, half);
                }
                if (text.startsWith("salt-and-pepper:")) {
                    double fraction = Double.parseDouble(text.substring(16));
                    if (fraction >= 0 && fraction <= 1) {
                        return (pictures, seed) -> Damage.saltAndPepper(pictures, fraction, seed);
                    }
                }
            } catch (IllegalArgumentException e) {
                // Not a half or not a number: falls through to the same message.
            }
            throw new TypeConversionException("expected salt-and-pepper:FRACTION with 0 to 1, or "
                    + "erase:left|right|top|bottom, found '" + text + "'");
        }
    }

    @Override
    protected void run() {
        Map<String, Path> taken = new HashMap<>();
        taken.put("--memory", memoryFile.file());
        taken.put("--images", images.file());
        claim("--out", output.png(), taken);
        taken.put("--out", output.png());
        claim("--npy", output.npy(), taken);
        try (Kanerva kanerva = bundle.open()) {
            Memory memory = memoryFile.load(kanerva);
            Pictures queries = images.read(this, kanerva.bundle().settings(), memory.samples());
            if (damage != null) {
                queries = damage.spoil(queries, seed);
            }
            io.kanerva.runtime.Recall recall = kanerva.recall(memory, queries.tensor(), iterations);
            Pictures recalled = Pictures.of(recall.images());
            printMatches(recall.lookups().get(iterations - 1));
            output.write(this, List.of(queries, recalled), recalled);
        }
    }

    private void printMatches(Lookup lookup) {
        if (lookup.samples().length == 0) {
            return;
        }
        print("query   sample   match");
        for (int i = 0; i < lookup.samples().length; i++) {
            print(
                    "%5d   %6d   %5.3f",
                    images.first() + i, lookup.samples()[i], lookup.scores().data()[i]);
        }
    }
}
