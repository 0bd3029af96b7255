package io.kanerva.runtime;

import ai.onnxruntime.OrtEnvironment;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * ONNX Runtime's one environment in this process. {@link Kanerva} starts it by itself; a program that also uses ONNX
 * Runtime directly should call {@link #start} first.
 *
 * <p>Why it is started with care: on Linux, ONNX Runtime 1.29 gathers telemetry when the environment is made, unless
 * {@code ORT_DISABLE_TELEMETRY=1} is set. It matches regular expressions against the process's command line with a
 * recursion as deep as that is long, so that some 3,400 characters, an ordinary class path, overflow the stack of a
 * Java thread and end the process with a segmentation fault. A larger stack avoids that.
 */
public final class NativeRuntime {

    /** Address space only: what is not used takes no memory. 64 MB bear 100,000 characters. */
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
        FutureTask<OrtEnvironment> task = new FutureTask<>(OrtEnvironment::getEnvironment);
        Thread thread = new Thread(null, task, "ONNX Runtime start", STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    task.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true; // starting takes milliseconds and must not stop half-way
                } catch (ExecutionException e) {
                    throw new InferenceException(e.getCause(), "ONNX Runtime cannot be started: %s", e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
