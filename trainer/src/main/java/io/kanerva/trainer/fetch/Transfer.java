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
 * Downloads a URL into a file. Resumes a partial download (HTTP {@code Range}) if the server still has the same version
 * ({@code If-Range}), and reconnects if the connection breaks or stalls. A known length takes precedence over the
 * length that the server announces.
 */
final class Transfer {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+|\\*)");

    private final HttpClient client;
    private final Duration timeout;
    private final int attempts;
    private final Duration pause;
    private final FetchListener listener;

    /**
     * @param timeout how long to wait for a connection, for a response, and for the next bytes
     * @param attempts the limit on consecutive attempts without progress, at least 1
     * @param pause the wait before the second consecutive attempt; doubles with each
     */
    Transfer(Duration timeout, int attempts, Duration pause, FetchListener listener) {
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(timeout)
                .build();
        this.timeout = timeout;
        this.attempts = attempts;
        this.pause = pause;
        this.listener = listener;
    }

    /** A response that a retry will not change. */
    private static final class FinalResponse extends IOException {
        private static final long serialVersionUID = 1;

        FinalResponse(String message) {
            super(message);
        }
    }

    /**
     * Downloads the complete file.
     *
     * @param part the file to fill; may hold the beginning of an earlier download
     * @param known the file's length, or -1
     * @return whether an earlier download was resumed
     * @throws FetchException if the server has no such file, or too many consecutive attempts make no progress
     */
    boolean download(URI uri, Path part, long known) {
        long before = size(part);
        boolean resumed = before > 0;
        int failures = 0;
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
                throw new IOException("truncated at byte %,d of %,d".formatted(size(part), known));
            } catch (FinalResponse e) {
                throw new FetchException("%s: expected the file, found %s".formatted(uri, e.getMessage()), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FetchException("%s: interrupted".formatted(uri), e);
            } catch (IOException e) {
                // Only new bytes count as progress: a server that cannot resume could break off for ever.
                failures = size(part) > furthest ? 0 : failures + 1;
                furthest = Math.max(furthest, size(part));
                String reason = e instanceof ConnectException
                        ? "no connection to " + uri.getHost()
                        : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
                if (failures >= attempts) {
                    throw new FetchException(
                            "%s: expected %s, found %,d bytes: the connection failed %d consecutive times (%s)%s"
                                    .formatted(
                                            uri,
                                            known < 0 ? "the file" : "%,d bytes".formatted(known),
                                            size(part),
                                            failures,
                                            reason,
                                            size(part) > 0 ? "; fetching again resumes the download" : ""),
                            e);
                }
                listener.note("%s: connection lost at byte %,d (%s); trying again"
                        .formatted(part.getFileName().toString().replaceAll("\\.part$", ""), size(part), reason));
                waitBefore(failures);
            }
        }
    }

    /** Makes one request; returns whether the file is complete, as far as is known. */
    private boolean attempt(URI uri, Path part, long have, long known) throws IOException, InterruptedException {
        Path versionFile = versionOf(part);
        String version = Files.exists(versionFile) ? Files.readString(versionFile) : "";
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(timeout);
        // Bytes of an unknown version may be resumed only if the length, and so the checksum, is known.
        boolean resumes = have > 0 && (known < 0 ? !version.isEmpty() : have < known);
        if (resumes) {
            request.header("Range", "bytes=" + have + "-");
            if (!version.isEmpty()) {
                request.header("If-Range", version);
            }
        }
        HttpResponse<Flow.Publisher<List<ByteBuffer>>> response;
        try {
            response = client.send(request.build(), HttpResponse.BodyHandlers.ofPublisher());
        } catch (IllegalArgumentException e) {
            // Java's client lets a Content-Length that is no number through to Long.parseLong.
            throw new FinalResponse("an answer with a malformed header (%s)".formatted(e.getMessage()));
        }
        try (BodyQueue body = new BodyQueue(timeout)) {
            response.body().subscribe(body);
            long start = 0;
            int status = response.statusCode();
            if (status == 206) {
                Matcher range = CONTENT_RANGE.matcher(
                        response.headers().firstValue("Content-Range").orElse(""));
                if (!resumes || !range.matches() || Long.parseLong(range.group(1)) != have) {
                    discard(part);
                    throw new IOException("the server sent a range other than the one requested: "
                            + response.headers().firstValue("Content-Range").orElse("no Content-Range"));
                }
                start = have;
            } else if (status == 416) {
                discard(part);
                throw new IOException("the server has no bytes from %,d onwards".formatted(have));
            } else if (status == 429 || status >= 500) {
                throw new IOException("the server answered HTTP " + status);
            } else if (status != 200) {
                throw new FinalResponse("HTTP " + status);
            }
            Files.write(versionFile, version(response).getBytes(StandardCharsets.UTF_8));
            long announced =
                    response.headers().firstValueAsLong("Content-Length").orElse(-1);
            if (announced < -1
                    || announced == -1
                            && response.headers().firstValue("Content-Length").isPresent()) {
                throw new FinalResponse("an answer of %d bytes".formatted(announced));
            }
            long total = known >= 0 ? known : announced < 0 ? -1 : start + announced;
            long end = fill(part, start, known, total, body);
            return known < 0 || end == known;
        }
    }

    /** Appends the body; returns the file's length. */
    private long fill(Path part, long start, long known, long total, BodyQueue body) throws IOException {
        try (FileChannel file = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.truncate(start).position(start);
            for (List<ByteBuffer> bytes = body.next(); bytes != null; bytes = body.next()) {
                for (ByteBuffer buffer : bytes) {
                    if (known >= 0 && file.position() + buffer.remaining() > known) {
                        discard(part);
                        throw new FinalResponse("more than %,d bytes".formatted(known));
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
                    "%s: expected to write the downloaded bytes, found an error (%s)".formatted(part, e.getMessage()),
                    e);
        }
    }

    /** Returns what identifies this version of the file: a strong entity tag, or the date of the last change. */
    private static String version(HttpResponse<?> response) {
        return response.headers()
                .firstValue("ETag")
                .filter(tag -> tag.startsWith("\""))
                .or(() -> response.headers().firstValue("Last-Modified"))
                .orElse("");
    }

    /** The file that records the version of a partial download. */
    private static Path versionOf(Path part) {
        return part.resolveSibling(part.getFileName() + ".version");
    }

    /** Deletes a partial download, if there is one. */
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
                throw new FetchException("interrupted while waiting to retry", e);
            }
        }
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new FetchException(
                    "%s: expected a readable file, found an error (%s)".formatted(file, e.getMessage()), e);
        }
    }
}
