package io.kanerva.tools.command;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Options;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Option;

/** Which model a subcommand works with, and where it runs. */
final class ModelOptions {
    /** The folder on the class path of the model that ships. */
    static final String SHIPPED = "io/kanerva/models/fashion-mnist";
    private static final Logger RUNTIME = Logger.getLogger("io.kanerva.runtime");

    @Option(names = {"-b", "--bundle"}, paramLabel = "DIR", order = 1, description = "Folder of the exported model. Default: the Fashion-MNIST model that ships.")
    private Path bundle;

    @Option(names = "--device", paramLabel = "DEVICE", order = 900,
            description = "cpu, cuda (fails at once where there is none) or auto (says which it is and why). Default: cuda if there is one.")
    private Device device;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", order = 901, description = "Threads that one graph may use. Default: ${DEFAULT-VALUE}.")
    private int threads;

    /** Opens the model. */
    Kanerva open(Action action) {
        action.requirePositive("--threads", threads);
        if (device == null) {
            // Nobody asked, so nobody needs to hear that there is no GPU.
            RUNTIME.setLevel(Level.WARNING);
        }
        Options options = Options.on(device == null ? Device.AUTO : device).withThreads(threads);
        return bundle == null ? Kanerva.loadResource(ModelOptions.class.getClassLoader(), SHIPPED, options) : Kanerva.load(bundle, options);
    }

    /** The same device for DJL. */
    ai.djl.Device learningDevice() {
        return LearningDevice.choose(device == null ? Device.AUTO : device);
    }

    /** The model's folder, or null for the one that ships. */
    Path folder() {
        return bundle;
    }
}
