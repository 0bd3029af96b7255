package io.kanerva.trainer.fetch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A local web server with scripted behaviour per request: unlike a library's server, it can break off, stall and
 * announce wrong lengths. Stalled connections stay open until it is closed.
 */
final class UnreliableServer implements AutoCloseable {
    private static final Pattern RANGE = Pattern.compile("(?i)range: bytes=(\\d+)-");

    private final ServerSocket socket;
    private final byte[] content;
    private final Deque<Behaviour> script = new ArrayDeque<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<Socket> open = Collections.synchronizedList(new ArrayList<>());

    /** Answers one request with the given header lines. */
    interface Behaviour {
        void answer(byte[] content, String request, OutputStream out) throws IOException;
    }

    /** Serves the same content at every path; after the script it behaves normally. */
    UnreliableServer(byte[] content, Behaviour... behaviours) throws IOException {
        this.content = content;
        script.addAll(Arrays.asList(behaviours));
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "unreliable-server");
        thread.setDaemon(true);
        thread.start();
    }

    URI uri(String name) {
        return URI.create("http://127.0.0.1:%d/%s".formatted(socket.getLocalPort(), name));
    }

    /** The header lines of every request so far. */
    List<String> requests() {
        return requests;
    }

    /** The start of each request's range; 0 without one. */
    List<Integer> starts() {
        return requests.stream().map(UnreliableServer::start).toList();
    }

    static int start(String request) {
        Matcher range = RANGE.matcher(request);
        return range.find() ? Integer.parseInt(range.group(1)) : 0;
    }

    /** The requested range to its end. */
    static final Behaviour WELL =
            (content, request, out) -> rest(content, request, out, content.length, content.length);

    /** The complete content with status 200, ignoring any range. */
    static final Behaviour WITHOUT_RANGES = (content, request, out) -> {
        out.write(head("200 OK", content.length, ""));
        out.write(content);
    };

    /** Announces everything and disconnects before byte {@code end}. */
    static Behaviour breaksOffAt(int end) {
        return (content, request, out) -> rest(content, request, out, content.length, end);
    }

    /** Announces everything, sends up to byte {@code end} and then stalls. */
    static Behaviour stallsAt(int end) {
        return (content, request, out) -> {
            rest(content, request, out, content.length, end);
            out.flush();
            throw new Held();
        };
    }

    /** Announces a wrong length, and ends there or at the end of the file. */
    static Behaviour announces(int length) {
        return (content, request, out) -> rest(content, request, out, length, Math.min(length, content.length));
    }

    /** Announces a wrong length, and pads with zeros. */
    static Behaviour pads(int length) {
        return (content, request, out) -> rest(Arrays.copyOf(content, length), request, out, length, length);
    }

    /** Only a status. */
    static Behaviour status(String status) {
        return (content, request, out) -> out.write(head(status, 0, ""));
    }

    /** The complete content under any text as its length. */
    static Behaviour measures(String length) {
        return (content, request, out) -> {
            out.write("HTTP/1.1 200 OK\r\nContent-Length: %s\r\nConnection: close\r\n\r\n"
                    .formatted(length)
                    .getBytes(StandardCharsets.ISO_8859_1));
            out.write(content);
        };
    }

    /** A range other than the requested one. */
    static final Behaviour WRONG_RANGE = (content, request, out) -> {
        out.write(head(
                "206 Partial Content",
                content.length,
                "Content-Range: bytes 0-%d/%d\r\n".formatted(content.length - 1, content.length)));
        out.write(content);
    };

    private static void rest(byte[] content, String request, OutputStream out, int announced, int end)
            throws IOException {
        int start = start(request);
        if (start > 0) {
            out.write(head(
                    "206 Partial Content",
                    announced - start,
                    "ETag: \"v1\"\r\nContent-Range: bytes %d-%d/%d\r\n".formatted(start, announced - 1, announced)));
        } else {
            out.write(head("200 OK", announced, "ETag: \"v1\"\r\n"));
        }
        out.write(content, start, Math.max(0, end - start));
    }

    private static byte[] head(String status, int length, String more) {
        return "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n"
                .formatted(status, length, more)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The connection stays open although no more is sent. */
    private static final class Held extends IOException {
        private static final long serialVersionUID = 1;
    }

    private void serve() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                open.add(connection);
                String request = request(connection.getInputStream());
                requests.add(request);
                Behaviour behaviour;
                synchronized (script) {
                    behaviour = script.isEmpty() ? WELL : script.removeFirst();
                }
                OutputStream out = connection.getOutputStream();
                try {
                    behaviour.answer(content, request, out);
                    out.flush();
                    connection.close();
                } catch (Held e) {
                    continue;
                } catch (SocketException e) {
                    // The client has disconnected.
                    connection.close();
                }
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }
    }

    private static String request(InputStream in) throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        while (!lines.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            lines.write(next);
        }
        return lines.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket connection : List.copyOf(open)) {
            connection.close();
        }
    }
}
