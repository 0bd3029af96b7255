package io.kanerva.trainer.picture;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The formats of picture files, known by a file's first bytes rather than its name. */
enum PictureFormat {
    PNG("PNG"),
    JPEG("JPEG"),
    GIF("GIF"),
    BMP("BMP"),
    WEBP("WebP"),
    TIFF("TIFF");

    static final String NAMES = "a PNG, JPEG, GIF, BMP, WebP or TIFF file";

    /** First bytes, in Latin-1, of formats that people have and that are not read. */
    private static final Map<String, String> OTHERS = Map.of(
            "8BPS", "a Photoshop file",
            "%PDF", "a PDF file",
            "%!PS", "a PostScript file",
            "<svg", "an SVG drawing",
            "<?xm", "an XML file (an SVG drawing?)",
            "\u00ff\n", "a JPEG XL file",
            "\0\0\1\0", "an icon",
            "\u00ffO\u00ffQ", "a JPEG 2000 file",
            "qoif", "a QOI file",
            "v/1\1", "an OpenEXR file");

    private final String label;

    PictureFormat(String label) {
        this.label = label;
    }

    @Override
    public String toString() {
        return label;
    }

    /** @throws Refusal if the bytes are in none of the formats */
    static PictureFormat of(byte[] bytes) throws Refusal {
        if (bytes.length == 0) {
            throw new Refusal(NAMES, "an empty file");
        }
        String start = new String(bytes, 0, Math.min(16, bytes.length), StandardCharsets.ISO_8859_1);
        if (start.startsWith("\u0089PNG\r\n\u001a\n")) {
            return PNG;
        }
        if (start.startsWith("\u00ff\u00d8\u00ff")) {
            return JPEG;
        }
        if (start.startsWith("GIF87a") || start.startsWith("GIF89a")) {
            return GIF;
        }
        if (start.startsWith("BM")) {
            return BMP;
        }
        if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) {
            return WEBP;
        }
        if (start.matches("(?s)(II[*+]\0|MM\0[*+]).*")) {
            return TIFF;
        }
        throw new Refusal(NAMES, other(start));
    }

    private static String other(String start) {
        if (start.startsWith("ftyp", 4)) {
            String brand = start.substring(8, Math.min(12, start.length()));
            return "%s file ('%s')"
                    .formatted(
                            brand.startsWith("avi")
                                    ? "an AVIF"
                                    : brand.matches("hei.|hev.|mif1|msf1") ? "a HEIC" : "an MPEG-4",
                            brand);
        }
        if (start.startsWith("jP  ", 4) || start.startsWith("JXL ", 4)) {
            return start.startsWith("jP", 4) ? "a JPEG 2000 file" : "a JPEG XL file";
        }
        return OTHERS.entrySet().stream()
                .filter(known -> start.startsWith(known.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("another format");
    }
}
