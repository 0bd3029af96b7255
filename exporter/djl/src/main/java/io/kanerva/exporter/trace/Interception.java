package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.internal.NDArrayEx;
import io.kanerva.exporter.trace.ArrayMethods.Treatment;
import io.kanerva.exporter.trace.block.CallSite;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Redirects a block's calls on the engine's own arrays and managers to recording ones, while it is traced.
 *
 * <p>A block has such arrays in its fields, or makes them with a manager of its own. They know nothing of recordings:
 * {@code constant.dot(traced)} would ask the traced array for its values. So the engine's classes get
 * {@linkplain EngineHooks hooks}, which act in the tracing thread only, and for calls from the block's code only.
 */
final class Interception {
    /** What a hook answers in this thread; null if the engine is to go on. */
    private static final ThreadLocal<Function<Object[], Object>> CURRENT = new ThreadLocal<>();

    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
    private static final Set<Treatment> REDIRECTED =
            Set.of(Treatment.RECORDED, Treatment.ASSIGNED, Treatment.DERIVED, Treatment.REWRITTEN, Treatment.ITSELF);
    private static final Set<String> OWN =
            Set.of("getManager()", "getNDArrayInternal()", "repeat(Shape)", "tile(Shape)");
    private static final Map<Class<?>, Map<String, Method>> METHODS = Map.of(
            NDArray.class, methods(NDArray.class),
            NDArrayEx.class, methods(NDArrayEx.class),
            NDManager.class, methods(NDManager.class));

    private Interception() {}

    /** The methods of an interface that are redirected, by signature. */
    private static Map<String, Method> methods(Class<?> type) {
        Map<String, Method> methods = new HashMap<>();
        for (Method method : type.getMethods()) {
            boolean isRedirected = type == NDManager.class
                    ? ManagerHandler.isRecorded(method)
                    : REDIRECTED.contains(ArrayMethods.treatment(method))
                            || OWN.contains(RecordedMethods.signature(method));
            if (isRedirected && !Modifier.isStatic(method.getModifiers())) {
                methods.put(RecordedMethods.signature(method), method);
            }
        }
        return methods;
    }

    /**
     * Adds the hooks to the engine's classes, if they are not there yet.
     *
     * @return why that is not possible; null if they are there
     */
    static String install() {
        Set<Class<?>> classes = new LinkedHashSet<>();
        try (NDManager manager = NDManager.newBaseManager();
                NDArray array = manager.create(0f)) {
            Stream.of(manager, array, array.getNDArrayInternal()).forEach(object -> {
                for (Class<?> type = object.getClass(); type != Object.class; type = type.getSuperclass()) {
                    classes.add(type);
                }
            });
        }
        classes.addAll(METHODS.keySet());
        Set<String> signatures = new HashSet<>();
        METHODS.values().forEach(methods -> signatures.addAll(methods.keySet()));
        return EngineHooks.install(classes, signatures, Interception::answer);
    }

    /** Runs a block; {@link #install} must have succeeded. */
    static <T> T during(Recorder recorder, Supplier<T> block) {
        return answering(call -> answer(recorder, call), block);
    }

    /** Runs code whose calls on the engine's arrays are not recorded. */
    static <T> T pausing(Supplier<T> code) {
        return answering(null, code);
    }

    /** Like {@link #pausing}, for code that may ask the engine for arrays at which it ends the process. */
    static <T> T checkingTypes(Supplier<T> code) {
        return answering(
                call -> {
                    if (Arrays.stream(call).anyMatch(Arguments::isLacking)) {
                        throw new UnsupportedOperationException("the engine has no arrays of this type");
                    }
                    return call;
                },
                code);
    }

    private static <T> T answering(Function<Object[], Object> answer, Supplier<T> code) {
        Function<Object[], Object> outer = CURRENT.get();
        CURRENT.set(answer);
        try {
            return code.get();
        } finally {
            CURRENT.set(outer);
        }
    }

    private static Object answer(Object[] call) {
        Function<Object[], Object> answer = CURRENT.get();
        return answer == null ? call : answer.apply(call);
    }

    /** The recording's answer to a call; the call itself if the engine is to go on. */
    private static Object answer(Recorder recorder, Object[] call) {
        if (call[0] instanceof TracedArray || isInternal()) {
            return call;
        }
        Class<?> type = call[0] instanceof NDManager
                ? NDManager.class
                : call[0] instanceof NDArrayEx ? NDArrayEx.class : NDArray.class;
        Method method = METHODS.get(type).get((String) call[1]);
        if (method == null) {
            return call;
        }
        Object receiver = call[0] instanceof NDManager
                ? recorder.manager()
                : call[0] instanceof NDArrayEx internal
                        ? recorder.constant(internal.getArray()).getNDArrayInternal()
                        : recorder.constant((NDArray) call[0]);
        try {
            return Recorder.call(method, receiver, Arrays.copyOfRange(call, 2, call.length));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the hooked method was called by the engine, the recording, or DJL's array interfaces. */
    private static boolean isInternal() {
        return WALKER.walk(frames -> frames.map(StackWalker.StackFrame::getDeclaringClass)
                .dropWhile(type -> type == Interception.class)
                .skip(1)
                .filter(type -> !type.getName().startsWith("java."))
                .findFirst()
                .map(caller -> CallSite.isInternal(caller) && caller != NDArrays.class && caller != NDList.class)
                .orElse(true));
    }
}
