package io.kanerva.runtime.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks for NVIDIA's driver library without loading it: asking ONNX Runtime for CUDA on a machine that has none unpacks
 * 583 MB before it fails.
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
        if (System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("win")) {
            return first(List.of(Path.of(
                    Optional.ofNullable(System.getenv("SystemRoot")).orElse("C:\\Windows"),
                    "System32",
                    libraryName())));
        }
        List<Path> places = new ArrayList<>();
        for (String folder :
                Optional.ofNullable(System.getenv("LD_LIBRARY_PATH")).orElse("").split(":")) {
            places.add(Path.of(folder).resolve(libraryName()));
        }
        for (String folder : LINUX_FOLDERS) {
            places.add(Path.of(folder, libraryName()));
        }
        places.addAll(cached(LINKER_CACHE));
        return first(places);
    }

    private static Optional<Path> first(List<Path> places) {
        for (Path place : places) {
            if (Files.exists(place)) {
                return Optional.of(place);
            }
        }
        return Optional.empty();
    }

    /** The driver library's file name on this system. */
    public static String libraryName() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("win")
                ? "nvcuda.dll"
                : "libcuda.so.1";
    }

    /** The paths ending in the driver library's name that the dynamic linker's cache lists. */
    public static List<Path> cached(Path linkerCache) {
        List<Path> paths = new ArrayList<>();
        try {
            String cache = Files.readString(linkerCache, StandardCharsets.ISO_8859_1);
            Matcher matcher = Pattern.compile("/[^\0]*/" + Pattern.quote(libraryName()) + "(?=\0)")
                    .matcher(cache);
            while (matcher.find()) {
                paths.add(Path.of(matcher.group()));
            }
        } catch (IOException e) {
            // No cache, as on musl and macOS: the folders have been looked through already.
            return List.of();
        }
        return paths;
    }
}
