package io.kanerva.tools.play;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves {@link PlayFiles} to browsers on this machine, and nothing else: it listens on 127.0.0.1, answers GET and HEAD
 * for exactly these paths, and refuses requests that name another host, as those of a page do whose name was pointed at
 * this address.
 */
public final class PlayServer implements AutoCloseable {
    private static final int THREADS = 4;
    private static final Set<String> METHODS = Set.of("GET", "HEAD");

    /** The same as in the page, where a folder's web server sends none; and that no other page may frame this one. */
    private static final String POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
            + "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final PlayFiles files;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, PlayServer::daemon);
    private final HttpServer server;
    private final Set<String> hosts;

    /**
     * Starts serving.
     *
     * @param files what is served
     * @param port 0 for any that is free
     * @throws IOException if the port cannot be taken
     */
    public PlayServer(PlayFiles files, int port) throws IOException {
        this.files = files;
        InetAddress loopback = InetAddress.getByAddress("127.0.0.1", new byte[] {127, 0, 0, 1});
        server = HttpServer.create(new InetSocketAddress(loopback, port), 0);
        int taken = server.getAddress().getPort();
        hosts = Set.of("127.0.0.1:" + taken, "localhost:" + taken);
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    /** The page's address. */
    public String address() {
        return "http://127.0.0.1:%d/".formatted(server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Headers headers = exchange.getResponseHeaders();
            headers.set("Content-Security-Policy", POLICY);
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("Cross-Origin-Resource-Policy", "same-origin");
            headers.set("Cross-Origin-Opener-Policy", "same-origin");
            headers.set("Referrer-Policy", "no-referrer");
            headers.set("Cache-Control", "no-store");
            List<String> host = exchange.getRequestHeaders().getOrDefault("Host", List.of());
            String path = exchange.getRequestURI().getRawPath();
            String file = "/".equals(path) ? "index.html" : path == null ? "" : path.substring(1);
            if (host.size() != 1 || !hosts.contains(host.get(0))) {
                refuse(exchange, 403);
            } else if (!METHODS.contains(exchange.getRequestMethod())) {
                headers.set("Allow", "GET, HEAD");
                refuse(exchange, 405);
            } else if (!files.has(file)) {
                refuse(exchange, 404);
            } else {
                send(exchange, file);
            }
        }
    }

    private static void refuse(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
    }

    private void send(HttpExchange exchange, String file) throws IOException {
        byte[] content;
        try (InputStream stream = files.open(file)) {
            content = stream.readAllBytes();
        }
        exchange.getResponseHeaders().set("Content-Type", PlayFiles.type(file));
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(content.length));
            exchange.sendResponseHeaders(200, -1);
        } else {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "play");
        thread.setDaemon(true);
        return thread;
    }

    /** Stops serving. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }
}
