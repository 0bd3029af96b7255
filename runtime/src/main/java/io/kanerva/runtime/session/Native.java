package io.kanerva.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The ONNX Runtime sessions of a model, which outlive it if nobody closes it: then a cleaner says so, once, and closes
 * them. Knows nothing of {@link Sessions}, which could not become unreachable otherwise.
 */
final class Native implements Runnable {

    private static final Logger LOGGER = System.getLogger(Kanerva.class.getName());

    private final String bundle;
    private final Map<BundleGraph, OrtSession[]> sessions;
    private final Object scoreLock = new Object(); // its own: opening the graph takes longer than a look-up

    /** Null after the last copy was opened: it holds the graph's bytes. */
    private Supplier<OrtSession> score;

    private final Map<Product.Kind, OrtSession> products = new EnumMap<>(Product.Kind.class);
    private boolean isClosed;

    /** @param score opens its graph */
    Native(String bundle, Map<BundleGraph, OrtSession[]> sessions, Supplier<OrtSession> score) {
        this.bundle = bundle;
        this.sessions = sessions;
        this.score = score;
    }

    /** A graph's session; the score's is opened when it is first needed, not after {@link #close}. */
    OrtSession session(BundleGraph graph, int copy) {
        OrtSession[] copies = sessions.get(graph);
        if (graph == BundleGraph.SCORE) {
            synchronized (scoreLock) {
                if (copies[copy] == null) {
                    copies[copy] = score.get();
                    score = Arrays.asList(copies).contains(null) ? score : null;
                }
                return copies[copy];
            }
        }
        return copies[copy];
    }

    /**
     * The session of {@link Product.Kind#graph}, made when it is first needed, on the CPU; not after {@link #close}.
     */
    synchronized OrtSession product(Product.Kind kind) throws OrtException {
        OrtSession session = products.get(kind);
        if (session == null) {
            try (SessionOptions options = SessionLoader.sessionOptions(1, Device.CPU)) {
                session = OrtEnvironment.getEnvironment().createSession(kind.graph(), options);
                products.put(kind, session);
            }
        }
        return session;
    }

    /** Closes the sessions; doing so again does nothing. */
    synchronized void close() throws Exception {
        if (isClosed) {
            return;
        }
        isClosed = true;
        for (OrtSession product : products.values()) {
            product.close();
        }
        synchronized (scoreLock) {
            for (OrtSession[] copies : sessions.values()) {
                for (OrtSession session : copies) {
                    if (session != null) { // null where a graph could not be loaded, or was not needed
                        session.close();
                    }
                }
            }
        }
    }

    /** What the cleaner does. */
    @Override
    public void run() {
        synchronized (this) {
            if (isClosed) {
                return;
            }
        }
        LOGGER.log(
                Level.WARNING,
                "Kanerva of {0}: expected close(), found none before the garbage collector came",
                bundle);
        try {
            close();
        } catch (Exception e) {
            LOGGER.log(Level.DEBUG, "Kanerva of " + bundle, e); // nobody could do anything about it
        }
    }
}
