package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A bundle may state memories that a process has no room for: a refusal, not an OutOfMemoryError. */
@Timeout(120)
class SmallProcessTest {

    private static final Path BUNDLE = Path.of("..", "models", "bundles", "cifar10");

    @Test
    void aBundleWhoseMemoriesDoNotFitIsRefused() throws Exception {
        assertThat(BUNDLE.resolve("bundle.json")).as("the bundle that ships").exists();
        List<String> options = List.of("-Xmx64m", "-XX:MaxDirectMemorySize=100k");
        assertThat(ForkedJvm.run(options, SmallProcessTest.class))
                .startsWith(BUNDLE + "/bundle.json: settings.memoryShape: expected memories that this process has room "
                        + "for, found [8, 32, 64] (graph memory-writer, tensor '");
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) {
        try {
            Kanerva.load(BUNDLE, Device.CPU).close();
        } catch (BundleException e) {
            System.out.println(e.getMessage());
        }
    }
}
