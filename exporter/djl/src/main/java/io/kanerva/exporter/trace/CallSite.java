package io.kanerva.exporter.trace;

import ai.djl.nn.Block;
import java.lang.StackWalker.StackFrame;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The place in the user's code that called an operation.
 *
 * @param blocks simple names of the blocks whose forward was running, outermost first, joined by " &gt; "; may be empty
 * @param line the Java line, for example {@code Encoder.forward(Encoder.java:41)}
 * @param parameter path of the parameter that was read last, which distinguishes equal blocks; empty if there was none
 */
public record CallSite(String blocks, String line, String parameter) {
    private static final List<String> LOGS = List.of(
            "org.slf4j.",
            "ch.qos.logback.",
            "org.apache.logging.",
            "org.apache.log4j.",
            "java.util.logging.",
            "java.io.PrintStream");
    /** A logger formats its arguments within so many calls. */
    private static final int LOGGING_DEPTH = 24;

    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    /**
     * The line that is calling an array's method now.
     *
     * @param parameter path of the parameter that was read last
     */
    static CallSite here(String parameter) {
        return WALKER.walk(frames -> {
            List<String> blocks = new ArrayList<>();
            List<StackFrame> lines = new ArrayList<>();
            frames.filter(frame -> !isInternal(frame.getDeclaringClass())).forEach(frame -> {
                if (lines.isEmpty()) {
                    lines.add(frame);
                }
                addBlock(blocks, frame.getDeclaringClass(), frame.getMethodName());
            });
            Collections.reverse(blocks);
            return new CallSite(
                    String.join(" > ", blocks),
                    lines.isEmpty() ? "unknown line" : describe(lines.get(0).toStackTraceElement()),
                    parameter);
        });
    }

    /** The line that caused an exception: the first outside the recorder, the engine and DJL's array helpers. */
    static CallSite of(Throwable exception, String parameter, ClassLoader loader) {
        List<String> blocks = new ArrayList<>();
        String line = "unknown line";
        for (StackTraceElement element : exception.getStackTrace()) {
            Class<?> type;
            try {
                type = Class.forName(element.getClassName(), false, loader);
            } catch (ClassNotFoundException e) {
                continue;
            }
            if (type == Tracer.class) {
                break;
            }
            if (isInternal(type)) {
                continue;
            }
            if (line.equals("unknown line")) {
                line = describe(element);
            }
            addBlock(blocks, type, element.getMethodName());
        }
        Collections.reverse(blocks);
        return new CallSite(String.join(" > ", blocks), line, parameter);
    }

    private static void addBlock(List<String> blocks, Class<?> type, String method) {
        if (method.startsWith("forward")
                && Block.class.isAssignableFrom(type)
                && !type.isInterface()
                && !type.getSimpleName().startsWith("Abstract")
                && (blocks.isEmpty() || !blocks.get(blocks.size() - 1).equals(type.getSimpleName()))) {
            blocks.add(type.getSimpleName());
        }
    }

    /** Whether the engine is calling, because an ordinary array has a traced one as its argument. */
    static boolean isInsideEngine() {
        return WALKER.walk(frames -> frames.map(StackFrame::getDeclaringClass)
                .filter(type -> !isTracer(type) && !type.isInterface())
                .findFirst()
                .map(CallSite::isEngine)
                .orElse(false));
    }

    /** Whether a text is wanted for a log or the console only, where it decides nothing. */
    static boolean isLogging() {
        return WALKER.walk(frames -> frames.limit(LOGGING_DEPTH)
                .map(frame -> frame.getDeclaringClass().getName())
                .anyMatch(name -> LOGS.stream().anyMatch(name::startsWith)));
    }

    /** Whether an exception was thrown by the engine's Java code. */
    static boolean isThrownByEngine(Throwable exception) {
        return Arrays.stream(exception.getStackTrace())
                .map(StackTraceElement::getClassName)
                .filter(name -> !name.startsWith("java."))
                .findFirst()
                .map(CallSite::isEngine)
                .orElse(false);
    }

    private static boolean isEngine(Class<?> type) {
        return isEngine(type.getName());
    }

    private static boolean isEngine(String name) {
        return name.startsWith("ai.djl.") && (name.contains(".engine.") || name.contains(".jni."));
    }

    private static boolean isTracer(Class<?> type) {
        return type.getPackageName().equals(CallSite.class.getPackageName())
                || type.getName().startsWith("java.")
                || type.getName().startsWith("jdk.")
                || Proxy.isProxyClass(type);
    }

    /** Code between the user's line and the recorder: the recorder itself, reflection, DJL's array helpers. */
    static boolean isInternal(Class<?> type) {
        return isTracer(type) || isEngine(type) || type.getName().startsWith("ai.djl.ndarray.");
    }

    private static String describe(StackTraceElement element) {
        String type = element.getClassName();
        return type.substring(type.lastIndexOf('.') + 1) + "." + element.getMethodName() + "(" + element.getFileName()
                + ":" + element.getLineNumber() + ")";
    }

    @Override
    public String toString() {
        String place = blocks.isEmpty() ? "at " + line : "in " + blocks + " at " + line;
        return parameter.isEmpty() ? place : place + ", after reading " + parameter;
    }
}
