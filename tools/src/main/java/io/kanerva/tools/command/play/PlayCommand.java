package io.kanerva.tools.command.play;

import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFolder;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.play.OnnxRuntimeWeb;
import io.kanerva.tools.play.PlayFiles;
import io.kanerva.tools.play.PlayServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code kpp play}: the page to play with a memory, served on this machine or written as a folder. */
@Command(
        name = "play",
        header = "Play with a memory in the browser: draw, write, damage, recall, generate.",
        description = "Serves a page at 127.0.0.1 until Control-C. The models run in the browser (ONNX Runtime Web); "
                + "nothing leaves this machine. With --out, the page becomes a folder for any web server.",
        footer = {"  kpp play", "  kpp play --out site"})
public final class PlayCommand extends Subcommand {
    private static final int MAX_PORT = 65535;

    @ArgGroup
    private Place place = new Place();

    static final class Place {
        @Option(
                names = "--port",
                paramLabel = "N",
                converter = PortConverter.class,
                defaultValue = "8157",
                order = 1,
                description = "Port to serve at, 0 for any that is free. Default: ${DEFAULT-VALUE}.")
        private int port;

        @Option(
                names = {"-o", "--out"},
                paramLabel = "DIR",
                order = 2,
                description = "Write the page's files into this new or empty folder, and serve nothing.")
        private Path out;
    }

    @Option(
            names = "--ort",
            paramLabel = "DIR",
            order = 3,
            description =
                    "Folder with the files of ONNX Runtime Web. Default: npm installs them into the checkout, once, "
                            + "with esbuild, which makes one file of the page's modules.")
    private Path runtime;

    static final class PortConverter implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > MAX_PORT) {
                throw new TypeConversionException("expected 0 to " + MAX_PORT + ", found '" + text + "'");
            }
            return Integer.parseInt(text);
        }
    }

    @Override
    protected void run() throws InterruptedException {
        if (place.out != null) {
            OutputFolder.requireNew(place.out);
            write(place.out, files());
        } else {
            serve(files());
        }
    }

    private PlayFiles files() {
        String root = System.getProperty("kpp.root");
        if (runtime == null && root == null) {
            throw usage(
                    "Missing option '--ort': expected a folder with ONNX Runtime Web's files outside of a checkout");
        }
        return runtime == null
                ? PlayFiles.bundled(OnnxRuntimeWeb.installed(Path.of(root)))
                : new PlayFiles(OnnxRuntimeWeb.complete(runtime));
    }

    private void serve(PlayFiles files) throws InterruptedException {
        try (PlayServer server = new PlayServer(files, place.port)) {
            print("page      %s (Control-C ends it)", server.address());
            out().flush();
            new CountDownLatch(1).await();
        } catch (IOException e) {
            throw new Failure(
                    "--port %d: expected a free port, found none to take (%s)".formatted(place.port, e.getMessage()),
                    e);
        }
    }

    private void write(Path folder, PlayFiles files) {
        Map<String, byte[]> content = new TreeMap<>();
        for (String file : files.paths()) {
            try (InputStream stream = files.open(file)) {
                content.put(file, stream.readAllBytes());
            } catch (IOException e) {
                throw new Failure("%s: expected a readable file, found an error (%s)".formatted(file, e), e);
            }
        }
        OutputFolder.write(folder, content);
        print("folder    %s: %d files; any web server can serve it", folder, content.size());
    }
}
