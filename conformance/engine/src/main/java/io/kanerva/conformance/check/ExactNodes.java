package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.NodeProto;
import java.util.EnumSet;
import java.util.Set;

/** Which nodes' results have one right value, to the bit, and which are rounded in ways that engines differ in. */
final class ExactNodes {
    /** Nodes that move, select or compare values, or whose result is exact. */
    private static final Set<String> EXACT = names("""
            Abs And ArgMax ArgMin BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Clip
            Compress Concat ConcatFromSequence Constant ConstantOfShape ConvInteger DepthToSpace
            DequantizeLinear Dropout DynamicQuantizeLinear Equal Expand EyeLike Flatten Floor Gather
            GatherElements GatherND Greater GreaterOrEqual Hardmax Identity IsInf IsNaN Less LessOrEqual
            MatMulInteger Max MaxPool MaxUnpool Min Mod Neg NonMaxSuppression NonZero Not OneHot Optional
            OptionalGetElement OptionalHasElement Or PRelu Pad QuantizeLinear Range ReduceMax ReduceMin Relu
            Reshape ReverseSequence Round ScatterElements ScatterND SequenceAt SequenceConstruct
            SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Sign Size Slice SpaceToDepth Split
            SplitToSequence Squeeze StringConcat StringNormalizer StringSplit Tile TopK Transpose Trilu Unique
            Unsqueeze Where Xor
            """);

    /** Those of them that compute with their operands, so a last digit may depend on how. */
    private static final Set<String> COMPUTING =
            names("DequantizeLinear DynamicQuantizeLinear PRelu QuantizeLinear Range");

    /** What is exact where all operands are integers. */
    private static final Set<String> OF_INTEGERS =
            names("Add CumSum Div Gemm MatMul Mul Pow Range ReduceL1 ReduceProd ReduceSum ReduceSumSquare Sub Sum");

    /** Those that float32 does not hold. */
    private static final Set<ElementType> WIDE_INTEGERS =
            EnumSet.of(ElementType.INT32, ElementType.INT64, ElementType.UINT32, ElementType.UINT64);

    private ExactNodes() {}

    private static Set<String> names(String text) {
        return Set.of(text.strip().split("\\s+"));
    }

    /** Whether a node without bodies rounds so that noise may be added to its result. */
    static boolean rounds(NodeProto node) {
        return !EXACT.contains(node.getOpType()) && !node.getOpType().startsWith("QLinear");
    }

    /**
     * Whether engines round twice in a cast, since they go through float32, where others round once.
     *
     * @param from null if it is not known
     * @param to null if it is not known
     */
    static boolean roundTwice(ElementType from, ElementType to) {
        return from == ElementType.FLOAT64 && (to == ElementType.FLOAT16 || to == ElementType.BFLOAT16)
                || WIDE_INTEGERS.contains(from) && to == ElementType.BFLOAT16;
    }

    /**
     * Whether a node's result has one right value.
     *
     * @param ofIntegers whether all operands are known to be no floating-point numbers
     */
    static boolean decides(NodeProto node, boolean ofIntegers) {
        boolean accumulates = node.getOpType().startsWith("Scatter")
                && node.getAttributeList().stream()
                        .anyMatch(one -> one.getName().equals("reduction")
                                && Set.of("add", "mul").contains(one.getS().toStringUtf8()));
        boolean standard = node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
        return standard
                && (ofIntegers && (OF_INTEGERS.contains(node.getOpType()) || accumulates)
                        || EXACT.contains(node.getOpType()) && !COMPUTING.contains(node.getOpType()) && !accumulates);
    }
}
