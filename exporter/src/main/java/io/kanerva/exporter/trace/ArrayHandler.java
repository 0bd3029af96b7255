package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.internal.NDArrayEx;
import io.kanerva.exporter.trace.RecordedMethods.Entry;
import io.kanerva.exporter.trace.RecordedMethods.Kind;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.Set;

/**
 * Behind a recording array: decides for each method of {@code NDArray} and {@code NDArrayEx} whether it is recorded, answered
 * from the engine's array, run as the interface's default (which ends in other methods), or refused.
 */
final class ArrayHandler implements InvocationHandler {
    /** Questions that do not depend on the array's values. */
    private static final Set<String> FACTS = Set.of("getName", "setName", "getUid", "getDataType", "getDevice", "getShape",
            "getSparseFormat", "isSparse", "isScalar", "size", "isEmpty");
    /** Book-keeping of memory and gradients: the recording owns its arrays and has no gradients. */
    private static final Set<String> NOTHING = Set.of("close", "attach", "detach", "tempAttach", "returnResource",
            "setRequiresGradient");
    private static final Set<String> ITSELF = Set.of("stopGradient", "toDevice", "toDense", "getArray");

    private final Recorder recorder;
    private final Aliases aliases;
    private final NDArray self;
    private final NDArrayEx internal;
    private TapeValue value;

    private ArrayHandler(Recorder recorder, TapeValue value, Aliases aliases) {
        this.recorder = recorder;
        this.value = value;
        this.aliases = aliases;
        aliases.count++;
        ClassLoader loader = ArrayHandler.class.getClassLoader();
        this.self = (NDArray) Proxy.newProxyInstance(loader, new Class<?>[] {NDArray.class, TracedArray.class}, this);
        this.internal = (NDArrayEx) Proxy.newProxyInstance(loader, new Class<?>[] {NDArrayEx.class}, this);
    }

    /** Arrays that may share memory; only an array that is alone may be changed in place. */
    private static final class Aliases {
        private int count;
    }

    /** A recording array with memory of its own. */
    static NDArray wrap(Recorder recorder, TapeValue value) {
        return new ArrayHandler(recorder, value, new Aliases()).self;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] given) throws Throwable {
        Object[] arguments = given == null ? new Object[0] : given;
        String name = method.getName();
        if (method.getDeclaringClass() == TracedArray.class) {
            return name.equals("recorder") ? recorder : value;
        }
        if (method.getDeclaringClass() == Object.class) {
            return object(name, arguments);
        }
        Optional<Entry> entry = RecordedMethods.find(method);
        if (entry.isPresent()) {
            return record(method, entry.get(), arguments);
        }
        if (EngineMethods.knows(method)) {
            return EngineMethods.call(recorder, self, method, arguments);
        }
        if (NOTHING.contains(name)) {
            return null;
        }
        if (ITSELF.contains(name)) {
            return self;
        }
        return switch (name) {
            case "getManager" -> recorder.manager();
            case "getNDArrayInternal" -> internal;
            case "hasGradient", "isReleased" -> false;
            case "toDebugString" -> object("toString", arguments);
            case "shapeEquals" -> value.shape().equals(((NDArray) arguments[0]).getShape());
            case "set" -> set(method, arguments);
            default -> {
                if (FACTS.contains(name)) {
                    yield Recorder.call(method, value.array(), arguments);
                }
                if (method.getReturnType() == void.class) {
                    throw recorder.fail(RecordedMethods.signature(method) + " has no recording");
                }
                if (!isArrays(method.getReturnType())) {
                    throw recorder.valueRead(name);
                }
                yield method.isDefault() ? InvocationHandler.invokeDefault(proxy, method, arguments)
                        : recorder.unsupported(method, value, receiver(method), arguments);
            }
        };
    }

    private static boolean isArrays(Class<?> type) {
        return type == NDArray.class || type == NDList.class;
    }

    private Object receiver(Method method) {
        return method.getDeclaringClass() == NDArrayEx.class ? value.array().getNDArrayInternal() : value.array();
    }

    private Object record(Method method, Entry entry, Object[] arguments) throws Throwable {
        if (entry.kind() == Kind.INTO) {
            // The engine computes a new array, so that a parameter's memory is never written to.
            Method pure = NDArray.class.getMethod(entry.operation(), method.getParameterTypes());
            NDArray result = (NDArray) invoke(self, pure, arguments);
            become(((TracedArray) result.toType(value.type(), false)).tapeValue(), method.getName());
            return self;
        }
        Object result = recorder.record(method, entry, entry.kind() == Kind.FUN ? null : value, receiver(method), arguments);
        if (entry.kind() != Kind.VIEW) {
            return result;
        }
        if (result instanceof NDArray array) {
            return view(array);
        }
        NDList views = new NDList();
        ((NDList) result).forEach(array -> views.add(view(array)));
        return views;
    }

    private NDArray view(NDArray result) {
        TapeValue viewed = ((TracedArray) result).tapeValue();
        return viewed.array() == value.array() ? self : new ArrayHandler(recorder, viewed, aliases).self;
    }

    private Object set(Method method, Object[] arguments) throws Throwable {
        boolean isAssignment = arguments.length == 2 && arguments[0] instanceof NDIndex
                && (arguments[1] instanceof Number || arguments[1] instanceof NDArray);
        if (!isAssignment && method.isDefault() && !method.getParameterTypes()[0].isArray()) {
            return InvocationHandler.invokeDefault(self, method, arguments);
        }
        if (!isAssignment) {
            throw recorder.fail("set(" + arguments[0].getClass().getSimpleName() + ") overwrites a traced array with plain "
                    + "numbers; make a constant with the array's manager instead");
        }
        become(recorder.assign(value, (NDIndex) arguments[0], arguments[1]), "set");
        return null;
    }

    private void become(TapeValue version, String operation) {
        if (aliases.count > 1) {
            recorder.problem(operation + " changes an array in place that is a view of another or has views "
                    + "(reshape, transpose, get, ...); use the operation that makes a new array");
        }
        value = version;
    }

    private Object object(String name, Object[] arguments) {
        return switch (name) {
            case "hashCode" -> System.identityHashCode(self);
            case "toString" -> "traced " + value.type() + " " + value.shape();
            default -> {
                if (arguments[0] != self && arguments[0] instanceof NDArray) {
                    throw recorder.valueRead("equals");
                }
                yield arguments[0] == self;
            }
        };
    }
}
