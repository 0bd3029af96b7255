package io.kanerva.bench.inference;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Planes;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;

/** Prints the time from the JVM's start to the end of the first recall, including loading and one write. */
final class FirstRecall {
    private FirstRecall() {}

    public static void main(String[] arguments) {
        SharedFolder shared = new SharedFolder(Path.of(arguments[0]));
        long started = System.nanoTime();
        try (Kanerva kanerva = Kanerva.load(shared.bundle(), Device.CPU)) {
            Planes image = kanerva.bundle().settings().image();
            FloatTensor episode = new FloatTensor(
                    shared.images(TimedCall.EPISODE),
                    1,
                    TimedCall.EPISODE,
                    image.channels(),
                    image.height(),
                    image.width());
            FloatTensor query =
                    new FloatTensor(shared.images(1), 1, 1, image.channels(), image.height(), image.width());
            kanerva.recall(kanerva.write(episode), query, 1);
            long inMain = System.nanoTime() - started;
            long inAll = System.currentTimeMillis()
                    - ManagementFactory.getRuntimeMXBean().getStartTime();
            System.out.printf(
                    Locale.ROOT,
                    "runtime first-recall-from-jvm-start %.2f%nruntime first-recall-from-main %.2f%n",
                    inAll * 1e3,
                    inMain / 1e3);
        }
    }
}
