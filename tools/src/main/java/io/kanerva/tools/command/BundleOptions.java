package io.kanerva.tools.command;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Options;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which model a subcommand works with, and where it runs. */
final class BundleOptions {
    /** The folder on the class path of the model that ships. */
    static final String SHIPPED = "io/kanerva/models/fashion-mnist";

    @Option(names = {"-b", "--bundle"}, paramLabel = "DIR", order = 1, description = "Folder of the exported model. Default: the Fashion-MNIST model that ships.")
    private Path bundle;

    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "auto", order = 900,
            description = "cpu, cuda (fails at once where there is none) or auto. Default: ${DEFAULT-VALUE}.")
    private Device device;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", order = 901, description = "Threads that one graph may use. Default: ${DEFAULT-VALUE}.")
    private int threads;

    /** Opens the model. */
    Kanerva open(Action action) {
        action.requirePositive("--threads", threads);
        Options options = Options.on(device).withThreads(threads);
        return bundle == null ? Kanerva.loadResource(BundleOptions.class.getClassLoader(), SHIPPED, options) : Kanerva.load(bundle, options);
    }

    /** The model's folder, or null for the one that ships. */
    Path folder() {
        return bundle;
    }
}
