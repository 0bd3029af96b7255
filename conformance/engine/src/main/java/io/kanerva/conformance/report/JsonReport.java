package io.kanerva.conformance.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.kanerva.conformance.check.Findings;
import java.util.LinkedHashMap;
import java.util.Map;

/** Findings as JSON, complete. Numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity". */
public final class JsonReport {

    private JsonReport() {}

    /** Returns the document. */
    public static String of(Findings findings) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("format", "kanerva-conformance");
        document.put("formatVersion", 1);
        document.put("subject", findings.subject());
        document.put("holds", findings.holds());
        document.put("problems", findings.problems());
        document.put("runtimes", findings.runtimes());
        document.put("noiseFloor", findings.noiseFloor());
        document.put("findings", findings.findings());
        document.put("faults", findings.faults());
        document.put("notes", findings.notes());
        document.put("causes", findings.causes());
        document.put("engines", findings.engines());
        document.put("latencies", findings.latencies());
        try {
            return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(document) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("findings cannot be written as JSON", e);
        }
    }
}
