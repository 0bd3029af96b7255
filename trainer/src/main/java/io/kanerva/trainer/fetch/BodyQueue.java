package io.kanerva.trainer.fetch;

import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A response body in chunks, with a timeout for each: the JDK's client limits only the time to the headers. Requests
 * one chunk at a time, so that a fast server cannot fill the memory.
 */
final class BodyQueue implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private final Duration timeout;
    private volatile Flow.Subscription subscription;

    /** A chunk, or the end if {@code bytes} is null: premature if there is an error. */
    private record Piece(List<ByteBuffer> bytes, Throwable error) {}

    BodyQueue(Duration timeout) {
        this.timeout = timeout;
    }

    /**
     * Returns the next bytes, or null at the end.
     *
     * @throws HttpTimeoutException if none arrived in time
     * @throws IOException if the connection broke
     */
    List<ByteBuffer> next() throws IOException {
        Piece piece;
        try {
            piece = pieces.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (piece == null) {
            throw new HttpTimeoutException("no data for %.1f s".formatted(timeout.toMillis() / 1e3));
        }
        if (piece.error() != null) {
            throw new IOException(
                    piece.error().getMessage() == null
                            ? piece.error().toString()
                            : piece.error().getMessage(),
                    piece.error());
        }
        if (piece.bytes() != null) {
            subscription.request(1);
        }
        return piece.bytes();
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription = newSubscription;
        newSubscription.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        pieces.add(new Piece(bytes, null));
    }

    @Override
    public void onError(Throwable error) {
        pieces.add(new Piece(null, error));
    }

    @Override
    public void onComplete() {
        pieces.add(new Piece(null, null));
    }

    /** Drops the connection if the body has not ended. */
    @Override
    public void close() {
        if (subscription != null) {
            subscription.cancel();
        }
    }
}
