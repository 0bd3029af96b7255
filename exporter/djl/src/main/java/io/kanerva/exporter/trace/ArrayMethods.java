package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** How a recording array handles each method of {@code NDArray} and {@code NDArrayEx}, and why some are refused. */
final class ArrayMethods {
    /** How a call is treated. */
    enum Treatment {
        /** Recorded under its name in {@link RecordedMethods}. */
        RECORDED,
        /** Changes the value that the array holds. */
        ASSIGNED,
        /** Runs the interface's default, which calls other methods. */
        DERIVED,
        /** Passed on to the engine's array: the result does not depend on the array's values. */
        ANSWERED,
        /** Implemented by the recording array. */
        OWN,
        /** Expressed by other methods in {@link EngineMethods}. */
        REWRITTEN,
        /** Memory and gradients, which the recording manages. */
        IGNORED,
        /** Returns the array itself. */
        ITSELF,
        /** Needs the array's values, which exist only when a graph runs. */
        READS_VALUES,
        /** Cannot be recorded, for the reason in {@link #REASONS}. */
        REFUSED,
        /** A method that is in no list, unknown to this version of the tracer. */
        UNKNOWN
    }

    private static final Set<String> ANSWERED = Set.of(
            "getName",
            "setName",
            "getUid",
            "getDataType",
            "getDevice",
            "getShape",
            "getSparseFormat",
            "isSparse",
            "isScalar",
            "size",
            "isEmpty");
    private static final Set<String> OWN = Set.of(
            "getManager",
            "getNDArrayInternal",
            "hasGradient",
            "isReleased",
            "shapeEquals",
            "repeat(Shape)",
            "tile(Shape)");
    private static final Set<String> ASSIGNED = Set.of(
            "set(NDIndex,NDArray)",
            "set(NDIndex,Number)",
            "set(Buffer)",
            "setScalar(NDIndex,Number)",
            "copyTo(NDArray)",
            "intern(NDArray)");
    private static final Set<String> IGNORED =
            Set.of("close", "attach", "detach", "tempAttach", "returnResource", "setRequiresGradient");
    private static final Set<String> ITSELF = Set.of("stopGradient", "toDevice", "getArray");
    private static final Set<String> READS_VALUES = Set.of(
            "toDebugString",
            "toByteBuffer",
            "toArray",
            "toStringArray",
            "toBooleanArray",
            "toByteArray",
            "toDoubleArray",
            "toFloatArray",
            "toIntArray",
            "toLongArray",
            "toShortArray",
            "toUint8Array",
            "toUnsignedShortArray",
            "toUnsignedIntArray",
            "getBoolean",
            "getByte",
            "getDouble",
            "getFloat",
            "getInt",
            "getLong",
            "getUint8",
            "contentEquals",
            "allClose",
            "encode",
            "getAsBytes",
            "getAsString",
            "getAsObject");

    private static final String TRAINING = "it belongs to training; export what the block computes at inference";
    private static final String RANDOM = "it draws random numbers; make the noise an input";
    private static final Map<String, String> REASONS = new HashMap<>();

    static {
        refuse(
                RANDOM,
                "randomFlipLeftRight()",
                "randomFlipTopBottom()",
                "randomBrightness(float)",
                "randomHue(float)",
                "randomColorJitter(float,float,float,float)");
        refuse(
                TRAINING,
                "getGradient()",
                "multiBoxTarget(NDList,float,float,float,float,int)",
                "adadeltaUpdate(NDList,NDList,float,float,float,float,float)",
                "adagradUpdate(NDList,NDList,float,float,float,float,float)",
                "adamUpdate(NDList,NDList,float,float,float,float,float,float,float,float,boolean,boolean)",
                "nagUpdate(NDList,NDList,float,float,float,float,float)",
                "rmspropUpdate(NDList,NDList,float,float,float,float,float,float,float,boolean)",
                "sgdUpdate(NDList,NDList,float,float,float,float,float,boolean)");
        refuse("ONNX's standard domain has no sparse arithmetic; keep the array dense", "toSparse(SparseFormat)");
        refuse(
                "it hands out the engine's own indexer, which would not be recorded; use get and set",
                "getIndexer(NDManager)");
        refuse("it leaves the memory as it is; use zerosLike or onesLike", "like()");
        refuse("it hands out the engine's arrays, which would not be recorded", "getResourceNDArrays()");
    }

    private ArrayMethods() {}

    private static void refuse(String reason, String... signatures) {
        for (String signature : signatures) {
            REASONS.put(signature, reason);
        }
    }

    static Treatment treatment(Method method) {
        String signature = RecordedMethods.signature(method);
        String name = method.getName();
        if (RecordedMethods.find(method).isPresent()) {
            return Treatment.RECORDED;
        }
        if (REASONS.containsKey(signature)) {
            return Treatment.REFUSED;
        }
        if (ASSIGNED.contains(signature)) {
            return Treatment.ASSIGNED;
        }
        if (EngineMethods.contains(method)) {
            return Treatment.REWRITTEN;
        }
        if (OWN.contains(name) || OWN.contains(signature)) {
            return Treatment.OWN;
        }
        if (IGNORED.contains(name)) {
            return Treatment.IGNORED;
        }
        if (ITSELF.contains(name)) {
            return Treatment.ITSELF;
        }
        if (ANSWERED.contains(name)) {
            return Treatment.ANSWERED;
        }
        if (READS_VALUES.contains(name)) {
            return Treatment.READS_VALUES;
        }
        boolean makesArrays =
                method.getReturnType() == NDArray.class || method.getReturnType() == NDList.class || name.equals("set");
        return method.isDefault() && makesArrays ? Treatment.DERIVED : Treatment.UNKNOWN;
    }

    /** Why a method is refused, and an alternative. */
    static String reason(Method method) {
        return REASONS.getOrDefault(RecordedMethods.signature(method), "this version of the tracer does not know it");
    }

    /** All names in the lists above, for a comparison with DJL. */
    static Set<String> named() {
        Set<String> names = new TreeSet<>(REASONS.keySet());
        Stream.of(ANSWERED, OWN, ASSIGNED, IGNORED, ITSELF, READS_VALUES).forEach(names::addAll);
        return names;
    }
}
