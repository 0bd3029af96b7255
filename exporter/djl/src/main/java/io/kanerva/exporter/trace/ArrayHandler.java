package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.RecordedMethods.Entry;
import io.kanerva.exporter.trace.RecordedMethods.Kind;
import io.kanerva.exporter.trace.block.CallSite;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.Buffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Invocation handler of a recording array: handles each method of {@code NDArray} and {@code NDArrayEx} as listed in
 * {@link ArrayMethods}.
 *
 * <p>An array that is changed in place gets a new value, and so do those that share its {@link Memory}.
 */
final class ArrayHandler implements InvocationHandler {
    private final Recorder recorder;
    private final NDArray self;
    private final NDArrayEx internal;
    /** Shared with other arrays over the same tensor of the engine. */
    private AtomicReference<ArrayStorage> memory;
    /** Why the value must not be used, or null. */
    private String warning;

    private ArrayHandler(Recorder recorder, AtomicReference<ArrayStorage> memory) {
        this.recorder = recorder;
        this.memory = memory;
        ClassLoader loader = ArrayHandler.class.getClassLoader();
        this.self = (NDArray) Proxy.newProxyInstance(loader, new Class<?>[] {NDArray.class, TracedArray.class}, this);
        this.internal = (NDArrayEx) Proxy.newProxyInstance(loader, new Class<?>[] {NDArrayEx.class}, this);
    }

    /** A recording array that shares its memory with no other. */
    static NDArray wrap(Recorder recorder, TapeValue value) {
        return new ArrayHandler(recorder, new AtomicReference<>(ArrayStorage.of(recorder, value))).self;
    }

    /** A recording array whose elements have not been assigned. */
    static NDArray unset(Recorder recorder, TapeValue value) {
        ArrayHandler handler = new ArrayHandler(recorder, new AtomicReference<>(ArrayStorage.of(recorder, value)));
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
                case "memory" -> memory;
                case "hold" -> hold((ArrayStorage) arguments[0]);
                default -> value();
            };
        }
        if (method.getDeclaringClass() == Object.class) {
            return object(name, arguments);
        }
        Arguments.requireTypes(recorder, method, arguments);
        return switch (ArrayMethods.treatment(method)) {
            case RECORDED -> record(method, RecordedMethods.find(method).orElseThrow(), arguments);
            case ASSIGNED -> assign(method, arguments);
            // Which may call a method of an argument: it has to be one of these arrays, too.
            case DERIVED ->
                InvocationHandler.invokeDefault(
                        proxy,
                        method,
                        Arrays.stream(arguments)
                                .map(a -> a instanceof NDArray array && !(a instanceof TracedArray)
                                        ? recorder.constant(array)
                                        : a)
                                .toArray());
            case ANSWERED -> Recorder.call(method, memory.get().any().array(), arguments);
            case OWN -> own(name, arguments);
            case REWRITTEN -> EngineMethods.call(recorder, self, method, arguments);
            case IGNORED -> null;
            case ITSELF ->
                switch (name) {
                    case "stopGradient" -> new ArrayHandler(recorder, new AtomicReference<>(memory.get())).self;
                    case "toDevice" -> (boolean) arguments[1] ? another() : self;
                    default -> self;
                };
            case READS_VALUES -> read(method, arguments);
            case REFUSED, UNKNOWN -> {
                if (method.getReturnType() != NDArray.class && method.getReturnType() != NDList.class) {
                    throw recorder.fail(refusal(method));
                }
                recorder.problem(refusal(method));
                yield recorder.calls()
                        .unsupported(method, value(), ArrayStorage.receiver(method, value().array()), arguments);
            }
        };
    }

    /** Another array over the same tensor. */
    private NDArray another() {
        return new ArrayHandler(recorder, memory).self;
    }

    /** Reads the values of a constant; others exist only when a graph runs. */
    private Object read(Method method, Object[] arguments) throws Throwable {
        boolean isDependent = recorder.isDependent(memory.get().value())
                || Arrays.stream(arguments)
                        .anyMatch(argument ->
                                argument instanceof NDArray array && recorder.isDependent(recorder.valueOf(array)));
        if (isDependent) {
            throw recorder.valueRead(method.getName());
        }
        return Recorder.call(method, value().array(), Arguments.ofEngine(recorder, value(), arguments));
    }

    private static String refusal(Method method) {
        return RecordedMethods.signature(method) + " cannot be exported: " + ArrayMethods.reason(method);
    }

    private TapeValue value() {
        if (warning != null) {
            recorder.problem(warning);
            warning = null;
        }
        return memory.get().value();
    }

    private DataType type() {
        return memory.get().any().type();
    }

    private Shape shape() {
        return memory.get().any().shape();
    }

    private Object own(String name, Object[] arguments) {
        return switch (name) {
            case "getManager" -> recorder.manager();
            case "getNDArrayInternal" -> internal;
            case "shapeEquals" -> shape().equals(((NDArray) arguments[0]).getShape());
            case "repeat" -> self.repeat(repeats(name, (Shape) arguments[0]));
            case "tile" -> self.tile(repeats(name, (Shape) arguments[0]));
            default -> false; // hasGradient, isReleased
        };
    }

    /** The repeats of each axis that give a shape, as the engine's repeat(Shape) computes them. */
    private long[] repeats(String method, Shape desired) {
        long[] sizes = shape().getShape();
        long[] repeats = new long[sizes.length];
        int missing = sizes.length - desired.dimension();
        for (int i = 0; i < sizes.length; i++) {
            long size = i < missing ? sizes[i] : desired.get(i - missing);
            if (missing < 0 || sizes[i] == 0 || size % sizes[i] != 0) {
                throw recorder.fail(method + "(Shape): expected a multiple of " + shape() + ", found " + desired);
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
            boolean isNarrowed = result.getDataType().isFloating() && !type().isFloating();
            if (!result.getShape().equals(shape()) || isNarrowed) {
                throw recorder.fail(method.getName() + ": the engine cannot write a " + result.getDataType() + " "
                        + result.getShape() + " into a " + type() + " " + shape() + " in place");
            }
            requireApart(method.getName(), null, arguments.length == 0 ? null : arguments[0]);
            change(((TracedArray) result.toType(type(), false)).tapeValue(), method.getName());
            return self;
        }
        if (method.getName().equals("toType") && arguments[0] == type() && !(boolean) arguments[1]) {
            return self;
        }
        boolean isArgument = entry.kind() == Kind.FUN || entry.kind() == Kind.PASS;
        TapeValue read = isArgument ? null : value();
        Object result = recorder.calls()
                .record(
                        method,
                        entry,
                        read,
                        ArrayStorage.receiver(
                                method, isArgument ? memory.get().any().array() : read.array()),
                        arguments);
        if (!isView(method, entry, arguments)) {
            return result;
        }
        if (isSameTensor(method, arguments)) {
            return isArgument
                    ? new NDList(new ArrayHandler(recorder, ((TracedArray) arguments[0]).memory()).self)
                    : another();
        }
        ArrayStorage source = (isArgument ? ((TracedArray) arguments[0]).memory() : memory).get();
        if (result instanceof NDArray array) {
            return view(source, array, method, entry, arguments, 0);
        }
        NDList views = new NDList();
        for (NDArray array : (NDList) result) {
            views.add(view(source, array, method, entry, arguments, views.size()));
        }
        return views;
    }

    /** Whether the engine's result is not even a view, but the very tensor. */
    private boolean isSameTensor(Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "toType" -> true;
            case "dropout" -> !(boolean) arguments[2];
            case "flatten" -> shape().dimension() == 1;
            case "conj" -> type() != DataType.COMPLEX64;
            default -> false;
        };
    }

    private static NDArray view(
            ArrayStorage source, NDArray viewed, Method method, Entry entry, Object[] arguments, int part)
            throws Throwable {
        TracedArray array = (TracedArray) viewed;
        array.hold(source.view(array.tapeValue(), method, entry, arguments, part));
        return viewed;
    }

    /** Whether the engine's result shares memory with its source, or may do so. */
    private boolean isView(Method method, Entry entry, Object[] arguments) {
        if (entry.kind() == Kind.PASS) {
            return arguments[0] instanceof TracedArray;
        }
        if (entry.kind() != Kind.VIEW) {
            return false;
        }
        return switch (method.getName()) {
            case "toType" -> arguments[0] == type();
            case "get" -> {
                TracedIndex index = TracedIndex.of((NDIndex) arguments[1], -1);
                // The engine copies if the index holds arrays, or if there is nothing to index.
                yield index.arrays().isEmpty()
                        && !(shape().isScalar() && index.elements().isEmpty());
            }
            default -> true;
        };
    }

    /** The engine changes element by element, and reads what it has changed already. */
    private void requireApart(String method, NDIndex index, Object other) throws Throwable {
        if (other instanceof TracedArray array
                && (index == null || TracedIndex.of(index, -1).arrays().isEmpty())
                && memory.get().overlaps(array.memory().get(), index)) {
            throw recorder.fail(method + " reads elements of the array that it changes in place, so that the result "
                    + "depends on the engine's order; pass a copy, as in array." + method
                    + (index == null ? "(other.duplicate())" : "(index, other.duplicate())"));
        }
    }

    private Object assign(Method method, Object[] arguments) throws Throwable {
        recorder.requireOneThread();
        String name = method.getName();
        if (arguments[0] instanceof NDIndex index) {
            requireApart(name, index, arguments[1]);
            // Unset memory may be filled part by part; unfilled parts are undefined, as in the engine.
            TapeValue before = memory.get().value();
            if (name.equals("setScalar") && before.array().get(index).size() != 1) {
                throw recorder.fail("setScalar: the index selects more than one element");
            }
            return change(recorder.calls().assign(before, index, arguments[1]), name);
        }
        if (arguments[0] instanceof Buffer buffer) {
            // The engine's array takes the buffer's memory and leaves its own to those that share it.
            NDArray values = recorder.engine().create(buffer, shape(), type());
            return hold(ArrayStorage.of(recorder, recorder.valueOf(values)));
        }
        NDArray other = (NDArray) arguments[0];
        if (name.equals("intern")) {
            memory = other instanceof TracedArray array
                    ? array.memory()
                    : new AtomicReference<>(ArrayStorage.of(recorder, recorder.valueOf(other)));
            warning = null;
            return null;
        }
        if (!(other instanceof TracedArray)) {
            recorder.wantCalls();
        }
        if (!(other instanceof TracedArray target) || other.getDataType() != type()) {
            throw recorder.fail("copyTo writes a traced " + type() + " into "
                    + (other instanceof TracedArray ? "an array of type " + other.getDataType() : "an ordinary array")
                    + "; copy into an array of the same type made by the traced array's manager");
        }
        NDArray copy = shape().equals(other.getShape()) ? self : self.reshape(other.getShape());
        target.hold(ArrayStorage.of(recorder, ((TracedArray) copy).tapeValue()));
        return null;
    }

    private Object change(TapeValue next, String operation) {
        memory.get().change(next, operation);
        warning = null;
        return null;
    }

    private Object hold(ArrayStorage other) {
        memory.set(other);
        warning = null;
        return null;
    }

    private Object object(String name, Object[] arguments) {
        return switch (name) {
            case "hashCode" -> System.identityHashCode(self);
            case "toString" -> {
                if (!recorder.isDependent(memory.get().value())) {
                    yield value().array().toString();
                }
                if (!CallSite.isLogging()) {
                    throw recorder.valueRead(name);
                }
                yield "traced " + type() + " " + shape();
            }
            default -> {
                if (arguments[0] != self && arguments[0] instanceof NDArray) {
                    throw recorder.valueRead("equals");
                }
                yield arguments[0] == self;
            }
        };
    }
}
