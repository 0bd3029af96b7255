package io.kanerva.exporter.trace;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The methods of DJL's array interfaces that are recorded, with the names of their operations.
 *
 * <p>A line of a table reads {@code kind signature : operation argument-names}. Arrays among the arguments become
 * inputs of the operation, everything else becomes an attribute under its name; {@code -} is an ignored argument.
 * Kinds:
 *
 * <ul>
 *   <li>{@code op}: reads the receiver and returns new arrays;
 *   <li>{@code view}: the same, but the result may share the receiver's memory;
 *   <li>{@code into}: changes the receiver in place; recorded as the operation and a new version of the receiver;
 *   <li>{@code fun}: reads its arguments only;
 *   <li>{@code pass}: the same, but the result may share the first argument's memory.
 * </ul>
 *
 * {@link ArrayMethods} lists the methods that are in no table.
 */
final class RecordedMethods {
    /** How a method treats its receiver. */
    enum Kind {
        OP,
        VIEW,
        INTO,
        FUN,
        PASS
    }

    /** A line of a table. */
    record Entry(Kind kind, String operation, List<String> arguments) {}

    /** Types of arguments that become inputs. */
    private static final Set<String> ARRAYS = Set.of("NDArray", "NDList", "NDIndex");

    private static final String[] BINARY = "add sub mul div mod pow".split(" ");
    private static final String[] COMPARISONS = "eq neq gt gte lt lte maximum minimum".split(" ");
    private static final String[] UNARY =
            ("neg abs square sqrt cbrt floor ceil round trunc exp log log10 log2 sin cos tan asin acos "
                            + "atan sinh cosh tanh sign erf isNaN isInfinite logicalNot relu sigmoid softPlus softSign "
                            + "selu gelu globalMaxPool globalAvgPool erfinv toDegrees toRadians asinh acosh atanh "
                            + "gammaln")
                    .split(" ");
    private static final String[] REDUCTIONS = "sum mean max min prod".split(" ");

    private static final String ARRAY = """
            op duplicate() : identity
            op toDense() : identity
            op logicalAnd(NDArray) : logicalAnd other
            op logicalOr(NDArray) : logicalOr other
            op logicalXor(NDArray) : logicalXor other
            op argMax() : argMax
            op argMax(int) : argMax axis
            op argMin() : argMin
            op argMin(int) : argMin axis
            op softmax(int) : softmax axis
            op logSoftmax(int) : logSoftmax axis
            op cumSum(int) : cumSum axis
            op clip(Number,Number) : clip min max
            op flip(int[]) : flip axes
            op tile(long) : tile repeats
            op tile(long[]) : tile repeats
            op repeat(long) : repeat repeats
            op repeat(int,long) : repeat axis repeats
            op repeat(long[]) : repeat repeats
            op matMul(NDArray) : matMul other
            op inverse() : inverse
            op batchMatMul(NDArray) : matMul other
            op dot(NDArray) : dot other
            op pad(Shape,double) : pad padding value
            op gather(NDArray,int) : gather index axis
            op gatherNd(NDArray) : gatherNd index
            op take(NDManager,NDArray) : take - index
            op put(NDArray,NDArray) : put index value
            op scatter(NDArray,NDArray,int) : scatter index value axis
            op booleanMask(NDArray,int) : booleanMask mask -
            op nonzero() : nonzero
            op unique(Integer,boolean,boolean,boolean) : unique axis sorted inverse counts
            op argSort(int,boolean) : argSort axis ascending
            op sort() : sort
            op sort(int) : sort axis
            op median() : median
            op median(int[]) : median axes
            op percentile(Number) : percentile percent
            op percentile(Number,int[]) : percentile percent axes
            op atan2(NDArray) : atan2 other
            op xlogy(NDArray) : xlogy other
            op cumSum() : cumSum
            op cumProd(int) : cumProd axis
            op cumProd(int,DataType) : cumProd axis -
            op diff(int,int) : diff times axis
            view diagonal() : diagonal
            view diagonal(int) : diagonal offset
            view diagonal(int,int,int) : diagonal offset first second
            op rotate90(int,int[]) : rotate90 times axes
            op real() : real
            op complex() : complex
            view conj() : conj
            op fft(long,long) : fft length axis
            op ifft(long,long) : ifft length axis
            op rfft(long,long) : rfft length axis
            op irfft(long,long) : irfft length axis
            op fft2(long[],long[]) : fft2 sizes axes
            op ifft2(long[],long[]) : ifft2 sizes axes
            op stft(long,long,boolean,NDArray,boolean,boolean) : stft length hop center window normalize -
            op oneHot(int) : oneHot depth
            op oneHot(int,DataType) : oneHot depth -
            op topK(int,int,boolean,boolean) : topK k axis largest sorted
            op norm(boolean) : norm keepDims
            op norm(int,int[],boolean) : norm order axes keepDims
            op normalize(double,long,double) : normalize order axis epsilon
            view toType(DataType,boolean) : toType - -
            view reshape(Shape) : reshape shape
            view expandDims(int) : expandDims axis
            view squeeze(int[]) : squeeze axes
            view squeeze(int) : squeezeAxis axis
            view swapAxes(int,int) : swapAxes first second
            view flatten() : flatten
            view flatten(int,int) : flatten from -
            view transpose() : transpose
            view transpose(int[]) : transpose axes
            view broadcast(Shape) : broadcast shape
            view split(long,int) : split - axis
            view split(long[],int) : split - axis
            view get(NDManager,NDIndex) : get - index
            into negi() : neg
            into signi() : sign
            """;

    private static final String INTERNAL = """
            op leakyRelu(float) : leakyRelu alpha
            op elu(float) : elu alpha
            op maxPool(Shape,Shape,Shape,boolean) : maxPool kernel stride padding ceil
            op avgPool(Shape,Shape,Shape,boolean,boolean) : avgPool kernel stride padding ceil -
            op lpPool(float,Shape,Shape,Shape,boolean) : lpPool order kernel stride - ceil
            op globalLpPool(float) : globalLpPool order
            op interpolation(long[],int,boolean) : interpolation size mode -
            op where(NDArray,NDArray) : where condition other
            op stack(NDList,int) : stack arrays axis
            op concat(NDList,int) : concat arrays axis
            fun multiBoxDetection(NDList,boolean,float,int,float,boolean,int) : \
            multiBoxDetection inputs clip threshold - nmsThreshold - -
            fun convolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,int) : convolution x w b stride padding \
            dilation groups
            fun deconvolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,Shape,int) : \
            deconvolution x w b stride padding outPadding dilation groups
            fun prelu(NDArray,NDArray) : prelu x alpha
            fun linear(NDArray,NDArray,NDArray) : linear x w b
            fun embedding(NDArray,NDArray,SparseFormat) : embedding x w -
            pass dropout(NDArray,float,boolean) : dropout x - training
            fun layerNorm(NDArray,Shape,NDArray,NDArray,float) : layerNorm x shape gamma beta epsilon
            fun batchNorm(NDArray,NDArray,NDArray,NDArray,NDArray,int,float,float,boolean) : \
            batchNorm x mean variance gamma beta axis - epsilon training
            fun rnn(NDArray,NDArray,NDList,boolean,int,Activation,double,boolean,boolean,boolean) : \
            rnn x state parameters biases layers activation - training bidirectional batchFirst
            fun gru(NDArray,NDArray,NDList,boolean,int,double,boolean,boolean,boolean) : \
            gru x state parameters biases layers - training bidirectional batchFirst
            fun lstm(NDArray,NDList,NDList,boolean,int,double,boolean,boolean,boolean) : \
            lstm x states parameters biases layers - training bidirectional batchFirst
            """;

    private static final String MANAGER = """
            fun zeros(Shape,DataType) : zeros shape -
            fun ones(Shape,DataType) : ones shape -
            fun full(Shape,float,DataType) : full shape value -
            fun arange(float,float,float,DataType) : arange start stop step -
            fun eye(int,int,int,DataType) : eye rows columns - -
            fun linspace(float,float,int,boolean) : linspace start stop count -
            fun hanningWindow(long) : hanningWindow count
            """;

    private static final Map<Method, String> SIGNATURES = new ConcurrentHashMap<>();
    private static final Map<String, Entry> ENTRIES = new HashMap<>();
    /** For each operation, the names of its non-array arguments, in all its lines. */
    private static final Map<String, Set<String>> ATTRIBUTES = new HashMap<>();

    static {
        ATTRIBUTES.put("number", Set.of("value"));
        ATTRIBUTES.put("constantOfSize", Set.of("value"));
        ATTRIBUTES.put("composite", Set.of("operation"));
        ATTRIBUTES.put("loop", Set.of("times", "body"));
        ATTRIBUTES.put("set", Set.of(TracedIndex.KINDS, TracedIndex.NUMBERS, "value"));
        ATTRIBUTES.put("get", Set.of(TracedIndex.KINDS, TracedIndex.NUMBERS));
        parse(ARRAY);
        parse(INTERNAL);
        parse(MANAGER);
        for (String name : BINARY) {
            parse("op %1$s(Number) : %1$s other\nop %1$s(NDArray) : %1$s other".formatted(name));
            parse("into %1$si(Number) : %1$s other\ninto %1$si(NDArray) : %1$s other".formatted(name));
        }
        for (String name : COMPARISONS) {
            parse("op %1$s(Number) : %1$s other\nop %1$s(NDArray) : %1$s other".formatted(name));
        }
        for (String name : UNARY) {
            parse("op %1$s() : %1$s".formatted(name));
        }
        for (String name : REDUCTIONS) {
            parse("op %1$s() : %1$s\nop %1$s(int[],boolean) : %1$s axes keepDims".formatted(name));
        }
    }

    private RecordedMethods() {}

    private static void parse(String table) {
        for (String line : table.lines().toList()) {
            String[] sides = line.trim().split(" : ");
            String[] head = sides[0].split(" ");
            List<String> tail = Arrays.asList(sides[1].trim().split(" "));
            List<String> arguments = List.copyOf(tail.subList(1, tail.size()));
            ENTRIES.put(head[1], new Entry(Kind.valueOf(head[0].toUpperCase(Locale.ROOT)), tail.get(0), arguments));
            String[] types = head[1].split("[(),]");
            for (int i = 0; i < arguments.size(); i++) {
                if (!ARRAYS.contains(types[i + 1]) && !arguments.get(i).equals("-")) {
                    ATTRIBUTES
                            .computeIfAbsent(tail.get(0), name -> new TreeSet<>())
                            .add(arguments.get(i));
                }
            }
        }
    }

    /** The names of all operations. */
    static Set<String> operations() {
        return ENTRIES.values().stream().map(Entry::operation).collect(Collectors.toSet());
    }

    /** The names of an operation's non-array arguments, which a lowering may read. */
    static Set<String> attributes(String operation) {
        return ATTRIBUTES.getOrDefault(operation, Set.of());
    }

    static Map<String, Set<String>> attributes() {
        return Map.copyOf(ATTRIBUTES);
    }

    static Optional<Entry> find(Method method) {
        return Optional.ofNullable(ENTRIES.get(signature(method)));
    }

    /** All methods of the tables. */
    static Set<String> signatures() {
        return Set.copyOf(ENTRIES.keySet());
    }

    /** The method's signature as in the tables, for example {@code sum(int[],boolean)}. */
    static String signature(Method method) {
        return SIGNATURES.computeIfAbsent(
                method,
                m -> m.getName()
                        + Arrays.stream(m.getParameterTypes())
                                .map(Class::getSimpleName)
                                .collect(Collectors.joining(",", "(", ")")));
    }
}
