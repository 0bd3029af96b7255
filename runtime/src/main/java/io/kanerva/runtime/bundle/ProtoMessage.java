package io.kanerva.runtime.bundle;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;

/**
 * A protobuf message, read field by field: {@link #next} goes to the next one, then the getters give its number and its
 * value. A message that is cut short or malformed is a {@link MalformedException}.
 */
final class ProtoMessage {

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    private final ByteBuffer bytes;
    private int field;
    private int wire;
    private long number;
    private ByteBuffer content;

    /** The bytes are no protobuf message, or not of the kind expected. */
    static final class MalformedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        MalformedException(String message) {
            super(message);
        }
    }

    ProtoMessage(ByteBuffer bytes) {
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads the next field; false at the end. */
    boolean next() {
        if (!bytes.hasRemaining()) {
            return false;
        }
        try {
            long tag = varint(bytes);
            field = (int) (tag >>> 3);
            wire = (int) (tag & 7);
            if (tag >>> 32 != 0 || field == 0) {
                throw new MalformedException("a field without a number");
            }
            switch (wire) {
                case VARINT -> number = varint(bytes);
                case FIXED_64 -> number = bytes.getLong();
                case FIXED_32 -> number = bytes.getInt();
                case BYTES -> content = take(varint(bytes));
                default -> throw new MalformedException("a field of no known kind");
            }
            return true;
        } catch (BufferUnderflowException e) {
            throw new MalformedException("a message that is cut short");
        }
    }

    /** The field's number. */
    int field() {
        return field;
    }

    /** The field's value, an integer. */
    long integer() {
        require(VARINT);
        return number;
    }

    /** The field's value, text. */
    String text() {
        require(BYTES);
        return StandardCharsets.UTF_8.decode(content.duplicate()).toString();
    }

    /** The field's value, bytes in little-endian order. */
    ByteBuffer bytes() {
        require(BYTES);
        return content.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether the field's value is bytes, text, a message, or many packed numbers. */
    boolean isBytes() {
        return wire == BYTES;
    }

    /** The field's value, a message. */
    ProtoMessage message() {
        require(BYTES);
        return new ProtoMessage(content);
    }

    /** The field's integers: one, or many that are packed. */
    void integers(LongConsumer receiver) {
        if (wire == VARINT) {
            receiver.accept(number);
            return;
        }
        require(BYTES);
        ByteBuffer packed = content.duplicate();
        try {
            while (packed.hasRemaining()) {
                receiver.accept(varint(packed));
            }
        } catch (BufferUnderflowException e) {
            throw new MalformedException("integers that are cut short");
        }
    }

    /** How many floats of {@code bytes} bytes the field holds: one, or many that are packed. */
    int fixedCount(int bytes) {
        if (wire == FIXED_32 || wire == FIXED_64) {
            return 1;
        }
        require(BYTES);
        return content.remaining() / bytes;
    }

    private void require(int kind) {
        if (wire != kind) {
            throw new MalformedException("a field of another kind");
        }
    }

    private ByteBuffer take(long length) {
        if (length < 0 || length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer taken = bytes.slice(bytes.position(), (int) length);
        bytes.position(bytes.position() + (int) length);
        return taken;
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = bytes.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new MalformedException("an integer of more than 10 bytes");
    }
}
