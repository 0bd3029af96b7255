package io.kanerva.trainer.fetch;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings the bytes of an address into a file. What is there already is not asked for again (HTTP {@code Range}), as
 * long as the server says it is still the same version ({@code If-Range}); a connection that breaks or stalls is opened
 * anew. The length that a server announces is never believed over the length that is known.
 */
final class Transfer {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+|\\*)");

    private final HttpClient client;
    private final Duration patience;
    private final int attempts;
    private final Duration pause;
    private final FetchListener listener;

    /**
     * @param patience how long to wait for a connection, for an answer, and for the next bytes
     * @param attempts how often in a row to try in vain, at least 1
     * @param pause before the second attempt in a row; it doubles with each
     */
    Transfer(Duration patience, int attempts, Duration pause, FetchListener listener) {
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(patience)
                .build();
        this.patience = patience;
        this.attempts = attempts;
        this.pause = pause;
        this.listener = listener;
    }

    /** An answer that trying again will not change. */
    private static final class FinalAnswer extends IOException {
        private static final long serialVersionUID = 1;

        FinalAnswer(String message) {
            super(message);
        }
    }

    /**
     * Brings the whole file.
     *
     * @param part the file to fill; may hold the beginning from an earlier time
     * @param known the file's length, or -1
     * @return whether some of the bytes were there before
     * @throws FetchException if the server has no such file, or the connection fails too often without a byte of
     *     progress
     */
    boolean bring(URI uri, Path part, long known) {
        long before = size(part);
        boolean resumed = before > 0;
        int inVain = 0;
        long furthest = before;
        while (true) {
            long have = size(part);
            if (known >= 0 && have == known) {
                return resumed;
            }
            try {
                if (attempt(uri, part, have, known)) {
                    return resumed;
                }
                throw new IOException("it ended at byte %,d of %,d".formatted(size(part), known));
            } catch (FinalAnswer e) {
                throw new FetchException("%s: expected the file, found that %s".formatted(uri, e.getMessage()), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FetchException("%s: interrupted".formatted(uri), e);
            } catch (IOException e) {
                // Progress is what no attempt had before: a server that cannot resume may break off anywhere, for ever.
                inVain = size(part) > furthest ? 0 : inVain + 1;
                furthest = Math.max(furthest, size(part));
                String reason = e instanceof ConnectException
                        ? "no connection to " + uri.getHost()
                        : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
                if (inVain >= attempts) {
                    throw new FetchException(
                            "%s: expected %s, found that the connection failed %d times in a row at byte %,d (%s)%s"
                                    .formatted(
                                            uri,
                                            known < 0 ? "the file" : "%,d bytes".formatted(known),
                                            inVain,
                                            size(part),
                                            reason,
                                            size(part) > 0
                                                    ? "; what has come stays, and fetching again goes on from there"
                                                    : ""),
                            e);
                }
                listener.note("%s: connection lost at byte %,d (%s); trying again"
                        .formatted(part.getFileName().toString().replaceAll("\\.part$", ""), size(part), reason));
                waitBefore(inVain);
            }
        }
    }

    /** One request; true if the file is whole by all that is known. */
    private boolean attempt(URI uri, Path part, long have, long known) throws IOException, InterruptedException {
        Path versionFile = versionOf(part);
        String version = Files.exists(versionFile) ? Files.readString(versionFile) : "";
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(patience);
        // Bytes of an unknown version may be continued only if a known length, and so the sum, will tell.
        boolean goOn = have > 0 && (known < 0 ? !version.isEmpty() : have < known);
        if (goOn) {
            request.header("Range", "bytes=" + have + "-");
            if (!version.isEmpty()) {
                request.header("If-Range", version);
            }
        }
        HttpResponse<Flow.Publisher<List<ByteBuffer>>> response =
                client.send(request.build(), HttpResponse.BodyHandlers.ofPublisher());
        try (BodyQueue body = new BodyQueue(patience)) {
            response.body().subscribe(body);
            long start = 0;
            int status = response.statusCode();
            if (status == 206) {
                Matcher range = CONTENT_RANGE.matcher(
                        response.headers().firstValue("Content-Range").orElse(""));
                if (!goOn || !range.matches() || Long.parseLong(range.group(1)) != have) {
                    discard(part);
                    throw new IOException("the server sent another part than asked for: "
                            + response.headers().firstValue("Content-Range").orElse("no Content-Range"));
                }
                start = have;
            } else if (status == 416) {
                discard(part);
                throw new IOException("the server has no bytes from %,d on".formatted(have));
            } else if (status == 429 || status >= 500) {
                throw new IOException("the server answered HTTP " + status);
            } else if (status != 200) {
                throw new FinalAnswer("the server answered HTTP " + status);
            }
            Files.write(versionFile, version(response).getBytes(StandardCharsets.UTF_8));
            long announced =
                    response.headers().firstValueAsLong("Content-Length").orElse(-1);
            long total = known >= 0 ? known : announced < 0 ? -1 : start + announced;
            long end = fill(part, start, known, total, body);
            return known < 0 || end == known;
        }
    }

    /** Writes the body behind the bytes that are there; returns the file's length. */
    private long fill(Path part, long start, long known, long total, BodyQueue body) throws IOException {
        try (FileChannel file = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.truncate(start).position(start);
            for (List<ByteBuffer> bytes = body.next(); bytes != null; bytes = body.next()) {
                for (ByteBuffer buffer : bytes) {
                    if (known >= 0 && file.position() + buffer.remaining() > known) {
                        discard(part);
                        throw new FinalAnswer("the server sends more than the %,d bytes that it has".formatted(known));
                    }
                    write(file, buffer, part);
                }
                listener.transferred(part.getFileName().toString().replaceAll("\\.part$", ""), file.position(), total);
            }
            file.force(true);
            return file.position();
        }
    }

    private static void write(FileChannel file, ByteBuffer buffer, Path part) {
        try {
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
        } catch (IOException e) {
            throw new FetchException(
                    "%s: expected room for what was downloaded, found that it cannot be written (%s)"
                            .formatted(part, e.getMessage()),
                    e);
        }
    }

    /** What tells this version of the file from another: a strong entity tag, or the date of the last change. */
    private static String version(HttpResponse<?> response) {
        return response.headers()
                .firstValue("ETag")
                .filter(tag -> tag.startsWith("\""))
                .or(() -> response.headers().firstValue("Last-Modified"))
                .orElse("");
    }

    /** Where the version of what has come is written down. */
    private static Path versionOf(Path part) {
        return part.resolveSibling(part.getFileName() + ".version");
    }

    /** Deletes what has come, if anything has. */
    static void discard(Path part) throws IOException {
        Files.deleteIfExists(part);
        Files.deleteIfExists(versionOf(part));
    }

    private void waitBefore(int attempt) {
        if (attempt > 0 && !pause.isZero()) {
            try {
                Thread.sleep(pause.toMillis() << attempt - 1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FetchException("interrupted while waiting to try again", e);
            }
        }
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new FetchException("%s: cannot be read (%s)".formatted(file, e.getMessage()), e);
        }
    }
}
