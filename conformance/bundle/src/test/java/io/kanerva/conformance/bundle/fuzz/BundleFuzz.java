package io.kanerva.conformance.bundle.fuzz;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.KanervaException;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A program: spoils a bundle in many ways and uses each result, in a JVM that the mistake may kill. It says which case
 * it is at before it tries, a line that begins with BAD for each case that did not end as it should, and a tally at the
 * end.
 *
 * <p>A spoilt bundle may load and work, if what was spoilt does not matter or is a weight; or it must be refused with a
 * {@link KanervaException} in one sentence. What is outside of the bundle must never be used.
 */
final class BundleFuzz {

    private BundleFuzz() {}

    /** @param arguments the bundle, how many cases, the first case's seed, a folder to work in */
    public static void main(String[] arguments) throws IOException {
        Path original = Path.of(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        long first = Long.parseLong(arguments[2]);
        Path scratch = Path.of(arguments[3]);
        Path outside = scratch.resolve("outside");
        copy(original, outside);
        Map<String, Integer> tally = new TreeMap<>();
        for (long seed = first; seed < first + count; seed++) {
            Random random = new Random(seed);
            BundleMutation mutation = BundleMutation.values()[random.nextInt(BundleMutation.values().length)];
            System.out.println("case " + seed + " " + mutation);
            System.out.flush();
            Path bundle = scratch.resolve("bundle");
            delete(bundle);
            copy(original, bundle);
            mutation.apply(bundle, outside, random);
            tally.merge(mutation + " " + outcome(bundle, mutation, seed), 1, Integer::sum);
        }
        tally.forEach((what, times) -> System.out.println("tally " + what + " " + times));
        System.out.println("done " + count);
    }

    private static String outcome(Path bundle, BundleMutation mutation, long seed) {
        try {
            use(bundle);
            if (mutation.mustBeRefused()) {
                System.out.println("BAD case " + seed + ": a file outside of the bundle was used");
            }
            return "works";
        } catch (KanervaException e) {
            if (e.getMessage() == null || e.getMessage().length() < 20) {
                System.out.println("BAD case " + seed + ": the message says too little: " + e.getMessage());
            }
            return "refused";
        } catch (Throwable e) {
            System.out.println("BAD case " + seed + ": " + e);
            return "bad";
        }
    }

    private static void use(Path bundle) {
        try (Kanerva kanerva = Kanerva.load(bundle, Device.CPU)) {
            ModelSettings settings = kanerva.bundle().settings();
            FloatTensor images = FloatTensor.zeros(
                    1,
                    2,
                    settings.image().channels(),
                    settings.image().height(),
                    settings.image().width());
            Memory memory = kanerva.write(images);
            kanerva.recall(memory, images, 1);
            kanerva.generate(memory, 1, 1);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> walk = Files.walk(folder)) { // links are not followed
                for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
