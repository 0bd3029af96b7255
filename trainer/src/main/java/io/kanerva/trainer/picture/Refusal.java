package io.kanerva.trainer.picture;

import java.io.IOException;

/** What keeps a picture from being read: the end of a sentence that begins with its file. */
final class Refusal extends IOException {

    Refusal(String expected, String found) {
        super("expected " + expected + ", found " + found);
    }
}
