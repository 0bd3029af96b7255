package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;

/** Spreads each position of the features over its patch of the image. */
final class PatchDecoder extends Decoder {
    /** The pixels' own parameters, then, if there are neighbours, their coefficients. */
    private final List<Block> outputs = new ArrayList<>();

    PatchDecoder(KanervaSettings settings) {
        super(settings);
        int extra = neighbourParameters();
        int patchArea = settings.patch() * settings.patch();
        output("pixels", Layers.conv3((settings.parameterChannels() - extra) * patchArea));
        if (extra > 0) {
            // Starts at zero: the neighbours have no influence.
            output("neighbours", Layers.zero(Layers.conv3(extra * patchArea)));
        }
    }

    private void output(String name, Block layer) {
        outputs.add(child(
                name,
                layer,
                settings.decoder().width(),
                settings.block().rows(),
                settings.block().columns()));
    }

    @Override
    NDArray parameters(ParameterStore store, NDArray featureMaps, NDArray maps, boolean training) {
        return outputs.stream()
                .map(output -> Layers.depthToSpace(Layers.run(output, store, featureMaps, training), settings.patch()))
                .reduce((pixels, coefficients) -> pixels.concat(coefficients, 1))
                .orElseThrow();
    }
}
