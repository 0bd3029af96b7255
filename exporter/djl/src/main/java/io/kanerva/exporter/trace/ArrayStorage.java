package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.RecordedMethods.Entry;
import io.kanerva.exporter.trace.RecordedMethods.Kind;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What an array holds: memory of its own, or a view of another array's, as in the engine.
 *
 * <p>A change of a view becomes a change of the memory that it is a view of, and all other views of it are derived anew
 * when they are read next (the functionalisation of PyTorch's exporters).
 */
final class ArrayStorage {
    /** These copy if the strides of their source do not allow a view. */
    private static final Set<String> PERHAPS_VIEWS = Set.of("reshape", "flatten");

    private static final long MAX_COMPARED = 1 << 12;

    /**
     * How a view is derived.
     *
     * @param source the array that it shows a part of
     * @param method the engine's method
     * @param part the position among the arrays that the method returns
     */
    private record View(ArrayStorage source, Method method, Entry entry, Object[] arguments, int part) {}

    private final Recorder recorder;
    /** Null for memory of its own. */
    private View view;
    /** Whether the engine was asked, or need not be asked, whether the view shares memory. */
    private boolean isCertain;

    private TapeValue value;
    /** The number of changes of the memory up to the value. */
    private int version;
    /** An array of the engine with the strides that the block's own array would have. */
    private final NDArray layout;

    private final boolean isLayoutDropped;

    private ArrayStorage(Recorder recorder, TapeValue value, View view, NDArray layout) {
        this.recorder = recorder;
        this.value = value;
        this.view = view;
        this.layout = layout;
        this.isLayoutDropped = recorder.isDropped(value);
    }

    /** Memory that no other array shares. */
    static ArrayStorage of(Recorder recorder, TapeValue value) {
        return new ArrayStorage(recorder, value, null, value.array());
    }

    /** What a method returned, which is a view of this. */
    ArrayStorage view(TapeValue viewed, Method method, Entry entry, Object[] arguments, int part) throws Throwable {
        View derived = new View(this, method, entry, arguments, part);
        NDArray array = viewed.array();
        if (layout != value.array()) {
            Object[] ordinary = Arguments.ofEngine(recorder, value, arguments);
            if (entry.kind() == Kind.PASS) {
                ordinary[0] = layout;
            }
            array = part(Recorder.call(method, receiver(method, layout), ordinary), part);
            NDScope.unregister(array);
        }
        ArrayStorage memory = new ArrayStorage(recorder, viewed, derived, array);
        memory.version = version();
        memory.isCertain = !PERHAPS_VIEWS.contains(entry.operation());
        return memory;
    }

    /** The engine's object that has a method. */
    static Object receiver(Method method, NDArray array) {
        return method.getDeclaringClass() == NDArrayEx.class ? array.getNDArrayInternal() : array;
    }

    private static NDArray part(Object result, int part) {
        return result instanceof NDList list ? list.get(part) : (NDArray) result;
    }

    /** A value of the same type and shape, perhaps of before a change. */
    TapeValue any() {
        return value;
    }

    /** The value now. */
    TapeValue value() {
        int latest = version();
        if (latest != version) {
            value = derived(view.source().value());
            version = latest;
        }
        return value;
    }

    /** The number of changes of the memory so far. */
    private int version() {
        if (view == null) {
            return version;
        }
        int latest = view.source().version();
        if (latest != version) {
            settle();
        }
        return view == null ? version : latest;
    }

    /** Asks the engine whether this is a view; a copy becomes memory of its own. */
    private void settle() {
        if (!isCertain) {
            if (isLayoutDropped) {
                throw recorder.valuesNeeded();
            }
            // The block's own arrays are not touched, not even to ask: they are never changed.
            if (!recorder.isHeld(root().value) && !sharesFirstElement(view.source().layout, layout)) {
                view = null;
            }
            isCertain = true;
        }
    }

    private ArrayStorage root() {
        return view == null ? this : view.source().root();
    }

    private static boolean sharesFirstElement(NDArray source, NDArray result) {
        if (source.size() == 0) {
            return true;
        }
        NDArray read = source.get(new long[source.getShape().dimension()]);
        NDArray written = result.get(new long[result.getShape().dimension()]);
        NDArray before = read.duplicate();
        written.set(new NDIndex("..."), written.contentEquals(written.zerosLike()) ? 1 : 0);
        boolean isShared = !read.contentEquals(before);
        written.set(new NDIndex("..."), before);
        return isShared;
    }

    /**
     * Whether a change of this element by element, from another array, may read elements that it has changed before:
     * both share memory, but not each element with its own. Arrays that are too large to look at do not.
     *
     * @param index the part that changes; null for all of it
     */
    boolean overlaps(ArrayStorage other, NDIndex index) throws Throwable {
        if (view != null) {
            settle();
        }
        if (other.view != null) {
            other.settle();
        }
        ArrayStorage root = root();
        if (root != other.root() || root.value.array().size() > MAX_COMPARED) {
            return false;
        }
        Shape shape = root.value.array().getShape();
        try (NDManager scope = recorder.engine().newSubManager()) {
            NDArray numbers =
                    scope.arange(0, (int) shape.size(), 1, DataType.INT64).reshape(shape);
            NDArray written = numbers(numbers);
            long[] to = (index == null ? written : written.get(index))
                    .toType(DataType.INT64, true)
                    .toLongArray();
            long[] from = other.numbers(numbers).toType(DataType.INT64, true).toLongArray();
            Set<Long> changed = Arrays.stream(to).boxed().collect(Collectors.toSet());
            return !Arrays.equals(to, from) && Arrays.stream(from).anyMatch(changed::contains);
        }
    }

    /** The part of an array like the memory's that this shows. */
    private NDArray numbers(NDArray all) throws Throwable {
        if (view == null) {
            return all;
        }
        NDArray source = view.source().numbers(all);
        Object[] ordinary = Arguments.ofEngine(recorder, view.source().value, view.arguments());
        if (view.entry().kind() == Kind.PASS) {
            ordinary[0] = source;
        }
        if (view.entry().operation().equals("toType")) {
            return source;
        }
        NDArray shown = part(Recorder.call(view.method(), receiver(view.method(), source), ordinary), view.part());
        NDScope.unregister(shown);
        return shown;
    }

    /** Changes the value in place. */
    void change(TapeValue next, String operation) {
        if (view != null) {
            settle();
        }
        if (view != null) {
            view.source().change(changedSource(next, operation), operation);
            value = next;
            version = view.source().version();
            return;
        }
        if (recorder.isHeld(value)) {
            throw recorder.fail(operation + " changes "
                    + (value.name().isEmpty() ? "an array that the block keeps" : "the parameter " + value.name())
                    + " in place, so the block's next call computes something else, and a graph keeps no state; "
                    + "change a copy, as in array.duplicate()." + operation);
        }
        value = next;
        version++;
    }

    private TapeValue derived(TapeValue source) {
        try {
            boolean isArgument = view.entry().kind() == Kind.PASS;
            Object[] arguments = view.arguments().clone();
            if (isArgument) {
                arguments[0] = ArrayHandler.wrap(recorder, source);
            }
            Object result = recorder.calls()
                    .record(
                            view.method(),
                            view.entry(),
                            isArgument ? null : source,
                            receiver(view.method(), source.array()),
                            arguments);
            return recorder.valueOf(part(result, view.part()));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The source's value after a change of this view. */
    private TapeValue changedSource(TapeValue next, String operation) {
        TapeValue before = view.source().value();
        NDArray source = ArrayHandler.wrap(recorder, before);
        NDArray changed = ArrayHandler.wrap(recorder, next);
        Object[] arguments = view.arguments();
        return switch (view.entry().operation()) {
            case "toType", "dropout" -> next;
            case "conj" -> recorder.valueOf(changed.conj());
            case "real" -> recorder.valueOf(changed.complex());
            case "complex" -> recorder.valueOf(changed.real());
            case "reshape", "flatten", "expandDims", "squeeze", "squeezeAxis" ->
                recorder.valueOf(changed.reshape(source.getShape()));
            case "swapAxes" -> recorder.valueOf(changed.swapAxes((int) arguments[0], (int) arguments[1]));
            case "transpose" ->
                recorder.valueOf(
                        arguments.length == 0 ? changed.transpose() : changed.transpose(inverse((int[]) arguments[0])));
            case "get" ->
                TracedIndex.of((NDIndex) arguments[1], -1).elements().isEmpty()
                        ? next
                        : recorder.calls().assign(before, (NDIndex) arguments[1], changed);
            case "split" -> recorder.calls().assign(before, slice(next.shape()), changed);
            case "broadcast" -> {
                if (next.shape().size() != before.shape().size()) {
                    throw recorder.fail(operation + " changes an array in place whose elements share memory, since it "
                            + "was broadcast; change a copy, as in array.duplicate()." + operation);
                }
                yield recorder.valueOf(changed.reshape(source.getShape()));
            }
            default -> scattered(source, changed);
        };
    }

    private static int[] inverse(int[] axes) {
        int[] inverse = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
            inverse[Math.floorMod(axes[i], axes.length)] = i;
        }
        return inverse;
    }

    /** The index of this part of a split array. */
    private NDIndex slice(Shape shape) {
        int axis = Math.floorMod((int) view.arguments()[1], shape.dimension());
        long size = shape.get(axis);
        long start;
        if (view.arguments()[0] instanceof long[] starts) {
            start = view.part() == 0 ? 0 : starts[view.part() - 1];
        } else {
            start = view.part() * size;
        }
        return new NDIndex().addAllDim(axis).addSliceDim(start, start + size).addEllipseDim();
    }

    /** Scatters a view's elements to where they come from: the same view of the elements' numbers tells where. */
    private TapeValue scattered(NDArray source, NDArray changed) {
        NDArray numbers =
                recorder.manager().arange(0, source.size(), 1, DataType.INT64).reshape(source.getShape());
        NDArray positions = ArrayHandler.wrap(recorder, derived(recorder.valueOf(numbers)));
        return recorder.valueOf(source.flatten()
                .scatter(positions.flatten(), changed.flatten(), 0)
                .reshape(source.getShape()));
    }
}
