package io.kanerva.runtime;

import java.util.EnumMap;
import java.util.Map;

/** Opens a bundle: reads each file once, checks it, loads it from the bytes that were checked. */
final class BundleLoader {

    private BundleLoader() {}

    static Kanerva load(BundleSource source, Options options) {
        byte[] json = source.read(Bundle.FILE_NAME);
        Bundle bundle = Bundle.parse(source.describe() + "/" + Bundle.FILE_NAME, json);
        Map<Graph, byte[]> graphs = new EnumMap<>(Graph.class);
        for (Graph graph : Graph.values()) {
            GraphDescription description = bundle.graphs().get(graph.label());
            if (description == null) {
                continue; // an optional one: Bundle has made sure of the others
            }
            byte[] bytes = source.read(description.file());
            String found = Sha256.hex(bytes);
            if (!found.equals(description.sha256())) {
                throw new BundleException(
                        "%s: the file '%s' was changed or is another bundle's: expected SHA-256 %s, found %s"
                                .formatted(source.describe(), description.file(), description.sha256(), found));
            }
            ExternalData.refuse(source.describe() + ": the file '" + description.file() + "'", bytes);
            graphs.put(graph, bytes);
        }
        return new Kanerva(bundle, Sessions.open(source.describe(), bundle.settings(), graphs, options));
    }
}
