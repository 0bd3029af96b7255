package io.kanerva.tools.command;

import io.kanerva.models.Models;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Options;
import io.kanerva.tools.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The model that a subcommand works with, and the device it runs on. */
public final class ModelOptions {
    private static final String DEFAULT = "fashion-mnist";
    private static final Logger RUNTIME = Logger.getLogger("io.kanerva.runtime");

    @Option(
            names = {"-b", "--bundle"},
            paramLabel = "DIR|NAME",
            order = 1,
            description =
                    "Folder of the exported model, or name of one that ships. Default: " + DEFAULT + ", which ships.")
    private Path bundle;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            order = 900,
            description =
                    "cpu, cuda (fails if there is no GPU) or auto (reports which one it takes and why). Default: cuda "
                            + "if there is a GPU.")
    private Device device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "1",
            order = 901,
            description = "Threads per graph. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Opens the model. */
    public Kanerva open() {
        return open(bundle);
    }

    /**
     * Opens another model in the same way.
     *
     * @param bundle folder, or name of one that ships; null for the default
     */
    public Kanerva open(Path bundle) {
        if (threads > Options.MAX_THREADS) {
            throw new ParameterException(
                    command.commandLine(),
                    "Invalid value for option '--threads': expected at most %d, found %d"
                            .formatted(Options.MAX_THREADS, threads));
        }
        if (device == null) {
            // Without the option, a missing GPU is not worth a message.
            RUNTIME.setLevel(Level.WARNING);
        }
        Options options = Options.on(device == null ? Device.AUTO : device).withThreads(threads);
        String name = bundle == null ? DEFAULT : bundle.toString();
        boolean ships = Models.names().contains(name);
        if (bundle == null && !ships) {
            throw new Failure(
                    "expected --bundle DIR, found none, and this build ships no model '%s'".formatted(DEFAULT));
        }
        // A folder of that name takes precedence over a model that ships.
        return ships && !(bundle != null && Files.isDirectory(bundle))
                ? Kanerva.loadResource(Models.class.getClassLoader(), Models.resource(name), options)
                : Kanerva.load(bundle, options);
    }

    /** The same device for DJL. */
    public ai.djl.Device learningDevice() {
        return LearningDevice.choose(device == null ? Device.AUTO : device);
    }

    /** The folder or name of the model as given, or null. */
    public Path folder() {
        return bundle;
    }
}
