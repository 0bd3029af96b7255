package io.kanerva.runtime;

import ai.onnxruntime.OrtEnvironment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Starts ONNX Runtime in this process. {@link Kanerva} does so itself; a program that also uses ONNX Runtime directly
 * should call {@link #start} first.
 *
 * <p>On Linux, ONNX Runtime 1.29 gathers telemetry when it starts, unless {@code ORT_DISABLE_TELEMETRY=1} is set. It
 * matches regular expressions against the process's command line with a recursion as deep as the line is long: 3,400
 * characters, an ordinary class path, overflow the stack of a Java thread and crash the process. So it is started on a
 * thread with a large stack.
 */
public final class NativeRuntime {

    /** Address space; only what is used takes memory. 64 MB suffice for 100,000 characters. */
    private static final long STACK_BYTES = 256L << 20;

    private static boolean isStarted;

    private NativeRuntime() {}

    /** Starts ONNX Runtime if it is not running yet. */
    public static synchronized void start() {
        if (!isStarted) {
            startOnLargeStack();
            isStarted = true;
        }
    }

    private static void startOnLargeStack() {
        try {
            CompletableFuture.runAsync(OrtEnvironment::getEnvironment, NativeRuntime::runOnLargeStack)
                    .join();
        } catch (CompletionException e) {
            throw new InferenceException(e.getCause(), "ONNX Runtime cannot be started: %s", e.getCause());
        }
    }

    private static void runOnLargeStack(Runnable command) {
        Thread thread = new Thread(null, command, "ONNX Runtime start", STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }
}
