package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.RecordedMethods.Entry;
import io.kanerva.exporter.trace.RecordedMethods.Kind;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Invocation handler of a recording array: handles each method of {@code NDArray} and {@code NDArrayEx} as listed in
 * {@link ArrayMethods}.
 *
 * <p>An array that is changed in place gets a new value. In the engine, arrays that share its memory would change too;
 * here they become stale, and using one of them later is an error.
 */
final class ArrayHandler implements InvocationHandler {
    private final Recorder recorder;
    private final NDArray self;
    private final NDArrayEx internal;
    private List<ArrayHandler> sharers;
    private TapeValue value;
    /** Why the value must not be used, or null. */
    private String warning;

    private ArrayHandler(Recorder recorder, TapeValue value, List<ArrayHandler> sharers) {
        this.recorder = recorder;
        this.value = value;
        this.sharers = sharers;
        sharers.add(this);
        ClassLoader loader = ArrayHandler.class.getClassLoader();
        this.self = (NDArray) Proxy.newProxyInstance(loader, new Class<?>[] {NDArray.class, TracedArray.class}, this);
        this.internal = (NDArrayEx) Proxy.newProxyInstance(loader, new Class<?>[] {NDArrayEx.class}, this);
    }

    /** A recording array that shares its memory with no other. */
    static NDArray wrap(Recorder recorder, TapeValue value) {
        return new ArrayHandler(recorder, value, new ArrayList<>()).self;
    }

    /** A recording array whose elements have not been assigned. */
    static NDArray unset(Recorder recorder, TapeValue value) {
        ArrayHandler handler = new ArrayHandler(recorder, value, new ArrayList<>());
        handler.warning = "create(shape) leaves the memory as it is, and nothing was assigned before it was read; "
                + "use zeros, ones or full";
        return handler.self;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
        Object[] arguments = args == null ? new Object[0] : args;
        String name = method.getName();
        if (method.getDeclaringClass() == TracedArray.class) {
            return switch (name) {
                case "recorder" -> recorder;
                case "become" -> become((TapeValue) arguments[0], (String) arguments[1]);
                default -> value();
            };
        }
        if (method.getDeclaringClass() == Object.class) {
            return object(name, arguments);
        }
        return switch (ArrayMethods.treatment(method)) {
            case RECORDED -> record(method, RecordedMethods.find(method).orElseThrow(), arguments);
            case ASSIGNED -> assign(method, arguments);
            case DERIVED -> InvocationHandler.invokeDefault(proxy, method, arguments);
            case ANSWERED -> Recorder.call(method, value.array(), arguments);
            case OWN -> own(name, arguments);
            case REWRITTEN -> EngineMethods.call(recorder, self, method, arguments);
            case IGNORED -> null;
            case ITSELF -> self;
            case READS_VALUES -> throw recorder.valueRead(name);
            case REFUSED, UNKNOWN -> {
                if (method.getReturnType() != NDArray.class && method.getReturnType() != NDList.class) {
                    throw recorder.fail(refusal(method));
                }
                recorder.problem(refusal(method));
                yield recorder.unsupported(method, value(), receiver(method), arguments);
            }
        };
    }

    private static String refusal(Method method) {
        return RecordedMethods.signature(method) + " cannot be exported: " + ArrayMethods.reason(method);
    }

    private TapeValue value() {
        if (warning != null) {
            recorder.problem(warning);
            warning = null;
        }
        return value;
    }

    private Object receiver(Method method) {
        return method.getDeclaringClass() == NDArrayEx.class ? value.array().getNDArrayInternal() : value.array();
    }

    private Object own(String name, Object[] arguments) {
        return switch (name) {
            case "getManager" -> recorder.manager();
            case "getNDArrayInternal" -> internal;
            case "shapeEquals" -> value.shape().equals(((NDArray) arguments[0]).getShape());
            case "repeat" -> self.repeat(repeats(name, (Shape) arguments[0]));
            case "tile" -> self.tile(repeats(name, (Shape) arguments[0]));
            case "toDebugString" -> object("toString", arguments);
            default -> false; // hasGradient, isReleased
        };
    }

    /** The repeats of each axis that give a shape, as the engine's repeat(Shape) computes them. */
    private long[] repeats(String method, Shape desired) {
        long[] sizes = value.shape().getShape();
        long[] repeats = new long[sizes.length];
        int missing = sizes.length - desired.dimension();
        for (int i = 0; i < sizes.length; i++) {
            long size = i < missing ? sizes[i] : desired.get(i - missing);
            if (missing < 0 || sizes[i] == 0 || size % sizes[i] != 0) {
                throw recorder.fail(method + "(Shape): expected a multiple of " + value.shape() + ", found " + desired);
            }
            repeats[i] = size / sizes[i];
        }
        return repeats;
    }

    private Object record(Method method, Entry entry, Object[] arguments) throws Throwable {
        if (entry.kind() == Kind.INTO) {
            // The engine computes a new array, so that a parameter's memory is never overwritten.
            Method pure = NDArray.class.getMethod(entry.operation(), method.getParameterTypes());
            NDArray result = (NDArray) invoke(self, pure, arguments);
            become(((TracedArray) result.toType(value.type(), false)).tapeValue(), method.getName());
            return self;
        }
        Object result =
                recorder.record(method, entry, entry.kind() == Kind.FUN ? null : value(), receiver(method), arguments);
        if (entry.kind() != Kind.VIEW || hasArrays(arguments)) {
            return result;
        }
        if (result instanceof NDArray array) {
            return view(array);
        }
        NDList views = new NDList();
        ((NDList) result).forEach(array -> views.add(view(array)));
        return views;
    }

    /** Whether an index holds arrays; if so, the engine copies. */
    private static boolean hasArrays(Object[] arguments) {
        return arguments.length == 2
                && arguments[1] instanceof NDIndex index
                && !TracedIndex.of(index, -1).arrays().isEmpty();
    }

    private NDArray view(NDArray result) {
        TapeValue viewed = ((TracedArray) result).tapeValue();
        return viewed.array() == value.array() ? self : new ArrayHandler(recorder, viewed, sharers).self;
    }

    private Object assign(Method method, Object[] arguments) {
        String name = method.getName();
        if (arguments[0] instanceof NDIndex index) {
            if (name.equals("setScalar") && value.array().get(index).size() != 1) {
                throw recorder.fail("setScalar: the index selects more than one element");
            }
            // Unset memory may be filled part by part; unfilled parts are undefined, as in the engine.
            return become(recorder.assign(value, index, arguments[1]), name);
        }
        if (arguments[0] instanceof Buffer buffer) {
            NDArray values = recorder.engine().create(buffer, value.shape(), value.type());
            return become(recorder.valueOf(values), name);
        }
        NDArray other = (NDArray) arguments[0];
        if (name.equals("intern")) {
            return become(recorder.valueOf(other), name);
        }
        if (!(other instanceof TracedArray target) || other.getDataType() != value.type()) {
            throw recorder.fail("copyTo writes a traced " + value.type() + " into "
                    + (other instanceof TracedArray ? "an array of type " + other.getDataType() : "an ordinary array")
                    + "; copy into an array of the same type made by the traced array's manager");
        }
        NDArray copy = value.shape().equals(other.getShape()) ? self : self.reshape(other.getShape());
        target.become(((TracedArray) copy).tapeValue(), name);
        return null;
    }

    private Object become(TapeValue version, String operation) {
        for (ArrayHandler other : sharers) {
            if (other != this) {
                other.warning =
                        "an array is used after " + operation + " changed another one in place that may share its "
                                + "memory (reshape, transpose, get, ...); use the operation that makes a new array";
            }
        }
        sharers = new ArrayList<>(List.of(this));
        warning = null;
        value = version;
        return null;
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
