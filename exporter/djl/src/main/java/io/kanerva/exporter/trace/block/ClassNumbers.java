package io.kanerva.exporter.trace.block;

import ai.djl.ndarray.types.DataType;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The integers that a class's code compares and computes with, and the classes and element types that it refers to,
 * read from its class file (Java Virtual Machine Specification, chapters 4 and 6).
 *
 * @param numbers constants of instructions, of the constant pool and of switches
 * @param types binary names of the classes that are mentioned
 * @param elements types of arrays whose name occurs
 */
record ClassNumbers(Set<Long> numbers, Set<String> types, Set<DataType> elements) {
    /** The number of operand bytes of each instruction, in the order of their codes; switches and wide are apart. */
    private static final String OPERANDS = "0".repeat(0x10) // nop to dconst_1
            + "1212211111" // bipush, sipush, ldc, loads
            + "0".repeat(0x1c) // iload_0 to saload
            + "11111" // stores
            + "0".repeat(0x49) // istore_0 to lxor
            + "2" // iinc
            + "0".repeat(0x14) // conversions and comparisons
            + "2".repeat(0x10) // branches, jsr
            + "1" // ret
            + "  " // tableswitch, lookupswitch
            + "0".repeat(6) // returns
            + "222222244" // fields and calls
            + "212002200" // new to monitorexit
            + " " // wide
            + "32244"; // multianewarray to jsr_w

    private static final Map<String, DataType> ELEMENTS =
            Arrays.stream(DataType.values()).collect(Collectors.toMap(DataType::name, type -> type));

    private static final int BIPUSH = 0x10;
    private static final int SIPUSH = 0x11;
    private static final int TABLESWITCH = 0xaa;
    private static final int LOOKUPSWITCH = 0xab;
    private static final int WIDE = 0xc4;
    private static final int IINC = 0x84;

    /** Every export of a program asks for much the same classes. */
    private static final ClassValue<ClassNumbers> READ = new ClassValue<>() {
        @Override
        protected ClassNumbers computeValue(Class<?> type) {
            return read(type);
        }
    };

    /** Reads a class's file, once; empty sets if it has none. */
    static ClassNumbers of(Class<?> type) {
        return READ.get(type);
    }

    private static ClassNumbers read(Class<?> type) {
        ClassNumbers found =
                new ClassNumbers(new LinkedHashSet<>(), new LinkedHashSet<>(), EnumSet.noneOf(DataType.class));
        String file = type.getName().substring(type.getName().lastIndexOf('.') + 1) + ".class";
        try (InputStream stream = type.getResourceAsStream(file)) {
            if (stream != null) {
                found.read(new DataInputStream(new ByteArrayInputStream(stream.readAllBytes())));
            }
        } catch (IOException e) {
            // Without the file there are fewer sizes to try.
            return found;
        }
        return found;
    }

    private void read(DataInputStream in) throws IOException {
        in.skipBytes(8);
        String[] texts = readPool(in);
        in.skipBytes(6);
        in.skipBytes(2 * in.readUnsignedShort());
        for (int kind = 0; kind < 2; kind++) {
            for (int members = in.readUnsignedShort(); members > 0; members--) {
                in.skipBytes(6);
                readAttributes(in, texts);
            }
        }
    }

    private String[] readPool(DataInputStream in) throws IOException {
        int size = in.readUnsignedShort();
        String[] texts = new String[size];
        int[] names = new int[size];
        for (int i = 1; i < size; i++) {
            int tag = in.readUnsignedByte();
            switch (tag) {
                case 1 -> texts[i] = in.readUTF();
                case 3 -> numbers.add((long) in.readInt());
                case 4 -> addReal(in.readFloat());
                case 5 -> {
                    numbers.add(in.readLong());
                    i++;
                }
                case 6 -> {
                    addReal(in.readDouble());
                    i++;
                }
                case 7 -> names[i] = in.readUnsignedShort();
                case 8, 16, 19, 20 -> in.skipBytes(2);
                case 15 -> in.skipBytes(3);
                default -> in.skipBytes(4);
            }
        }
        for (int name : names) {
            if (name > 0 && !texts[name].startsWith("[")) {
                types.add(texts[name].replace('/', '.'));
            }
        }
        if (types.contains(DataType.class.getName())) {
            Arrays.stream(texts)
                    .filter(ELEMENTS::containsKey)
                    .map(ELEMENTS::get)
                    .forEach(elements::add);
        }
        return texts;
    }

    private void addReal(double value) {
        if (value == Math.rint(value)) {
            numbers.add((long) value);
        }
    }

    private void readAttributes(DataInputStream in, String[] texts) throws IOException {
        for (int attributes = in.readUnsignedShort(); attributes > 0; attributes--) {
            String name = texts[in.readUnsignedShort()];
            byte[] content = new byte[in.readInt()];
            in.readFully(content);
            if (name.equals("Code")) {
                DataInputStream code = new DataInputStream(new ByteArrayInputStream(content));
                code.skipBytes(4);
                byte[] instructions = new byte[code.readInt()];
                code.readFully(instructions);
                readCode(new Code(instructions));
            }
        }
    }

    /** A method's bytecode. */
    private static final class Code {
        private final byte[] bytes;
        private int at;

        private Code(byte[] bytes) {
            this.bytes = bytes;
        }

        private int next() {
            return bytes[at++] & 0xff;
        }

        private int nextInt() {
            return next() << 24 | next() << 16 | next() << 8 | next();
        }
    }

    private void readCode(Code code) {
        while (code.at < code.bytes.length) {
            int operation = code.next();
            switch (operation) {
                case BIPUSH -> numbers.add((long) (byte) code.next());
                case SIPUSH -> numbers.add((long) (short) (code.next() << 8 | code.next()));
                case TABLESWITCH, LOOKUPSWITCH -> readSwitch(code, operation == TABLESWITCH);
                case WIDE -> code.at += code.next() == IINC ? 4 : 2;
                default -> code.at += OPERANDS.charAt(operation) - '0';
            }
        }
    }

    private void readSwitch(Code code, boolean isTable) {
        code.at = (code.at + 3) / 4 * 4 + 4;
        int first = code.nextInt();
        if (isTable) {
            int last = code.nextInt();
            numbers.add((long) first);
            numbers.add((long) last);
            code.at += 4 * (last - first + 1);
            return;
        }
        for (int pairs = first; pairs > 0; pairs--) {
            numbers.add((long) code.nextInt());
            code.at += 4;
        }
    }
}
