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
 * A response's body, piece by piece, with a limit on how long to wait for the next piece: the JDK's client limits only
 * the time to the headers. One piece is asked for at a time, so a fast server cannot fill the memory.
 */
final class BodyQueue implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private final Duration patience;
    private volatile Flow.Subscription subscription;

    /** Bytes, or with null bytes the end, which is an early one if there is an error. */
    private record Piece(List<ByteBuffer> bytes, Throwable error) {}

    BodyQueue(Duration patience) {
        this.patience = patience;
    }

    /**
     * The next bytes, or null at the end.
     *
     * @throws HttpTimeoutException if none came in time
     * @throws IOException if the connection broke
     */
    List<ByteBuffer> next() throws IOException {
        Piece piece;
        try {
            piece = pieces.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (piece == null) {
            throw new HttpTimeoutException("nothing came for %.1f s".formatted(patience.toMillis() / 1e3));
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
