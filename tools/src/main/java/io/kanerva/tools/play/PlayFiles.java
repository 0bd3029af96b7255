package io.kanerva.tools.play;

import io.kanerva.models.Models;
import io.kanerva.tools.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * All files of the page, by their paths from its root: the page itself with the JavaScript client, ONNX Runtime Web,
 * the models that ship, and pictures to begin with. No path comes from a request: they are resources on the class path,
 * what is made of them, and {@link OnnxRuntimeWeb#FILES} of a folder.
 */
public final class PlayFiles {
    private static final String PAGE = "io/kanerva/tools/play/";
    private static final String ENTRY = "main.mjs";
    private static final String EXAMPLES = "t10k-images-idx3-ubyte.gz";
    private static final List<String> OF_A_MODEL =
            List.of("bundle.json", "write.onnx", "index.onnx", "recall.onnx", "generate.onnx", "score.onnx");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "mjs", "text/javascript; charset=utf-8",
            "json", "application/json",
            "txt", "text/plain; charset=utf-8",
            "svg", "image/svg+xml",
            "wasm", "application/wasm",
            "onnx", "application/octet-stream",
            "gz", "application/gzip");

    private final SortedMap<String, String> resources = new TreeMap<>();

    private final Map<String, Path> runtime = new TreeMap<>();

    private final Map<String, byte[]> made = new TreeMap<>();

    /**
     * Lists the files.
     *
     * @param runtime the folder of {@link OnnxRuntimeWeb}
     * @throws Failure if this build lacks one, as the checker alone lacks the models
     */
    public PlayFiles(Path runtime) {
        for (String file : OnnxRuntimeWeb.FILES) {
            this.runtime.put("ort/" + file, runtime.resolve(file));
        }
        for (String file : page()) {
            resources.put(file, PAGE + file);
        }
        resources.put("examples/" + EXAMPLES, "io/kanerva/data/fashion-mnist/" + EXAMPLES);
        resources.put("examples/NOTICE.txt", "io/kanerva/data/fashion-mnist/NOTICE.txt");
        resources.put("models/names.txt", "io/kanerva/models/names.txt");
        for (String model : Models.names()) {
            for (String file : OF_A_MODEL) {
                resources.put("models/" + model + "/" + file, Models.resource(model) + "/" + file);
            }
        }
        resources.forEach((path, resource) -> {
            if (PlayFiles.class.getClassLoader().getResource(resource) == null) {
                throw new Failure("%s: expected a file of the page in this build of kpp, found none".formatted(path));
            }
        });
    }

    /**
     * The same, but for the page's modules and the JavaScript client's: one module takes their place.
     *
     * @param runtime the folder that {@link OnnxRuntimeWeb#installed} returns, which has a bundler beside it
     * @throws Failure if this build lacks a file, or they cannot be bundled
     */
    public static PlayFiles bundled(Path runtime) {
        PlayFiles files = new PlayFiles(runtime);
        List<String> modules = files.resources.keySet().stream()
                .filter(path -> path.endsWith(".mjs"))
                .toList();
        try {
            Bundler bundler = new Bundler(OnnxRuntimeWeb.packages(runtime));
            files.made.put(ENTRY, bundler.bundle(ENTRY, modules, files::open));
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected esbuild to bundle the page, found that it does not run (%s); %s"
                            .formatted(OnnxRuntimeWeb.packages(runtime), e.getMessage(), Bundler.WITHOUT),
                    e);
        }
        files.resources.keySet().removeAll(modules);
        return files;
    }

    /** The paths, such as {@code index.html}, in their order. */
    public SortedSet<String> paths() {
        SortedSet<String> paths = new TreeSet<>(resources.keySet());
        paths.addAll(made.keySet());
        paths.addAll(runtime.keySet());
        return paths;
    }

    /** Whether a path is one of them. */
    boolean has(String path) {
        return resources.containsKey(path) || runtime.containsKey(path) || made.containsKey(path);
    }

    /** The media type of a file. */
    public static String type(String path) {
        return TYPES.get(path.substring(path.lastIndexOf('.') + 1));
    }

    /** Opens a file. */
    public InputStream open(String path) throws IOException {
        if (runtime.containsKey(path)) {
            return Files.newInputStream(runtime.get(path));
        }
        if (made.containsKey(path)) {
            return new ByteArrayInputStream(made.get(path));
        }
        return PlayFiles.class.getClassLoader().getResourceAsStream(resources.get(path));
    }

    private static List<String> page() {
        try {
            URI index = PlayFiles.class
                    .getClassLoader()
                    .getResource(PAGE + "index.html")
                    .toURI();
            if (!index.getScheme().equals("jar")) {
                return below(Path.of(index).getParent());
            }
            try (FileSystem jar = FileSystems.newFileSystem(index, Map.of())) {
                return below(jar.getPath(PAGE));
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the page's place is not a URI", e);
        } catch (IOException e) {
            throw new UncheckedIOException("the page's files cannot be listed", e);
        }
    }

    /** The files of the types that the page has, which excludes the classes of this package. */
    private static List<String> below(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .filter(file -> type(file) != null)
                    .toList();
        }
    }
}
