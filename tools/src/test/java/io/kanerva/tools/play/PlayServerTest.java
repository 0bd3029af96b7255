package io.kanerva.tools.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests byte by byte, as no browser sends them. */
class PlayServerTest {
    /** Stands for ONNX Runtime Web, which comes with npm. */
    @TempDir
    private static Path runtime;

    private static PlayFiles files;
    private static PlayServer server;

    @BeforeAll
    static void start() throws IOException {
        for (String file : OnnxRuntimeWeb.FILES) {
            Files.writeString(runtime.resolve(file), file);
        }
        files = new PlayFiles(runtime);
        server = new PlayServer(files, 0);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static int port() {
        return URI.create(server.address()).getPort();
    }

    /** The answer to a request, whose lines end like those of HTTP; HOST stands for the server's own. */
    private static String answer(String... lines) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port())) {
            String request = String.join("\r\n", lines).replace("HOST", "127.0.0.1:" + port());
            socket.getOutputStream().write((request + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String get(String path) throws IOException {
        return answer("GET " + path + " HTTP/1.1", "Host: HOST", "Connection: close");
    }

    private static int status(String answer) {
        return Integer.parseInt(answer.split(" ", 3)[1]);
    }

    @ParameterizedTest
    @CsvSource({
        "/, text/html; charset=utf-8",
        "/index.html, text/html; charset=utf-8",
        "/page.css, text/css; charset=utf-8",
        "/main.mjs, text/javascript; charset=utf-8",
        "/kanerva/index.mjs, text/javascript; charset=utf-8",
        "/models/names.txt, text/plain; charset=utf-8",
        "/models/mnist-fp16/bundle.json, application/json",
        "/models/mnist-fp16/recall.onnx, application/octet-stream",
        "/icon.svg, image/svg+xml",
        "/ort/ort.wasm.min.mjs, text/javascript; charset=utf-8",
        "/ort/ort-wasm-simd-threaded.wasm, application/wasm"
    })
    void sendsItsFilesWithTheirTypesAndItsPolicy(String path, String type) throws IOException {
        String answer = get(path);
        assertThat(status(answer)).isEqualTo(200);
        assertThat(answer)
                .containsIgnoringCase("\r\nContent-Type: " + type + "\r\n")
                .containsIgnoringCase("\r\nX-Content-Type-Options: nosniff\r\n")
                .containsIgnoringCase("\r\nContent-Security-Policy: default-src 'none'; script-src 'self' "
                        + "'wasm-unsafe-eval'; style-src 'self';");
        String file = path.equals("/") ? "index.html" : path.substring(1);
        try (InputStream stream = files.open(file)) {
            String content = new String(stream.readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(answer).endsWith("\r\n\r\n" + content);
        }
    }

    @Test
    void hasTheWholeClientAndOnnxRuntimeButNothingForNode() throws IOException {
        assertThat(status(answer("HEAD /ort/ort-wasm-simd-threaded.wasm HTTP/1.1", "Host: HOST", "Connection: close")))
                .isEqualTo(200);
        assertThat(files.paths())
                .contains("kanerva/kanerva.mjs", "kanerva/heap.mjs", "ort/ort.wasm.min.mjs", "ort/NOTICE.txt")
                .doesNotContain("kanerva/node.mjs")
                .noneMatch(path -> path.endsWith(".class"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../page.css",
                "/models/../page.css",
                "/models/mnist-fp16/../../../PlayFiles.class",
                "/%2e%2e/page.css",
                "/..%2fpage.css",
                "//page.css",
                "/page.css/",
                "/models",
                "/models/",
                "/PlayFiles.class",
                "/kanerva/node.mjs",
                "/etc/passwd",
                "/ort/ort.min.mjs",
                "/page.css%00",
                "/Page.css"
            })
    void refusesEveryOtherPath(String path) throws IOException {
        assertThat(status(get(path))).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "get"})
    void refusesEveryOtherMethod(String method) throws IOException {
        String answer = answer(method + " / HTTP/1.1", "Host: HOST", "Connection: close", "Content-Length: 0");
        assertThat(status(answer)).isEqualTo(405);
        assertThat(answer).containsIgnoringCase("\r\nAllow: GET, HEAD\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.org", "127.0.0.1", "localhost", "127.0.0.1:1", "HOST.example.org", "[::1]:80", ""})
    void refusesRequestsToAnotherHost(String host) throws IOException {
        assertThat(status(answer("GET / HTTP/1.1", "Host: " + host, "Connection: close")))
                .isEqualTo(403);
    }

    @Test
    void refusesRequestsWithoutAHostOrWithTwo() throws IOException {
        assertThat(status(answer("GET / HTTP/1.1", "Connection: close"))).isBetween(400, 403);
        assertThat(status(answer("GET / HTTP/1.1", "Host: HOST", "Host: example.org", "Connection: close")))
                .isBetween(400, 403);
    }

    @Test
    void listensOnTheLoopbackAddressAlone() throws IOException {
        List<InetAddress> others = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .toList();
        for (InetAddress address : others) {
            assertThatThrownBy(() -> new Socket(address, port()).close()).isInstanceOf(IOException.class);
        }
        assertThat(server.address()).startsWith("http://127.0.0.1:");
        assertThatThrownBy(() -> new PlayServer(files, port())).isInstanceOf(BindException.class);
    }
}
