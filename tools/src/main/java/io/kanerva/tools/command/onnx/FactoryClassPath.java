package io.kanerva.tools.command.onnx;

import ai.djl.nn.BlockFactory;
import io.kanerva.tools.Failure;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Jars and folders, in addition to kpp's own class path, that a user's block factory is loaded from. Close it after the
 * last use of the blocks.
 */
final class FactoryClassPath implements AutoCloseable {
    private final URLClassLoader loader;

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();

    private FactoryClassPath(URLClassLoader loader) {
        this.loader = loader;
        // Services of the exporter (CompositeLowering) are loaded from there as well.
        Thread.currentThread().setContextClassLoader(loader);
    }

    /** @throws Failure if one of the places is missing */
    static FactoryClassPath of(List<Path> places) {
        URL[] urls = places.stream()
                .map(place -> {
                    if (!Files.exists(place)) {
                        throw new Failure("--class-path: expected jars and folders, found no %s".formatted(place));
                    }
                    try {
                        return place.toUri().toURL();
                    } catch (MalformedURLException e) {
                        throw new Failure("--class-path: expected jars and folders, found %s".formatted(place), e);
                    }
                })
                .toArray(URL[]::new);
        return new FactoryClassPath(new URLClassLoader(urls, FactoryClassPath.class.getClassLoader()));
    }

    /**
     * Creates the factory.
     *
     * @throws Failure if the class is missing, is not a block factory, or has no public constructor without arguments
     */
    BlockFactory factory(String name) {
        try {
            return Class.forName(name, true, loader)
                    .asSubclass(BlockFactory.class)
                    .getConstructor()
                    .newInstance();
        } catch (ClassNotFoundException e) {
            throw new Failure(
                    ("--factory: expected a class on the class path (--class-path names more jars and folders), "
                                    + "found no %s")
                            .formatted(name),
                    e);
        } catch (ClassCastException e) {
            throw new Failure(
                    "--factory: expected a class that implements ai.djl.nn.BlockFactory, found %s, which does not"
                            .formatted(name),
                    e);
        } catch (NoSuchMethodException | InstantiationException | IllegalAccessException e) {
            throw new Failure(
                    "--factory: expected a class with a public constructor without arguments, found %s without one"
                            .formatted(name),
                    e);
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new Failure(
                    "--factory: expected to create a %s, found an error: %s"
                            .formatted(name, e.getCause() == null ? e : e.getCause()),
                    e);
        }
    }

    @Override
    public void close() {
        Thread.currentThread().setContextClassLoader(before);
        try {
            loader.close();
        } catch (IOException e) {
            throw new Failure("cannot close the class path of the factory: " + e.getMessage(), e);
        }
    }
}
