package io.kanerva.exporter.trace.block;

import ai.djl.nn.Block;
import java.lang.StackWalker.StackFrame;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The place in the user's code that called an operation.
 *
 * @param blocks classes of the blocks whose forward was running, outermost first, joined by " &gt; "; may be empty
 * @param line the Java line, for example {@code Encoder.forward(Encoder.java:41)}: the innermost one outside DJL, this
 *     exporter and the languages' libraries, or DJL's if a block of DJL calls it on its own
 * @param parameter path of the parameter that was read last, which distinguishes equal blocks; empty if there was none
 * @param path path of the block in the exported one, as far as it is certain; empty until {@link BlockPaths} finds it
 */
public record CallSite(String blocks, String line, String parameter, String path) {
    /** The recorder's packages. */
    private static final String EXPORTER = "io.kanerva.exporter.trace.";

    /** The place of values whose origin does not matter. */
    public static final CallSite NONE = new CallSite("", "", "", "");

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
    private static final String UNKNOWN = "unknown line";
    /** Packages of languages, whose code runs between the user's line and an array. */
    private static final List<String> LANGUAGES = List.of(
            "javax.",
            "sun.",
            "kotlin.",
            "kotlinx.",
            "groovy.",
            "org.codehaus.groovy.",
            "org.apache.groovy.",
            "scala.",
            "clojure.lang.",
            "clojure.core");

    /**
     * A line while it is running.
     *
     * @param calls the blocks that are running, outermost first
     * @param isParallel whether the line runs as one of several tasks, perhaps at the same time as others
     */
    public record Running(CallSite site, List<BlockCall> calls, boolean isParallel) {}

    /** A site whose path is not known. */
    public CallSite(String blocks, String line, String parameter) {
        this(blocks, line, parameter, "");
    }

    public CallSite withPath(String known) {
        return new CallSite(blocks, line, parameter, known);
    }

    /**
     * The line that is calling an array's method now.
     *
     * @param parameter path of the parameter that was read last
     */
    public static Running here(String parameter) {
        List<StackFrame> frames =
                WALKER.walk(stack -> stack.takeWhile(frame -> frame.getDeclaringClass() != BlockRun.class)
                        .toList());
        List<BlockCall> calls = BlockCall.of(frames);
        String line = line(frames, StackFrame::getClassName, StackFrame::toStackTraceElement);
        String blocks = calls.stream().map(BlockCall::name).collect(Collectors.joining(" > "));
        boolean isParallel =
                frames.stream().anyMatch(frame -> ForkJoinTask.class.isAssignableFrom(frame.getDeclaringClass()));
        return new Running(new CallSite(blocks, line, parameter), calls, isParallel);
    }

    /** The line that caused an exception. */
    public static CallSite of(Throwable exception, String parameter, ClassLoader loader) {
        List<StackTraceElement> elements = new ArrayList<>();
        for (StackTraceElement element : exception.getStackTrace()) {
            if (element.getClassName().equals(BlockRun.class.getName())) {
                break;
            }
            elements.add(element);
        }
        List<String> blocks = new ArrayList<>();
        for (StackTraceElement element : elements) {
            if (element.getMethodName().startsWith("forward") && isBlock(element.getClassName(), loader)) {
                blocks.add(withoutPackage(element.getClassName()));
            }
        }
        Collections.reverse(blocks);
        return new CallSite(
                String.join(" > ", blocks), line(elements, StackTraceElement::getClassName, e -> e), parameter);
    }

    /** Whether a class is a block with its own computation. */
    private static boolean isBlock(String name, ClassLoader loader) {
        try {
            Class<?> type = Class.forName(name, false, loader);
            return Block.class.isAssignableFrom(type)
                    && !type.isInterface()
                    && !type.getSimpleName().startsWith("Abstract");
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** Whether the engine is calling, because an ordinary array has a traced one as its argument. */
    public static boolean isInsideEngine() {
        return WALKER.walk(frames -> frames.map(StackFrame::getDeclaringClass)
                .filter(type -> !isTracer(type.getName()) && !Proxy.isProxyClass(type) && !type.isInterface())
                .findFirst()
                .map(type -> isEngine(type.getName()))
                .orElse(false));
    }

    /** Whether a text is wanted for a log or the console only, where it decides nothing. */
    public static boolean isLogging() {
        return WALKER.walk(frames -> frames.limit(LOGGING_DEPTH)
                .map(frame -> frame.getDeclaringClass().getName())
                .anyMatch(name -> LOGS.stream().anyMatch(name::startsWith)));
    }

    /** Whether an exception was thrown by the engine's Java code. */
    public static boolean isThrownByEngine(Throwable exception) {
        return Arrays.stream(exception.getStackTrace())
                .map(StackTraceElement::getClassName)
                .filter(name -> !name.startsWith("java."))
                .findFirst()
                .map(CallSite::isEngine)
                .orElse(false);
    }

    private static boolean isEngine(String type) {
        return type.startsWith("ai.djl.") && (type.contains(".engine.") || type.contains(".jni."));
    }

    /** The recorder itself, and reflection. */
    private static boolean isTracer(String type) {
        return type.startsWith(EXPORTER)
                || type.startsWith("java.")
                || type.startsWith("jdk.")
                || type.contains("$Proxy");
    }

    /** Code between a line that computes and the recorder: the recorder itself, DJL's arrays. */
    public static boolean isInternal(Class<?> type) {
        return isInternal(type.getName());
    }

    private static boolean isInternal(String type) {
        return isTracer(type) || isEngine(type) || type.startsWith("ai.djl.ndarray.");
    }

    private static boolean isDjl(String type) {
        return type.startsWith("ai.djl.") && !type.startsWith("ai.djl.examples.");
    }

    /** The user's line; that of DJL's block if there is none; frames are given innermost first. */
    private static <T> String line(List<T> frames, Function<T, String> type, Function<T, StackTraceElement> element) {
        List<T> lines = frames.stream()
                .filter(frame ->
                        !isInternal(type.apply(frame)) && LANGUAGES.stream().noneMatch(type.apply(frame)::startsWith))
                .toList();
        return lines.stream()
                .filter(frame -> !isDjl(type.apply(frame)))
                .findFirst()
                .or(() -> lines.stream().findFirst())
                .map(frame -> describe(element.apply(frame)))
                .orElse(UNKNOWN);
    }

    private static String withoutPackage(String type) {
        return type.substring(type.lastIndexOf('.') + 1);
    }

    private static String describe(StackTraceElement element) {
        String file = String.valueOf(element.getFileName());
        // Some languages give scripts a path, which must not get into models.
        String name = file.substring(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
        return withoutPackage(element.getClassName()) + "." + element.getMethodName() + "(" + name + ":"
                + element.getLineNumber() + ")";
    }

    @Override
    public String toString() {
        String place = blocks.isEmpty() ? "at " + line : "in " + blocks + " at " + line;
        return parameter.isEmpty() ? place : place + ", after reading " + parameter;
    }
}
