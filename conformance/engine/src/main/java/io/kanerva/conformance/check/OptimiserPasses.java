package io.kanerva.conformance.check;

import java.util.List;

/**
 * Names of passes of ONNX Runtime's optimiser, which its setting {@code optimization.disable_specified_optimizers}
 * takes; from the constructors in {@code onnxruntime/core/optimizer} of versions 1.16 to 1.29. A version ignores the
 * names that it does not have.
 */
final class OptimiserPasses {
    static final List<String> NAMES = List.of("""
            CastElimination EliminateIdentity EliminateSlice UnsqueezeElimination EliminateDropout ExpandElimination
            CastChainElimination PreShapeNodeElimination NoopElimination DivMulFusion FuseReluClip GemmSumFusion
            GemmTransposeFusion NotWhereFusion ConvAddFusion ConvMulFusion ConvBNFusion PadFusion MatmulBNFusion
            ClipQuantRewrite ReluQuantRewrite LabelEncoderFusion Level1_RuleBasedTransformer DoubleQDQPairsRemover
            ConstantSharing CommonSubexpressionElimination ConstantFolding MatMulAddFusion ReshapeFusion
            FreeDimensionOverrideTransformer GeluFusionL1 LayerNormFusionL1 QDQPropagationTransformer
            EnsureUniqueDQForNodeUnit RocmBlasAltImpl TransposeOptimizer Level2_RuleBasedTransformer
            QDQS8ToU8Transformer QDQSelectorActionTransformer GemmActivationFusion MatMulIntegerToFloatFusion
            DynamicQuantizeMatMulFusion ConvActivationFusion ConvAddActivationFusion GeluFusionL2 LayerNormFusionL2
            SimplifiedLayerNormFusion AttentionFusion EmbedLayerNormFusion GatherSliceToSplitFusion
            GatherToSliceFusion MatmulTransposeFusion BiasGeluFusion GroupQueryAttentionFusion SkipLayerNormFusion
            BiasSkipLayerNormFusion FastGeluFusion QuickGeluFusion BiasSoftmaxFusion BiasDropoutFusion
            MatMulScaleFusion MatMulActivationFusion MatMulNBitsFusion DQMatMulNBitsFusion QDQFinalCleanupTransformer
            WhereDummyDq NchwcTransformer NhwcTransformer Avx2WeightS8ToU8Transformer ConvReplaceWithQLinear
            RemoveDuplicateCastTransformer CastFloat16Transformer InsertCastTransformer
            SliceConcatToSpaceToDepthFusion FuseFp16InitializerToFp32NodeTransformer
            """.strip().split("\\s+"));

    private OptimiserPasses() {}
}
