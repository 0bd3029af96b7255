package io.kanerva.exporter.zoo;

import ai.djl.basicmodelzoo.basic.Mlp;
import ai.djl.basicmodelzoo.cv.classification.AlexNet;
import ai.djl.basicmodelzoo.cv.classification.GoogLeNet;
import ai.djl.basicmodelzoo.cv.classification.LeNet;
import ai.djl.basicmodelzoo.cv.classification.MobileNetV1;
import ai.djl.basicmodelzoo.cv.classification.MobileNetV2;
import ai.djl.basicmodelzoo.cv.classification.NiN;
import ai.djl.basicmodelzoo.cv.classification.ResNetV1;
import ai.djl.basicmodelzoo.cv.classification.SqueezeNet;
import ai.djl.basicmodelzoo.cv.classification.VGG;
import ai.djl.basicmodelzoo.cv.object_detection.ssd.SingleShotDetection;
import ai.djl.basicmodelzoo.cv.object_detection.yolo.YOLOV3;
import ai.djl.basicmodelzoo.nlp.SimpleTextDecoder;
import ai.djl.basicmodelzoo.nlp.SimpleTextEncoder;
import ai.djl.basicmodelzoo.tabular.TabNet;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.Vocabulary;
import ai.djl.modality.nlp.embedding.TrainableTextEmbedding;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.initializer.TruncatedNormalInitializer;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.InputSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The networks of DJL's basic model zoo, small ones for every build and those of the papers for a run by hand. */
final class ZooNetworks {
    /** Running statistics that forget quickly: a few batches of noise settle them. */
    private static final float QUICK = 0.1f;

    private ZooNetworks() {}

    /** Seconds each: narrow networks or small images. */
    static List<ZooNetwork> small() {
        List<ZooNetwork> list = new ArrayList<>(Stream.of(
                        ZooNetwork.of("Mlp", () -> new Mlp(28 * 28, 10, new int[] {128, 64}), images(28, 28, 1)),
                        ZooNetwork.of("LeNet", () -> LeNet.builder().build(), images(28, 28, 1)),
                        ZooNetwork.of(
                                "AlexNet narrow",
                                () -> AlexNet.builder()
                                        .setNumChannels(new int[] {12, 32, 48, 48, 32, 64, 64})
                                        .build(),
                                images(67, 67, 3)),
                        ZooNetwork.of(
                                "VGG-11 narrow",
                                () -> VGG.builder()
                                        .setConvArch(new int[][] {{1, 8}, {1, 16}, {2, 16}, {2, 24}, {2, 24}})
                                        .build(),
                                images(32, 32, 3)),
                        ZooNetwork.of("GoogLeNet", () -> GoogLeNet.builder().build(), images(33, 33, 3)),
                        ZooNetwork.of("NiN", () -> NiN.builder().build(), images(67, 67, 3)),
                        ZooNetwork.of("SqueezeNet", () -> SqueezeNet.squeezenet(10), images(36, 36, 3)),
                        ZooNetwork.of("SqueezeNet, any height and width", () -> SqueezeNet.squeezenet(10), anyImages(3))
                                .within("H", 29, 40)
                                .within("W", 29, 40),
                        ZooNetwork.of(
                                        "MobileNetV1, width 0.25",
                                        () -> MobileNetV1.builder()
                                                .optBatchNormMomentum(QUICK)
                                                .optWidthMultiplier(0.25f)
                                                .build(),
                                        images(36, 36, 3))
                                .tolerating(1e-4),
                        ZooNetwork.of(
                                        "MobileNetV2",
                                        () -> MobileNetV2.builder()
                                                .optBatchNormMomentum(QUICK)
                                                .build(),
                                        images(36, 36, 3))
                                .tolerating(1e-4),
                        ZooNetwork.of("ResNetV1-18", resnet(18, 32), images(32, 32, 3))
                                .tolerating(1e-4),
                        ZooNetwork.of("ResNetV1-50, any height and width", resnet(50, 33), anyImages(3))
                                .within("H", 33, 47)
                                .within("W", 33, 47)
                                .tolerating(1e-3),
                        ZooNetwork.of("ResNetV1-20 of CIFAR", resnet(20, 28), images(28, 28, 3))
                                .tolerating(1e-4),
                        ssd("SSD narrow", new int[] {4, 8}, 36))
                .toList());
        list.add(ZooNetwork.of(
                        "TabNet",
                        () -> TabNet.builder()
                                .setInputDim(12)
                                .setOutDim(5)
                                .optNumD(7)
                                .optNumA(7)
                                .optVirtualBatchSize(32)
                                .optBatchNormMomentum(QUICK)
                                .build(),
                        rows("features", DataType.FLOAT32, 12))
                .within("N", 1, 32) // larger batches are normalised in parts
                .giving("y", "mask_loss")
                .tolerating(1e-4));
        list.add(textEncoder(
                "SimpleTextEncoder, LSTM", LSTM.builder().setNumLayers(2).setStateSize(9)::build));
        list.add(textEncoder(
                "SimpleTextEncoder, GRU", GRU.builder().setNumLayers(1).setStateSize(9)::build));
        list.add(ZooNetwork.of(
                        "SimpleTextEncoder of words",
                        () -> new SimpleTextEncoder(
                                words(20, 6),
                                LSTM.builder().setNumLayers(1).setStateSize(7).build()),
                        input("words", DataType.INT64, Dimension.named("N"), Dimension.named("T")))
                .reading("words", 0, 20));
        list.add(ZooNetwork.of(
                        "SimpleTextDecoder, ten words",
                        () -> new SimpleTextDecoder(
                                words(20, 6),
                                LSTM.builder().setNumLayers(1).setStateSize(7).build(),
                                20),
                        input("word", DataType.INT64, Dimension.named("N"), Dimension.fixed(1)))
                .reading("word", 0, 20));
        list.add(transformer("Transformer encoder", 16, 2, 40));
        list.add(bert("BERT, 2 layers of 24", 24, 2, 2, 16, 50));
        return list;
    }

    /** At the sizes of the papers: minutes altogether, and gigabytes of memory. */
    static List<ZooNetwork> full() {
        List<ZooNetwork> list = new ArrayList<>(Stream.of(
                        ZooNetwork.of("AlexNet, 224", () -> AlexNet.builder().build(), images(224, 224, 3)),
                        ZooNetwork.of("VGG-11, 224", () -> VGG.builder().build(), images(224, 224, 3)),
                        ZooNetwork.of(
                                "GoogLeNet, 224", () -> GoogLeNet.builder().build(), images(224, 224, 3)),
                        ZooNetwork.of("NiN, 224", () -> NiN.builder().build(), images(224, 224, 3)),
                        ZooNetwork.of("SqueezeNet, 224", () -> SqueezeNet.squeezenet(1000), images(224, 224, 3)),
                        ZooNetwork.of(
                                        "MobileNetV1, 224",
                                        () -> MobileNetV1.builder()
                                                .optBatchNormMomentum(QUICK)
                                                .build(),
                                        images(224, 224, 3))
                                .tolerating(1e-4),
                        ZooNetwork.of(
                                        "MobileNetV2, 224",
                                        () -> MobileNetV2.builder()
                                                .optBatchNormMomentum(QUICK)
                                                .setOutSize(1000)
                                                .build(),
                                        images(224, 224, 3))
                                .tolerating(1e-4),
                        ssd("SSD, 256", new int[] {16, 32, 64}, 256))
                .toList());
        for (int layers : new int[] {18, 34, 50, 101, 152}) {
            list.add(ZooNetwork.of("ResNetV1-" + layers + ", 224", resnet(layers, 224), images(224, 224, 3))
                    .tolerating(layers > 101 ? 5e-3 : 1e-3));
        }
        list.add(ZooNetwork.of(
                        "YOLOV3, 224",
                        () -> YOLOV3.builder().optBatchNormMomentum(QUICK).build(),
                        images(224, 224, 3))
                .giving("coarse", "middle", "fine")
                .tolerating(1e-3));
        list.add(transformer("Transformer encoder of 512", 512, 8, 2048));
        list.add(bert("BERT, base", 768, 12, 12, 512, 30_522).tolerating(1e-3));
        return list.stream()
                .map(network -> network.inputs().get(0).name().equals("images") ? network.within("N", 1, 6) : network)
                .toList();
    }

    private static InputSpec input(String name, DataType type, Dimension... shape) {
        return InputSpec.of(name, type, shape);
    }

    private static InputSpec images(int height, int width, int channels) {
        return input(
                "images",
                DataType.FLOAT32,
                Dimension.named("N"),
                Dimension.fixed(channels),
                Dimension.fixed(height),
                Dimension.fixed(width));
    }

    private static InputSpec anyImages(int channels) {
        return input(
                "images",
                DataType.FLOAT32,
                Dimension.named("N"),
                Dimension.fixed(channels),
                Dimension.named("H"),
                Dimension.named("W"));
    }

    private static Supplier<Block> resnet(int layers, int size) {
        return () -> ResNetV1.builder()
                .optBatchNormMomentum(QUICK)
                .setNumLayers(layers)
                .setOutSize(10)
                .setImageShape(new Shape(3, size, size))
                .build();
    }

    private static ZooNetwork ssd(String name, int[] filters, int size) {
        return ZooNetwork.of(
                        name,
                        () -> {
                            SequentialBlock base = new SequentialBlock();
                            for (int count : filters) {
                                base.add(SingleShotDetection.getDownSamplingBlock(count));
                            }
                            return SingleShotDetection.builder()
                                    .setNumClasses(3)
                                    .setNumFeatures(2)
                                    .optGlobalPool(true)
                                    .setRatios(Collections.nCopies(4, List.of(1f, 2f, 0.5f)))
                                    .setSizes(List.of(
                                            List.of(0.2f, 0.272f),
                                            List.of(0.37f, 0.447f),
                                            List.of(0.54f, 0.619f),
                                            List.of(0.71f, 0.79f)))
                                    .setBaseNetwork(base)
                                    .build();
                        },
                        images(size, size, 3))
                .giving("anchors", "classes", "boxes")
                .tolerating(1e-4);
    }

    private static ZooNetwork transformer(String name, int width, int heads, int hidden) {
        return ZooNetwork.of(
                name,
                () -> new SequentialBlock()
                        .add(new TransformerEncoderBlock(width, heads, hidden, 0.1f, Activation::relu)),
                input("x", DataType.FLOAT32, Dimension.named("N"), Dimension.named("T"), Dimension.fixed(width)));
    }

    private static InputSpec rows(String name, DataType type, int width) {
        return input(name, type, Dimension.named("N"), Dimension.fixed(width));
    }

    private static ZooNetwork bert(String name, int width, int heads, int layers, int length, int words) {
        return ZooNetwork.of(
                        name,
                        () -> {
                            BertBlock block = BertBlock.builder()
                                    .setTokenDictionarySize(words)
                                    .optTypeDictionarySize(2)
                                    .optEmbeddingSize(width)
                                    .optAttentionHeadCount(heads)
                                    .optHiddenSize(4 * width)
                                    .optTransformerBlockCount(layers)
                                    .optMaxSequenceLength(length)
                                    .build();
                            // As BERT is initialised: DJL's default makes attention so sharp that rounding decides what
                            // it looks at.
                            block.setInitializer(new TruncatedNormalInitializer(0.02f), Parameter.Type.WEIGHT);
                            return block;
                        },
                        rows("tokens", DataType.INT64, length),
                        rows("types", DataType.INT64, length),
                        rows("mask", DataType.INT64, length))
                .reading("tokens", 0, words)
                .giving("sequence", "pooled")
                .within("N", 2, 8)
                .tolerating(1e-4);
    }

    private static ZooNetwork textEncoder(String name, Supplier<RecurrentBlock> recurrent) {
        return ZooNetwork.of(
                name,
                () -> new SimpleTextEncoder(recurrent.get()),
                input("x", DataType.FLOAT32, Dimension.named("N"), Dimension.named("T"), Dimension.fixed(6)));
    }

    private static TrainableTextEmbedding words(int count, int width) {
        Vocabulary vocabulary = DefaultVocabulary.builder()
                .add(IntStream.range(1, count).mapToObj(i -> "word" + i).toList())
                .optUnknownToken("?")
                .build();
        return new TrainableTextEmbedding(TrainableWordEmbedding.builder()
                .setEmbeddingSize(width)
                .setVocabulary(vocabulary)
                .build());
    }
}
