package io.kanerva.models;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The bundles that ship, and their place on the class path. */
public final class Models {
    private static final String FOLDER = "io/kanerva/models/";
    private static final String INDEX = FOLDER + "names.txt";

    private Models() {}

    /**
     * The names of all bundles, for example {@code fashion-mnist}; a bundle's data set is the first part of its name.
     */
    public static List<String> names() {
        try (InputStream stream = Models.class.getClassLoader().getResourceAsStream(INDEX)) {
            if (stream == null) {
                throw new IllegalStateException("the models' jar lacks its index " + INDEX);
            }
            return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the models' index " + INDEX + " cannot be read", e);
        }
    }

    /**
     * Returns a bundle's place on this class's class path.
     *
     * @return its folder, with {@code /} between the parts and none at either end
     * @throws IllegalArgumentException if no bundle of that name ships; the message lists those that do
     */
    public static String resource(String name) {
        if (!names().contains(name)) {
            throw new IllegalArgumentException(
                    "model '%s': expected one of %s, which ship, found no such name".formatted(name, names()));
        }
        return FOLDER + name;
    }
}
