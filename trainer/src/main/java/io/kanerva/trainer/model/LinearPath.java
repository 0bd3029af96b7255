package io.kanerva.trainer.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import java.util.Arrays;
import java.util.Map;

/**
 * The end of a decoder whose reconstruction r is linear in the traces, a 3 x 3 convolution of them spread over the
 * patches, and whose coefficients of the neighbours' errors depend on the pixel's position in its patch: there are
 * banks of them, which the network mixes in each patch. The network's correction of r and the mixture's parameters are
 * a 1 x 1 convolution of its features that starts at zero. So this starts as a linear model, whose best weights
 * {@link LinearStart} computes, and the network learns what a linear model misses.
 *
 * <p>As a block: features [N, width, h, w] and traces [N, K C, h, w] to the parameters of
 * {@link DiscretizedLogisticMixture}, [N, P, Hx, Wx]. {@link #logProbability} scores images under these parameters
 * without computing the many coefficients of each pixel: mixing predictions of all banks is the same as predicting with
 * the mixed coefficients, and each bank's prediction is one convolution, whose pixels are patches.
 */
final class LinearPath extends KanervaBlock {
    /**
     * Weights that shift a pixel's means are stored divided by this, also in the encoder. A step of Adam changes all
     * weights by about the same amount, which is too much for these: the means must be right to a level and depend on
     * hundreds of values.
     */
    static final float MEAN_WEIGHT_SCALE = 1 / 16f;

    private final DiscretizedLogisticMixture mixture;
    private final int patchArea;
    private final Block reconstruction;
    private final Block numbers;
    private final Block mixing;
    private final Block coefficients;
    private final Constant kernelIndex;
    /** For {@link #numbers}, [out, 1]: {@link #MEAN_WEIGHT_SCALE} for means, else 1. */
    private final Constant scales;

    private final float[] numberFactors;
    /** {@link #MEAN_WEIGHT_SCALE} for each output of the reconstruction and of the mixing. */
    private final Constant reconstructionScales;

    private final Constant mixingScales;

    LinearPath(KanervaSettings settings) {
        super(settings);
        DecoderSettings size = settings.decoder();
        int channels = settings.image().channels();
        int h = settings.block().rows();
        int w = settings.block().columns();
        mixture = new DiscretizedLogisticMixture(channels, size.neighbours());
        patchArea = settings.patch() * settings.patch();
        reconstruction = child(
                "reconstruction", Layers.conv3(channels * patchArea), BlockEncoder.contentChannels(settings), h, w);
        Block zero = Layers.zero(Layers.conv1((mixture.mixtureParameters() + channels) * patchArea));
        numbers = child("numbers", zero, size.width(), h, w);
        mixing = child("mixing", Layers.conv1(size.banks()), size.width(), h, w);
        coefficients =
                child("coefficients", Layers.zero(Layers.linear1(coefficients() / size.banks())), size.banks(), h, w);
        long[] index = CausalNeighbours.kernelIndex(size.neighbours(), channels, settings.patch(), size.banks());
        kernelIndex = Constant.of(index, new Shape(index.length));
        numberFactors = scales();
        scales = column(numberFactors);
        reconstructionScales = meanScales(channels * patchArea);
        mixingScales = meanScales(size.banks());
    }

    private static Constant column(float[] factors) {
        return Constant.of(factors, new Shape(factors.length, 1));
    }

    private static Constant meanScales(int count) {
        float[] all = new float[count];
        Arrays.fill(all, MEAN_WEIGHT_SCALE);
        return column(all);
    }

    /** See {@link KanervaModel#factors}. */
    Map<Parameter, float[]> factors() {
        float[] means = new float[settings.image().channels() * patchArea];
        Arrays.fill(means, MEAN_WEIGHT_SCALE);
        return Map.of(
                weight(numbers), numberFactors,
                bias(numbers), numberFactors,
                weight(reconstruction), means,
                bias(reconstruction), means);
    }

    private float[] scales() {
        int channels = settings.image().channels();
        float[] all = new float[(mixture.mixtureParameters() + channels) * patchArea];
        Arrays.fill(all, 1);
        int group = DiscretizedLogisticMixture.COMPONENTS * patchArea;
        Arrays.fill(all, group, group * (1 + channels), MEAN_WEIGHT_SCALE);
        Arrays.fill(all, mixture.mixtureParameters() * patchArea, all.length, MEAN_WEIGHT_SCALE);
        return all;
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray featureMaps = in.get(0);
        NDList split = numbers(store, featureMaps, in.get(1), training);
        // Scales the shares rather than the many coefficients.
        NDArray shares = Constant.scale(Layers.run(mixing, store, featureMaps, training), MEAN_WEIGHT_SCALE);
        NDArray mixed = Layers.run(coefficients, store, shares, training);
        return new NDList(Layers.depthToSpace(
                NDArrays.concat(new NDList(split.get(0), split.get(1), mixed), 1), settings.patch()));
    }

    /**
     * ln p(x) of each image. Pixels stay sorted by their positions in the patches throughout, [.., p p, N h w], so that
     * the many parameters of the mixture are used in the order in which the matrix product leaves them; only the image
     * and r, a thirtieth of that, are reordered.
     *
     * @param featureMaps features, [N, width, h, w]
     * @param traces [N, K C, h, w]
     * @param images [N, Cx, Hx, Wx], k / 255
     * @return [N], nats
     */
    NDArray logProbability(
            ParameterStore store, NDArray featureMaps, NDArray traces, NDArray images, boolean training) {
        Shape s = featureMaps.getShape();
        long n = s.get(0);
        long area = s.get(2) * s.get(3);
        long banks = settings.decoder().banks();
        long colours = (long) settings.image().channels() * patchArea;
        NDArray seen = withOnes(featureMaps.transpose(0, 2, 3, 1).reshape(n * area, s.get(1)))
                .transpose();
        NDList rows = augmented(numbers, scales, store, featureMaps, training).split(sections(), 0);
        NDList groups = new NDList();
        // Separate products: the gradient of a slice of a single product would be as large as the product.
        for (NDArray group : rows.subNDList(0, rows.size() - 1)) {
            groups.add(group.matMul(seen).reshape(1, DiscretizedLogisticMixture.COMPONENTS, patchArea, n * area));
        }
        NDArray correction = rows.get(rows.size() - 1)
                .matMul(seen)
                .reshape(colours, n, s.get(2), s.get(3))
                .transpose(1, 0, 2, 3);
        NDArray r = linear(store, traces, training).add(correction);
        NDArray inPatches = Layers.spaceToDepth(images, settings.patch());
        NDArray errors = DiscretizedLogisticMixture.errors(inPatches, r);
        NDArray each = Conv2d.conv2d(
                        below(errors),
                        kernel(store, featureMaps.getDevice(), training),
                        null,
                        new Shape(1, 1),
                        new Shape(0, patchesAway()))
                .singletonOrThrow();
        NDArray shares = augmented(mixing, mixingScales, store, featureMaps, training)
                .matMul(seen)
                .reshape(banks, n, area)
                .transpose(1, 0, 2)
                .expandDims(2);
        NDArray predicted = each.reshape(n, banks, colours, area)
                .mul(shares)
                .sum(new int[] {1})
                .reshape(n, colours, s.get(2), s.get(3));
        return mixture.logProbability(groups, byPixel(inPatches), byPixel(r), byPixel(predicted))
                .reshape(patchArea, n, area)
                .sum(new int[] {0, 2});
    }

    /** [N, Cx p p, h, w] to [1, Cx, p p, N h w]. */
    private NDArray byPixel(NDArray maps) {
        Shape s = maps.getShape();
        return maps.transpose(1, 0, 2, 3)
                .reshape(1, settings.image().channels(), patchArea, s.get(0) * s.get(2) * s.get(3));
    }

    /** Where the rows of {@link #numbers} end for each of the mixture's groups. */
    private long[] sections() {
        long[] ends = new long[mixture.mixtureParameters() / DiscretizedLogisticMixture.COMPONENTS];
        for (int i = 0; i < ends.length; i++) {
            ends[i] = (i + 1L) * DiscretizedLogisticMixture.COMPONENTS * patchArea;
        }
        return ends;
    }

    /** [rows, columns] and a last column of ones, which weights a bias. */
    private static NDArray withOnes(NDArray matrix) {
        return matrix.concat(
                matrix.getManager().ones(new Shape(matrix.getShape().get(0), 1)), 1);
    }

    /**
     * A 1 x 1 convolution's weights with its biases as a last column, [out, in + 1], times a factor for each output.
     */
    private static NDArray augmented(
            Block layer, Constant factors, ParameterStore store, NDArray input, boolean training) {
        NDArray weight = store.getValue(weight(layer), input.getDevice(), training);
        NDArray bias = store.getValue(bias(layer), input.getDevice(), training);
        long out = weight.getShape().get(0);
        NDArray all = weight.reshape(out, weight.getShape().get(1)).concat(bias.reshape(out, 1), 1);
        return all.mul(factors.on(input.getManager()));
    }

    /** The mixture's parameters, [N, numbers p p, h, w], and r, [N, Cx p p, h, w]. */
    private NDList numbers(ParameterStore store, NDArray featureMaps, NDArray traces, boolean training) {
        NDList split = scaled(numbers, scales, 0, store, featureMaps, training)
                .split(new long[] {(long) mixture.mixtureParameters() * patchArea}, 1);
        return new NDList(split.get(0), split.get(1).add(linear(store, traces, training)));
    }

    /** The part of r that is linear in the traces, [N, Cx p p, h, w]. */
    private NDArray linear(ParameterStore store, NDArray traces, boolean training) {
        return scaled(reconstruction, reconstructionScales, 1, store, traces, training);
    }

    /** Runs a convolution with a factor for each of its outputs on weights and biases. */
    private static NDArray scaled(
            Block layer, Constant factors, int padding, ParameterStore store, NDArray input, boolean training) {
        NDArray weight = store.getValue(weight(layer), input.getDevice(), training);
        NDArray bias = store.getValue(bias(layer), input.getDevice(), training);
        NDArray by = factors.on(input.getManager());
        return Conv2d.conv2d(
                        input,
                        weight.mul(by.reshape(-1, 1, 1, 1)),
                        bias.mul(by.reshape(-1)),
                        new Shape(1, 1),
                        new Shape(padding, padding))
                .singletonOrThrow();
    }

    private int patchesAway() {
        return CausalNeighbours.patchesAway(mixture.neighbours(), settings.patch());
    }

    /** Pads maps [N, c, h, w] at the top with the rows of zeros that the neighbours' reach covers. */
    private NDArray below(NDArray maps) {
        Shape s = maps.getShape();
        return maps.getManager()
                .zeros(new Shape(s.get(0), s.get(1), patchesAway(), s.get(3)))
                .concat(maps, 2);
    }

    /**
     * The banks' coefficients as weights of one convolution of patches, [banks Cx p p, Cx p p, 1 + away, 1 + 2 away].
     */
    private NDArray kernel(ParameterStore store, Device device, boolean training) {
        int banks = settings.decoder().banks();
        int colours = settings.image().channels() * patchArea;
        NDArray weight = store.getValue(weight(coefficients), device, training).reshape(-1, banks);
        // A last coefficient of zero for kernel positions without one.
        NDArray all =
                weight.concat(weight.getManager().zeros(new Shape(1, banks)), 0).reshape(-1);
        return all.take(kernelIndex.on(all.getManager()))
                .reshape((long) banks * colours, colours, 1L + patchesAway(), 1 + 2L * patchesAway());
    }

    /** Coefficients in all banks. */
    private int coefficients() {
        int colours = settings.image().channels();
        return settings.decoder().banks() * colours * mixture.neighbours() * colours * patchArea;
    }

    /**
     * Sets the linear model: bank 0 holds the coefficients, and the network starts by using it alone.
     *
     * @param reconstructionWeight [Cx p p, K C, 3, 3]
     * @param reconstructionBias [Cx p p]
     * @param mixtureBias the mixture's parameters at each position of a patch, [numbers, p, p]
     * @param neighbourCoefficients [Cx, neighbours, Cx, p, p]
     */
    void start(
            float[] reconstructionWeight,
            float[] reconstructionBias,
            float[] mixtureBias,
            float[] neighbourCoefficients) {
        int banks = settings.decoder().banks();
        Layers.set(weight(reconstruction), enlarged(reconstructionWeight));
        Layers.set(bias(reconstruction), enlarged(reconstructionBias));
        // The network's part of r keeps its zeros.
        Layers.set(
                bias(numbers),
                Arrays.copyOf(mixtureBias, mixtureBias.length + settings.image().channels() * patchArea));
        float[] all = new float[coefficients()];
        for (int i = 0; i < neighbourCoefficients.length; i++) {
            all[i * banks] = neighbourCoefficients[i] / MEAN_WEIGHT_SCALE;
        }
        Layers.set(weight(coefficients), all);
        float[] mixes = weight(mixing).getArray().toFloatArray();
        Arrays.fill(mixes, 0, settings.decoder().width(), 0);
        Layers.set(weight(mixing), mixes);
        float[] shares = new float[banks];
        shares[0] = 1;
        Layers.set(bias(mixing), shares);
    }

    /** Returns weights as they are stored. */
    static float[] enlarged(float[] numbers) {
        float[] stored = numbers.clone();
        for (int i = 0; i < stored.length; i++) {
            stored[i] /= MEAN_WEIGHT_SCALE;
        }
        return stored;
    }

    private static Parameter weight(Block layer) {
        return layer.getParameters().get("weight");
    }

    private static Parameter bias(Block layer) {
        return layer.getParameters().get("bias");
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {
            new Shape(
                    inputShapes[0].get(0),
                    mixture.parameters(),
                    settings.image().height(),
                    settings.image().width())
        };
    }
}
