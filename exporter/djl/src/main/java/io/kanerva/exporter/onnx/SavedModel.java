package io.kanerva.exporter.onnx;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A model as DJL saves it, {@code NAME-EPOCH.params} in a folder, which holds the values of the parameters but not the
 * network, which a {@link BlockFactory} creates.
 */
public final class SavedModel {
    private static final Pattern PARAMETERS = Pattern.compile("(.+)-(\\d{4,})\\.params");

    private static final String MAGIC = "DJL@";
    private static final int VERSION = 1;

    private SavedModel() {}

    /**
     * Loads the latest epoch of a model; close it after use.
     *
     * @param folder holds the .params files
     * @param name the model's name; empty if the folder holds only one model
     * @param factory creates the model's block
     * @param arguments of the factory
     * @throws IOException in one sentence, if the folder or model does not exist, the block cannot be created, or the
     *     values do not fit it
     */
    public static Model load(Path folder, String name, BlockFactory factory, Map<String, ?> arguments)
            throws IOException {
        String found = find(folder, name);
        Model model = Model.newInstance(found);
        try {
            model.setBlock(block(model, folder, factory, arguments));
            read(model, latest(folder, found));
            return model;
        } catch (MalformedModelException | IOException | RuntimeException e) {
            model.close();
            throw e instanceof NoBlockException noBlock
                    ? noBlock
                    : new IOException(
                            folder + ": expected the parameters of " + found + " to fit the block that "
                                    + factory.getClass().getName() + " creates, found a mismatch: " + reason(e),
                            e);
        }
    }

    /**
     * Reads DJL's file: magic number, version, the model's name, type, inputs and properties, then the block's
     * parameters. DJL ignores trailing bytes, but they show that another block was saved.
     */
    private static void read(Model model, Path file) throws IOException, MalformedModelException {
        try (DataInputStream stream = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            byte[] magic = stream.readNBytes(MAGIC.length());
            int version = stream.readInt();
            if (!MAGIC.equals(new String(magic, StandardCharsets.US_ASCII)) || version != VERSION) {
                throw new IOException("it is not a file of DJL's version " + VERSION);
            }
            stream.readUTF();
            model.setDataType(DataType.valueOf(stream.readUTF()));
            for (int inputs = stream.readInt(); inputs > 0; inputs--) {
                stream.readUTF();
                Shape.decode(stream);
            }
            for (int properties = stream.readInt(); properties > 0; properties--) {
                model.setProperty(stream.readUTF(), stream.readUTF());
            }
            model.getBlock().loadParameters(model.getNDManager(), stream);
            if (stream.read() >= 0) {
                throw new IOException("there are more parameters than the block has");
            }
        } catch (EOFException e) {
            throw new IOException("there are fewer parameters than the block has", e);
        }
    }

    /** The file of the last epoch. */
    private static Path latest(Path folder, String name) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                        Matcher match = PARAMETERS.matcher(file.getFileName().toString());
                        return match.matches() && match.group(1).equals(name);
                    })
                    .max(Comparator.comparing(Path::getFileName))
                    .orElseThrow();
        }
    }

    private static Block block(Model model, Path folder, BlockFactory factory, Map<String, ?> arguments)
            throws IOException {
        try {
            return factory.newBlock(model, folder, arguments);
        } catch (RuntimeException | IOException e) {
            throw new NoBlockException(
                    "the block factory " + factory.getClass().getName() + " fails with the arguments " + arguments
                            + ": " + reason(e),
                    e);
        }
    }

    private static String find(Path folder, String name) throws IOException {
        List<String> names;
        try (Stream<Path> files = Files.list(folder)) {
            names = files.map(file -> PARAMETERS.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(match -> match.group(1))
                    .distinct()
                    .sorted()
                    .toList();
        } catch (NotDirectoryException | NoSuchFileException e) {
            throw new IOException(folder + ": expected a folder with a saved model (NAME-0000.params), found none", e);
        }
        if (names.isEmpty() || !name.isEmpty() && !names.contains(name)) {
            throw new IOException(folder + ": expected a saved model (" + (name.isEmpty() ? "NAME" : name)
                    + "-0000.params), found " + (names.isEmpty() ? "none" : names));
        }
        if (name.isEmpty() && names.size() > 1) {
            throw new IOException(folder + ": expected one saved model or the name of one, found " + names);
        }
        return name.isEmpty() ? names.get(0) : name;
    }

    private static String reason(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /** The block factory failed, not the loading. */
    private static final class NoBlockException extends IOException {
        private static final long serialVersionUID = 1;

        NoBlockException(String message, Exception cause) {
            super(message, cause);
        }
    }
}
