package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a read key (scale, x, y) with prior N(0, I) points at. */
public enum KeyAddressing {
    /** A window of any centre and, within limits, any scale: the paper's spatial transformer. */
    CONTINUOUS,
    /**
     * The slot in whose cell the key lands. The cells cut the plane of (x, y) into parts of equal prior mass, so a
     * random key reads every slot equally often, and naming one of N slots costs ln N nats.
     */
    DEREFERENCED;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
