package io.kanerva.runtime;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Bundles of {@link TinyBundle} for the tests of other packages. */
public final class TinyBundles {

    private TinyBundles() {}

    /** All files of a bundle, by their paths. */
    public static Map<String, byte[]> files(String kind) {
        TinyBundle bundle = new TinyBundle(Kind.valueOf(kind));
        Map<String, byte[]> files = new LinkedHashMap<>(bundle.files);
        files.put("bundle.json", bundle.json.getBytes(StandardCharsets.UTF_8));
        return files;
    }
}
