package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDResource;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.RecordedMethods.Entry;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Invocation handler of the manager of recording arrays. Arrays created from Java numbers are constants; {@code zeros},
 * {@code ones}, {@code full}, {@code arange}, {@code linspace}, {@code eye} and {@code hanningWindow} are recorded,
 * because their arguments may depend on a dynamic dimension; random numbers are an error. Every sub-manager is this
 * manager: the recording keeps all arrays until its end.
 */
final class ManagerHandler implements InvocationHandler {
    private static final Set<String> CONSTANTS = Set.of("create(Buffer,Shape,DataType)");
    private static final Set<String> ENGINE =
            Set.of("getDevice", "defaultDevice", "getEngine", "allocateDirect", "isOpen", "getName");
    private static final List<String> RANDOM = List.of("random", "sample", "truncatedNormal");

    private final Recorder recorder;
    private final NDManager engine;

    private ManagerHandler(Recorder recorder, NDManager engine) {
        this.recorder = recorder;
        this.engine = engine;
    }

    static NDManager wrap(Recorder recorder, NDManager engine) {
        return (NDManager) Proxy.newProxyInstance(
                ManagerHandler.class.getClassLoader(),
                new Class<?>[] {NDManager.class},
                new ManagerHandler(recorder, engine));
    }

    /** Whether a recording's manager does more than the engine's for a method. */
    static boolean isRecorded(Method method) {
        String signature = RecordedMethods.signature(method);
        return RecordedMethods.find(method).isPresent()
                || CONSTANTS.contains(signature)
                || signature.equals("create(Shape,DataType)")
                || method.getName().equals("from")
                || method.getName().equals("newSubManager")
                || RANDOM.stream().anyMatch(method.getName()::startsWith)
                || method.isDefault()
                        && method.getReturnType() == NDArray.class
                        && !method.getName().equals("decode");
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
        Object[] arguments = args == null ? new Object[0] : args;
        String name = method.getName();
        if (method.getDeclaringClass() == Object.class) {
            return switch (name) {
                case "equals" -> arguments[0] == proxy;
                case "hashCode" -> System.identityHashCode(proxy);
                default -> "manager of traced arrays";
            };
        }
        Arguments.requireTypes(recorder, method, arguments);
        Optional<Entry> entry = RecordedMethods.find(method);
        if (entry.isPresent()) {
            return recorder.calls().record(method, entry.get(), null, engine, arguments);
        }
        if (CONSTANTS.contains(RecordedMethods.signature(method))) {
            return recorder.constant((NDArray) Recorder.call(method, engine, arguments));
        }
        if (RecordedMethods.signature(method).equals("create(Shape,DataType)")) {
            return recorder.calls().unset((Shape) arguments[0], (DataType) arguments[1]);
        }
        if (name.equals("from")) {
            return arguments[0] == null || arguments[0] instanceof TracedArray
                    ? arguments[0]
                    : recorder.constant((NDArray) arguments[0]);
        }
        if (method.getReturnType() == NDManager.class) {
            return proxy;
        }
        if (ENGINE.contains(name)) {
            return Recorder.call(method, engine, arguments);
        }
        if (RANDOM.stream().anyMatch(name::startsWith) && !method.isDefault()) {
            recorder.problem(
                    name + " draws random numbers, which an exported graph does not do; make the noise an input");
            return recorder.constant((NDArray) Recorder.call(method, engine, arguments));
        }
        if (name.equals("ret")) {
            return arguments[0];
        }
        if (method.isDefault() && NDArray.class.isAssignableFrom(method.getReturnType())) {
            return InvocationHandler.invokeDefault(proxy, method, arguments);
        }
        if (method.getReturnType() == void.class && !name.equals("invoke")) {
            return null; // attach, detach, cap, close: the recording owns its arrays
        }
        if (name.equals("getManagedArrays")) {
            return List.<NDResource>of();
        }
        throw recorder.fail("the manager's " + RecordedMethods.signature(method) + " cannot be traced");
    }
}
