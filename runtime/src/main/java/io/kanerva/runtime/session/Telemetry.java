package io.kanerva.runtime.session;

import io.kanerva.runtime.Kanerva;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.util.Locale;
import java.util.Optional;

/**
 * Keeps ONNX Runtime from reporting to its maker. When version 1.29 is loaded on Linux or macOS, it reads the machine's
 * id and the command line, stores an id of its own below {@code ~/.cache} and connects to a collector, unless the
 * environment variable {@code ORT_DISABLE_TELEMETRY} is set. Its own switch, {@code OrtEnvironment.setTelemetry}, comes
 * too late for that, and no file or property prevents it (microsoft/onnxruntime#27379). Earlier versions report nothing
 * there.
 *
 * <p>Java cannot change its environment, but from version 22 on it can call the C library. That is done by reflection
 * here, as the project is compiled for Java 17.
 */
public final class Telemetry {

    private static final Logger LOGGER = System.getLogger(Kanerva.class.getName());
    private static final String VARIABLE = "ORT_DISABLE_TELEMETRY";

    private Telemetry() {}

    /**
     * Sets the variable if it is not set; a failure is logged with what to do. To be called before the library loads.
     */
    public static void switchOff() {
        boolean isWindows =
                System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
        if (isWindows || System.getenv(VARIABLE) != null) {
            return; // on Windows it reports by the system's own events, which the system's owner controls
        }
        obstacle()
                .ifPresent(obstacle -> LOGGER.log(
                        Level.WARNING,
                        "ONNX Runtime from version 1.29 on reads this machine''s id and contacts its maker: expected "
                                + "{0}=1 in the environment, found none, and it cannot be set here ({1}); set it "
                                + "before Java starts",
                        VARIABLE,
                        obstacle));
    }

    /** Sets the variable; why that is impossible, if it is. */
    private static Optional<String> obstacle() {
        if (Runtime.version().feature() < 22) {
            return Optional.of(
                    "that takes Java 22, and this is " + Runtime.version().feature());
        }
        try {
            int result = setVariable();
            return result == 0 ? Optional.empty() : Optional.of("setenv returned " + result);
        } catch (Throwable e) { // a method handle declares Throwable; a denied access is an IllegalCallerException
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return Optional.of(cause.toString());
        }
    }

    /** {@code setenv(VARIABLE, "1", 1)}, of the C library. */
    private static int setVariable() throws Throwable {
        Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
        Class<?> layoutType = Class.forName("java.lang.foreign.MemoryLayout");
        Class<?> descriptorType = Class.forName("java.lang.foreign.FunctionDescriptor");
        Class<?> optionType = Class.forName("java.lang.foreign.Linker$Option");
        Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");
        Class<?> arenaType = Class.forName("java.lang.foreign.Arena");
        Class<?> values = Class.forName("java.lang.foreign.ValueLayout");
        Object integer = values.getField("JAVA_INT").get(null);
        Object address = values.getField("ADDRESS").get(null);
        Object parameters = Array.newInstance(layoutType, 3);
        Array.set(parameters, 0, address);
        Array.set(parameters, 1, address);
        Array.set(parameters, 2, integer);
        Object descriptor = descriptorType
                .getMethod("of", layoutType, parameters.getClass())
                .invoke(null, integer, parameters);
        Object linker = linkerType.getMethod("nativeLinker").invoke(null);
        Object lookup = linkerType.getMethod("defaultLookup").invoke(linker);
        Object function = ((Optional<?>) Class.forName("java.lang.foreign.SymbolLookup")
                        .getMethod("find", String.class)
                        .invoke(lookup, "setenv"))
                .orElseThrow();
        Object options = Array.newInstance(optionType, 0);
        MethodHandle setenv = (MethodHandle) linkerType
                .getMethod("downcallHandle", segmentType, descriptorType, options.getClass())
                .invoke(linker, function, descriptor, options);
        try (AutoCloseable arena =
                (AutoCloseable) arenaType.getMethod("ofConfined").invoke(null)) {
            var allocate = arenaType.getMethod("allocateFrom", String.class);
            return (int) setenv.invokeWithArguments(allocate.invoke(arena, VARIABLE), allocate.invoke(arena, "1"), 1);
        }
    }
}
