package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;

/** Spreads each position over its patch, then applies residual blocks at the image's resolution. */
final class RefiningDecoder extends Decoder {
    private final Block pixels;
    private final Block refined;
    /** The pixels' own parameters, then, if there are neighbours, their coefficients. */
    private final List<Block> outputs = new ArrayList<>();

    RefiningDecoder(KanervaSettings settings) {
        super(settings);
        DecoderSettings size = settings.decoder();
        int width = size.refineWidth();
        int height = settings.image().height();
        int imageWidth = settings.image().width();
        int extra = neighbourParameters();
        pixels = child(
                "pixels",
                Layers.conv3(width * settings.patch() * settings.patch()),
                size.width(),
                settings.block().rows(),
                settings.block().columns());
        refined = child(
                "refined",
                new ResidualStack(settings, width, size.refineDepth(), height, imageWidth),
                width,
                height,
                imageWidth);
        outputs.add(
                child("refined_pixels", Layers.conv1(settings.parameterChannels() - extra), width, height, imageWidth));
        if (extra > 0) {
            // Starts at zero: the neighbours have no influence.
            outputs.add(child("neighbours", Layers.zero(Layers.conv1(extra)), width, height, imageWidth));
        }
    }

    @Override
    NDArray parameters(ParameterStore store, NDArray featureMaps, NDArray maps, boolean training) {
        NDArray image = Layers.depthToSpace(Layers.run(pixels, store, featureMaps, training), settings.patch());
        NDArray seen = Layers.run(refined, store, image, training);
        return outputs.stream()
                .map(output -> Layers.run(output, store, seen, training))
                .reduce((pixels, coefficients) -> pixels.concat(coefficients, 1))
                .orElseThrow();
    }
}
