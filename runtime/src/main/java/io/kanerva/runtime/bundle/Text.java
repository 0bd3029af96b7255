package io.kanerva.runtime.bundle;

/** Prepares text from untrusted files for messages. */
public final class Text {

    private static final int MAX_LENGTH = 200;

    private Text() {}

    /**
     * Whether a terminal might obey the character instead of showing it: controls, line breaks, and marks that change
     * the direction of what follows or show nothing.
     */
    public static boolean isControl(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }

    /** Whether the text holds none of them. */
    static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            // Most are ASCII; surrogates come in pairs.
            if (letter < ' ' || letter > '~' && isControl(text.codePointAt(i))) {
                return false;
            }
            i += Character.isHighSurrogate(letter) ? 1 : 0;
        }
        return true;
    }

    /** The text with its control characters written out, such as {@code \\u001b}. */
    public static String plain(String text) {
        if (isPlain(text)) {
            return text;
        }
        StringBuilder plain = new StringBuilder();
        text.codePoints().forEach(codePoint -> {
            if (isControl(codePoint)) {
                plain.append("\\u%04x".formatted(codePoint));
            } else {
                plain.appendCodePoint(codePoint);
            }
        });
        return plain.toString();
    }

    /** The text's beginning, if it is long. */
    static String shortened(String text) {
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "...";
    }
}
