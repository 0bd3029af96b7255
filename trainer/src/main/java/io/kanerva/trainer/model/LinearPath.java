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

/**
 * The end of a decoder whose reconstruction r is linear in the traces, a 3 x 3 convolution of them spread over the patches, and whose
 * coefficients of the neighbours' errors depend on the pixel's place in its patch: there are banks of them, which the network mixes in each
 * patch. What the network adds to r, and the mixture's numbers, are a 1 x 1 convolution of its features that starts at zero. So this is a
 * linear model to begin with, whose best weights {@link LinearStart} computes, and the network learns what a linear model misses.
 *
 * <p>As a block: features [N, width, h, w] and traces [N, K C, h, w] to the parameters of {@link LogisticMixture}, [N, P, Hx, Wx]. {@link
 * #logProbability} is what these parameters say of images, without making the many coefficients of each pixel: mixing predictions of all banks
 * is the same as predicting with the mixed coefficients, and each bank's prediction is one convolution of stride p.
 */
final class LinearPath extends KanervaBlock {
    /**
     * What moves a pixel's means is stored larger by the inverse of this, in the encoder too. An optimiser's step changes all weights by about as
     * much; in these that would cost more bits than anything else can win, for the means must be right to a level and hang on hundreds of numbers.
     */
    static final float CAREFUL = 1 / 16f;

    private final LogisticMixture mixture;
    private final int places;
    private final Block reconstruction;
    private final Block numbers;
    private final Block mixing;
    private final Block coefficients;
    private final long[] kernelIndex;
    /** {@link #CAREFUL} for the means among the numbers, else 1. */
    private final float[] scales;

    LinearPath(KanervaSettings settings) {
        super(settings);
        DecoderSettings size = settings.decoder();
        int channels = settings.imageChannels();
        int h = settings.blockHeight();
        int w = settings.blockWidth();
        mixture = new LogisticMixture(channels, size.neighbours());
        places = settings.patch() * settings.patch();
        reconstruction = child("reconstruction", Layers.conv3(channels * places), (long) settings.keys() * settings.memoryChannels(), h, w);
        numbers = child("numbers", Layers.zero(Layers.conv1((mixture.mixtureParameters() + channels) * places)), size.width(), h, w);
        mixing = child("mixing", Layers.conv1(size.banks()), size.width(), h, w);
        coefficients = child("coefficients", Layers.zero(Layers.linear1(coefficients() / size.banks())), size.banks(), h, w);
        kernelIndex = kernelIndex();
        scales = scales();
    }

    private float[] scales() {
        int channels = settings.imageChannels();
        float[] all = new float[(mixture.mixtureParameters() + channels) * places];
        Arrays.fill(all, 1);
        int group = LogisticMixture.COMPONENTS * places;
        Arrays.fill(all, group, group * (1 + channels), CAREFUL);
        Arrays.fill(all, mixture.mixtureParameters() * places, all.length, CAREFUL);
        return all;
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray found = in.get(0);
        NDList split = numbers(store, found, in.get(1), training);
        // Times the shares rather than the coefficients, which are many.
        NDArray shares = Scale.by(Layers.run(mixing, store, found, training), CAREFUL);
        NDArray mixed = Layers.run(coefficients, store, shares, training);
        return new NDList(Layers.depthToSpace(NDArrays.concat(new NDList(split.get(0), split.get(1), mixed), 1), settings.patch()));
    }

    /**
     * ln p(x) of each pixel, given those before it.
     *
     * @param found features, [N, width, h, w]
     * @param traces [N, K C, h, w]
     * @param images [N, Cx, Hx, Wx], k / 255
     * @return [N, Hx, Wx], nats
     */
    NDArray logProbability(ParameterStore store, NDArray found, NDArray traces, NDArray images, boolean training) {
        NDList split = numbers(store, found, traces, training);
        int patch = settings.patch();
        NDArray r = Layers.depthToSpace(split.get(1), patch);
        NDArray errors = CausalNeighbours.padded(LogisticMixture.errors(images, r), mixture.neighbours());
        NDArray each = Conv2d.conv2d(errors, kernel(store, found.getDevice(), training), null, new Shape(patch, patch)).singletonOrThrow();
        Shape s = each.getShape();
        long n = s.get(0);
        long banks = settings.decoder().banks();
        long area = s.get(2) * s.get(3);
        NDArray shares = Scale.by(Layers.run(mixing, store, found, training), CAREFUL).reshape(n, banks, 1, area);
        NDArray predicted = each.reshape(n, banks, s.get(1) / banks, area).mul(shares).sum(new int[] {1}).reshape(n, s.get(1) / banks, s.get(2), s.get(3));
        NDList groups = Layers.depthToSpace(split.get(0), patch).split(mixture.mixtureParameters() / LogisticMixture.COMPONENTS, 1);
        return mixture.logProbability(groups, images, r, Layers.depthToSpace(predicted, patch));
    }

    /** The mixture's numbers, [N, numbers p p, h, w], and r, [N, Cx p p, h, w]. */
    private NDList numbers(ParameterStore store, NDArray found, NDArray traces, boolean training) {
        NDList split = scaled(numbers, scales, 0, store, found, training).split(new long[] {(long) mixture.mixtureParameters() * places}, 1);
        float[] careful = new float[settings.imageChannels() * places];
        Arrays.fill(careful, CAREFUL);
        return new NDList(split.get(0), split.get(1).add(scaled(reconstruction, careful, 1, store, traces, training)));
    }

    /** Runs a convolution with a factor for each of its outputs on weights and biases. */
    private static NDArray scaled(Block layer, float[] factors, int padding, ParameterStore store, NDArray input, boolean training) {
        NDArray weight = store.getValue(weight(layer), input.getDevice(), training);
        NDArray bias = store.getValue(bias(layer), input.getDevice(), training);
        NDArray by = input.getManager().create(factors);
        return Conv2d.conv2d(input, weight.mul(by.reshape(-1, 1, 1, 1)), bias.mul(by), new Shape(1, 1), new Shape(padding, padding)).singletonOrThrow();
    }

    /** The banks' coefficients as weights of one convolution, [banks Cx p p, Cx, p + reach, p + 2 reach]. */
    private NDArray kernel(ParameterStore store, Device device, boolean training) {
        int banks = settings.decoder().banks();
        int channels = settings.imageChannels();
        int reach = CausalNeighbours.reach(mixture.neighbours());
        NDArray weight = store.getValue(weight(coefficients), device, training).reshape(-1, banks);
        // A last coefficient of zero for where there is none.
        NDArray all = weight.concat(weight.getManager().zeros(new Shape(1, banks)), 0).reshape(-1);
        NDArray index = all.getManager().create(kernelIndex);
        return all.take(index).reshape((long) banks * channels * places, channels, settings.patch() + reach, settings.patch() + 2L * reach);
    }

    /** Where in the coefficients, [all + 1, banks], each number of {@link #kernel} stands. */
    private long[] kernelIndex() {
        int channels = settings.imageChannels();
        int patch = settings.patch();
        int banks = settings.decoder().banks();
        int reach = CausalNeighbours.reach(mixture.neighbours());
        int height = patch + reach;
        int width = patch + 2 * reach;
        int all = coefficients() / banks;
        long[] index = new long[banks * channels * places * channels * height * width];
        for (int i = 0; i < index.length; i++) {
            int bank = i / (index.length / banks);
            index[i] = (long) all * banks + bank;
        }
        int[][] offsets = CausalNeighbours.offsets(mixture.neighbours());
        for (int coefficient = 0; coefficient < all; coefficient++) {
            int place = coefficient % places;
            int other = coefficient / places % channels;
            int neighbour = coefficient / places / channels % offsets.length;
            int channel = coefficient / places / channels / offsets.length;
            int row = reach + place / patch + offsets[neighbour][0];
            int column = reach + place % patch + offsets[neighbour][1];
            for (int bank = 0; bank < banks; bank++) {
                int filter = (bank * channels + channel) * places + place;
                index[((filter * channels + other) * height + row) * width + column] = (long) coefficient * banks + bank;
            }
        }
        return index;
    }

    /** Numbers in all banks. */
    private int coefficients() {
        return settings.decoder().banks() * settings.imageChannels() * mixture.neighbours() * settings.imageChannels() * places;
    }

    /**
     * Sets the linear model: bank 0 holds the coefficients, and the network starts by using it alone.
     *
     * @param reconstructionWeight [Cx p p, K C, 3, 3]
     * @param reconstructionBias [Cx p p]
     * @param mixtureBias the mixture's numbers at each place of a patch, [numbers, p, p]
     * @param neighbourCoefficients [Cx, neighbours, Cx, p, p]
     */
    void start(float[] reconstructionWeight, float[] reconstructionBias, float[] mixtureBias, float[] neighbourCoefficients) {
        int banks = settings.decoder().banks();
        Layers.set(weight(reconstruction), enlarged(reconstructionWeight));
        Layers.set(bias(reconstruction), enlarged(reconstructionBias));
        // The network's part of r keeps its zeros.
        Layers.set(bias(numbers), Arrays.copyOf(mixtureBias, mixtureBias.length + settings.imageChannels() * places));
        float[] all = new float[coefficients()];
        for (int i = 0; i < neighbourCoefficients.length; i++) {
            all[i * banks] = neighbourCoefficients[i] / CAREFUL;
        }
        Layers.set(weight(coefficients), all);
        float[] mixes = weight(mixing).getArray().toFloatArray();
        Arrays.fill(mixes, 0, settings.decoder().width(), 0);
        Layers.set(weight(mixing), mixes);
        float[] shares = new float[banks];
        shares[0] = 1;
        Layers.set(bias(mixing), shares);
    }

    /** As they are stored. */
    static float[] enlarged(float[] numbers) {
        float[] stored = numbers.clone();
        for (int i = 0; i < stored.length; i++) {
            stored[i] /= CAREFUL;
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
        return new Shape[] {new Shape(inputShapes[0].get(0), mixture.parameters(), settings.imageHeight(), settings.imageWidth())};
    }
}
