package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandsTest {
    private static final byte[] CONTENT = "not really images".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path cache;

    private HttpServer server;
    private String mirror;

    @BeforeEach
    void startAServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/sets/", exchange -> {
            exchange.sendResponseHeaders(200, CONTENT.length);
            exchange.getResponseBody().write(CONTENT);
            exchange.close();
        });
        server.start();
        mirror = "http://127.0.0.1:" + server.getAddress().getPort() + "/sets";
    }

    @AfterEach
    void stopTheServer() {
        server.stop(0);
    }

    @Test
    void fetchesFromAMirrorAndReportsANewChecksum() throws IOException {
        CommandRun run =
                CommandRun.kpp("data", "fetch", "omniglot-burda", "--mirror", mirror, "--cache", cache.toString());
        assertThat(run.err())
                .contains("chardata.mat: SHA-256 unknown in advance; ")
                .contains("recorded in sha256.json");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("data       omniglot-burda: ", "folder     " + cache);
        assertThat(Files.readAllBytes(cache.resolve("omniglot-burda/chardata.mat")))
                .isEqualTo(CONTENT);
        assertThat(CommandRun.kpp("data", "list", "--cache", cache.toString()).out())
                .containsPattern("omniglot-burda +fetched ");
    }

    @Test
    void refusesWhatIsNotThePublishedFile() {
        CommandRun run = CommandRun.kpp(
                "data",
                "fetch",
                "omniglot",
                "--mirror",
                "http://127.0.0.1:" + server.getAddress().getPort() + "/nothing",
                "--cache",
                cache.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("/nothing/images_background.zip: expected the file, found HTTP 404");
        assertThat(cache.resolve("omniglot/images_background.zip")).doesNotExist();
    }

    @Test
    void aNameThatThereIsNotIsAMistakeInTheCommand() {
        CommandRun run = CommandRun.kpp("data", "fetch", "mnits", "--cache", cache.toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("data set 'mnits': expected one of mnist, ");
    }

    @Test
    void explainsAManualDownload() {
        CommandRun run = CommandRun.kpp("data", "fetch", "imagenet32", "--cache", cache.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err())
                .contains("https://image-net.org/download-images", "val_data.npz into " + cache + "/imagenet32");
    }

    @Test
    void listsEveryDataSetWithItsSizeOrThatItMustBeDownloadedManually() {
        String list =
                CommandRun.kpp("data", "list", "--cache", cache.toString()).out();
        assertThat(list)
                .contains("cache      " + cache)
                .containsPattern("cifar10 +170 MB")
                .containsPattern("celeba +manual")
                .containsPattern("omniglot-burda +\\? MB")
                .containsPattern("mnist +27 MB");
    }

    @Test
    void commandsWithoutADataFolderReadWhatWasFetched() throws IOException {
        // The build gives the tests a separate cache.
        Path usual = Path.of(System.getenv("KANERVA_CACHE"));
        Path images = usual.resolve("omniglot_28/background-pil1dither-idx3-ubyte");
        try {
            Files.createDirectories(images.getParent());
            Files.write(
                    images,
                    ByteBuffer.allocate(16 + 40 * 784)
                            .putInt(0x803)
                            .putInt(40)
                            .putInt(28)
                            .putInt(28)
                            .array());
            CommandRun run = CommandRun.kpp(
                    "train",
                    "--preset",
                    "omniglot-vae",
                    "--steps",
                    "1",
                    "-T",
                    "2",
                    "--set",
                    "episodes=1",
                    "--set",
                    "augment.rotation=0",
                    "--set",
                    "augment.scale=0",
                    "--set",
                    "augment.shear=0",
                    "--set",
                    "augment.shift=0",
                    "--run",
                    cache.resolve("run").toString());
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.err()).contains("omniglot: 40 images");
        } finally {
            Quick.delete(usual);
        }
    }
}
