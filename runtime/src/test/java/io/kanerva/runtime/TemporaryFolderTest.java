package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kanerva.runtime.TinyBundle.Kind;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** ONNX Runtime unpacks its library into the temporary folder; where it cannot, a sentence says what to do. */
@Timeout(120)
class TemporaryFolderTest {

    @TempDir
    Path folder;

    @Test
    void aTemporaryFolderThatIsMissing() throws Exception {
        Path missing = folder.resolve("none");
        assertExplained(missing, List.of(), "NoSuchFileException");
    }

    @Test
    void aTemporaryFolderThatMayHoldNoPrograms() throws Exception {
        Path mount = Files.createDirectory(folder.resolve("noexec"));
        List<String> mounted = List.of(
                "unshare", "-m", "sh", "-c", "mount -t tmpfs -o noexec none \"$0\" && exec \"$@\"", mount.toString());
        assumeTrue(canMount(mount), "the right to mount");
        assertExplained(mount, mounted, "UnsatisfiedLinkError");
    }

    @Test
    void aFolderOfTheLibraryThatASecondClassLoaderNames() throws Exception {
        Path bundle = new TinyBundle(Kind.HEAP).write(folder.resolve("bundle"));
        String output = ForkedJvm.run(
                List.of("-Djava.io.tmpdir=" + Files.createDirectory(folder.resolve("unpacked"))),
                TemporaryFolderTest.class,
                bundle.toString(),
                "reload");
        assertThat(output)
                .containsOnlyOnce("opened by another class loader")
                .contains("refused: ONNX Runtime cannot be started: expected its library in onnxruntime.native.path, ")
                .contains("already loaded in another classloader; applications of one server share a class loader ");
    }

    private void assertExplained(Path temporary, List<String> starter, String cause) throws Exception {
        Path bundle = new TinyBundle(Kind.HEAP).write(folder.resolve("bundle"));
        String output = ForkedJvm.run(
                Map.of(),
                starter,
                List.of("-Xmx64m", "-Djava.io.tmpdir=" + temporary),
                TemporaryFolderTest.class,
                bundle.toString());
        // Twice, as a library that failed to load fails in other ways later.
        assertThat(output.lines().filter(line -> line.startsWith("refused: ")))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .startsWith("refused: ONNX Runtime cannot be started: expected to unpack its library into "
                                + "java.io.tmpdir, " + temporary + ", and to load it from there, found ")
                        .contains(cause)
                        .endsWith("; name a folder that exists, has room for it, may be written to and is not "
                                + "mounted noexec by -Djava.io.tmpdir, or one that holds the library by "
                                + "-Donnxruntime.native.path"));
    }

    private static boolean canMount(Path mount) throws InterruptedException {
        try {
            return new ProcessBuilder("unshare", "-m", "mount", "-t", "tmpfs", "-o", "noexec", "none", mount.toString())
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false; // no such program
        }
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 1) {
            Kanerva.load(Path.of(arguments[0]), Device.CPU).close();
            loadElsewhere(arguments[0]); // unpacks a library of its own
            try (Stream<Path> unpacked = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                System.setProperty(
                        "onnxruntime.native.path",
                        unpacked.findFirst().orElseThrow().toString());
            }
            loadElsewhere(arguments[0]);
            return;
        }
        for (int i = 0; i < 2; i++) {
            try {
                Kanerva.load(Path.of(arguments[0]), Device.CPU).close();
            } catch (InferenceException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    /** Opens a bundle as an application that a server has started again does: with classes of its own. */
    private static void loadElsewhere(String bundle) throws Exception {
        List<URL> classes = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            classes.add(Path.of(entry).toUri().toURL());
        }
        ClassLoader loader = new URLClassLoader(classes.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
        Method load = loader.loadClass(Kanerva.class.getName())
                .getMethod("load", Path.class, loader.loadClass(Device.class.getName()));
        Object cpu = load.getParameterTypes()[1].getField("CPU").get(null);
        try {
            ((AutoCloseable) load.invoke(null, Path.of(bundle), cpu)).close();
            System.out.println("opened by another class loader");
        } catch (InvocationTargetException e) {
            System.out.println("refused: " + e.getCause().getMessage());
        }
    }
}
