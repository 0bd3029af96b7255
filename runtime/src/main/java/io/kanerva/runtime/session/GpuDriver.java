package io.kanerva.runtime.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Looks for NVIDIA's driver library without loading it: ONNX Runtime unpacks 583 MB before CUDA fails for lack of it.
 */
public final class GpuDriver {

    private static final Path LINKER_CACHE = Path.of("/etc/ld.so.cache");
    private static final List<String> LINUX_FOLDERS = List.of(
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib64",
            "/usr/lib",
            "/lib64",
            "/usr/lib/wsl/lib",
            "/usr/local/nvidia/lib64",
            "/usr/local/cuda/compat");

    private GpuDriver() {}

    /** The driver library of this machine, if it has one. */
    public static Optional<Path> find() {
        Stream<String> folders = isWindows()
                ? Stream.of(environment("SystemRoot", "C:\\Windows") + "\\System32")
                : Stream.concat(Stream.of(environment("LD_LIBRARY_PATH", "").split(":")), LINUX_FOLDERS.stream());
        Stream<Path> libraries = folders.map(folder -> Path.of(folder, libraryName()));
        return Stream.concat(libraries, isWindows() ? Stream.of() : cached(LINKER_CACHE).stream())
                .filter(Files::exists)
                .findFirst();
    }

    private static String environment(String name, String absent) {
        return Objects.requireNonNullElse(System.getenv(name), absent);
    }

    private static boolean isWindows() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("win");
    }

    /** The driver library's file name on this system. */
    public static String libraryName() {
        return isWindows() ? "nvcuda.dll" : "libcuda.so.1";
    }

    /** The paths ending in the driver library's name that the dynamic linker's cache lists. */
    public static List<Path> cached(Path linkerCache) {
        try {
            String cache = Files.readString(linkerCache, StandardCharsets.ISO_8859_1);
            return Pattern.compile("/[^\0]*/" + Pattern.quote(libraryName()) + "(?=\0)")
                    .matcher(cache)
                    .results()
                    .map(match -> Path.of(match.group()))
                    .toList();
        } catch (IOException e) {
            return List.of(); // no cache, as on musl and macOS: the folders have been searched
        }
    }
}
