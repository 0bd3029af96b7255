package io.kanerva.runtime;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of bytes at hand. */
final class Sha256 {

    private Sha256() {}

    /** The 32 bytes' digest of all parts, one after the other. */
    static byte[] of(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The digest as 64 small hexadecimal digits. */
    static String hex(byte[]... parts) {
        return HexFormat.of().formatHex(of(parts));
    }

    /** A digest that a JSON file states. */
    static String checked(JsonNode json) {
        if (!json.string().matches("[0-9a-f]{64}")) {
            throw json.error("64 small hexadecimal digits", '"' + json.string() + '"');
        }
        return json.string();
    }
}
