package io.kanerva.conformance.bundle;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.Buffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * DJL's arrays with float64 wherever a block asks for float32, so that blocks written for float32 compute in float64
 * unchanged.
 *
 * <p>Converting parameters and inputs is not enough: blocks make constants in float32
 * ({@code manager.create(float[])}), and PyTorch neither multiplies matrices of two types nor keeps float64 through
 * {@code toType(FLOAT32)}. Here every array, manager and {@link NDArrayEx} that a block sees forwards each call to the
 * engine's, replaces float32 by float64 in its arguments, and widens float32 results. Constants keep their float32
 * values, as in the exported graphs.
 */
final class Float64Arrays {

    private Float64Arrays() {}

    /** The array in float64, of the same manager. */
    static NDArray of(NDArray array) {
        return (NDArray) fromEngine(array);
    }

    /** The list with the engine's arrays. */
    static NDList engineArrays(NDList list) {
        return (NDList) toEngine(list);
    }

    /**
     * Hands blocks their parameters in float64.
     *
     * @param manager owns the widened values
     */
    static ParameterStore parameters(NDManager manager) {
        return new ParameterStore(manager, false) {
            private final Map<String, NDArray> wide = new HashMap<>();

            @Override
            public NDArray getValue(Parameter parameter, Device device, boolean training) {
                return parameter == null
                        ? null
                        : wide.computeIfAbsent(parameter.getId(), id -> {
                            NDArray values = parameter.getArray().toType(DataType.FLOAT64, true);
                            values.attach(manager);
                            return of(values);
                        });
            }
        };
    }

    private record Forwarding(Object engine) implements InvocationHandler {
        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            Object[] own = arguments == null ? new Object[0] : arguments.clone();
            boolean typed = Arrays.stream(own)
                    .noneMatch(Buffer.class::isInstance); // a buffer's type describes its contents, not the result
            for (int i = 0; i < own.length; i++) {
                own[i] = typed && own[i] == DataType.FLOAT32 ? DataType.FLOAT64 : toEngine(own[i]);
            }
            try {
                return fromEngine(method.invoke(engine, own));
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }

    private static Object toEngine(Object value) {
        if (value instanceof NDList list) {
            NDList own = new NDList(list.size());
            list.forEach(array -> own.add((NDArray) toEngine(array)));
            return own;
        }
        if (value instanceof NDArray[] arrays) {
            return Arrays.stream(arrays).map(array -> (NDArray) toEngine(array)).toArray(NDArray[]::new);
        }
        return value != null
                        && Proxy.isProxyClass(value.getClass())
                        && Proxy.getInvocationHandler(value) instanceof Forwarding forwarding
                ? forwarding.engine
                : value;
    }

    private static Object fromEngine(Object value) {
        if (value instanceof NDList list) {
            NDList wide = new NDList(list.size());
            list.forEach(array -> wide.add(of(array)));
            return wide;
        }
        if (value instanceof NDArray array) {
            return forwarding(
                    NDArray.class,
                    array.getDataType() == DataType.FLOAT32 ? array.toType(DataType.FLOAT64, true) : array);
        }
        return value instanceof NDManager
                ? forwarding(NDManager.class, value)
                : value instanceof NDArrayEx ? forwarding(NDArrayEx.class, value) : value;
    }

    private static Object forwarding(Class<?> type, Object engine) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, new Forwarding(engine));
    }
}
