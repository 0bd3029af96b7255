package io.kanerva.runtime;

import ai.onnxruntime.OrtEnvironment;
import io.kanerva.runtime.session.Telemetry;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Starts ONNX Runtime in this process. {@link Kanerva} does so itself; a program that also uses ONNX Runtime directly
 * should call {@link #start} first.
 *
 * <p>On Linux, ONNX Runtime 1.29 gathers telemetry when it starts, unless {@code ORT_DISABLE_TELEMETRY=1} is set: this
 * sets it where Java can, from version 22 on, and otherwise logs a warning. The telemetry matches regular expressions
 * against the process's command line with a recursion as deep as the line is long: 3,400 characters, an ordinary class
 * path, overflow the stack of a Java thread and crash the process. So it is started on a thread with a large stack.
 */
public final class NativeRuntime {

    /** Address space; only what is used takes memory. 64 MB suffice for 100,000 characters. */
    private static final long STACK_BYTES = 256L << 20;

    private static boolean isStarted;

    /** Of the first attempt: a library that could not be loaded cannot be loaded again in the same process. */
    private static InferenceException failure;

    private NativeRuntime() {}

    /**
     * Starts ONNX Runtime if it is not running yet.
     *
     * @throws InferenceException if that is impossible, such as for lack of its classes or of a temporary folder
     */
    public static synchronized void start() {
        if (failure != null) {
            throw new InferenceException(failure.getCause(), "%s", failure.getMessage());
        }
        if (!isStarted) {
            startOnLargeStack();
            isStarted = true;
        }
    }

    private static void startOnLargeStack() {
        try {
            Telemetry.switchOff();
            CompletableFuture.runAsync(OrtEnvironment::getEnvironment, NativeRuntime::runOnLargeStack)
                    .join();
        } catch (CompletionException e) {
            failure = failure(e.getCause());
            throw failure;
        } catch (NoClassDefFoundError e) {
            failure = new InferenceException(
                    e,
                    "ONNX Runtime cannot be started: expected its classes on the class path or module path, from "
                            + "io.kanerva:kanerva-onnxruntime-cpu or kanerva-onnxruntime-gpu, found none (%s)",
                    e.getMessage());
            throw failure;
        }
    }

    private static InferenceException failure(Throwable thrown) {
        Throwable cause = thrown;
        boolean isLoading = false;
        while (true) {
            isLoading |= cause instanceof UnsatisfiedLinkError || cause instanceof IOException;
            if (cause.getCause() == null) {
                break;
            }
            cause = cause.getCause();
        }
        if (!isLoading) {
            return new InferenceException(thrown, "ONNX Runtime cannot be started: %s", cause);
        }
        String folder = System.getProperty("onnxruntime.native.path");
        return folder != null
                ? new InferenceException(
                        thrown,
                        "ONNX Runtime cannot be started: expected its library in onnxruntime.native.path, %s, and one "
                                + "class loader to load it from there, found %s; applications of one server share a "
                                + "class loader that has ONNX Runtime, or do without this property",
                        folder,
                        cause)
                : new InferenceException(
                        thrown,
                        "ONNX Runtime cannot be started: expected to unpack its library into java.io.tmpdir, %s, and "
                                + "to load it from there, found %s; name a folder that exists, has room for it, may be "
                                + "written to and is not mounted noexec by -Djava.io.tmpdir, or one that holds the "
                                + "library by -Donnxruntime.native.path",
                        System.getProperty("java.io.tmpdir"),
                        cause);
    }

    private static void runOnLargeStack(Runnable command) {
        Thread thread = new Thread(null, command, "ONNX Runtime start", STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }
}
