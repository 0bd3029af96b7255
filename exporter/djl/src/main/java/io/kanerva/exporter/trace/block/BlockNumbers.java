package io.kanerva.exporter.trace.block;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Numbers that a block's behaviour may depend on: those in the fields of its objects, the sizes of its parameters, and
 * the constants in the code of its classes. They are guesses at which sizes of dynamic dimensions to try.
 */
public final class BlockNumbers {
    private static final int MAX_OBJECTS = 10_000;
    private static final int MAX_CLASSES = 200;
    private static final int MAX_ELEMENTS = 64;

    /** The classes that a class mentions, outside the JDK: found once, as each part of an export asks for them. */
    private static final ClassValue<List<Class<?>>> MENTIONED = new ClassValue<>() {
        @Override
        protected List<Class<?>> computeValue(Class<?> type) {
            return mentioned(type);
        }
    };

    private final Set<Long> numbers = new LinkedHashSet<>();
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Object> objects = new ArrayDeque<>();
    private final Set<Class<?>> classes = new LinkedHashSet<>();

    private final Set<NDArray> arrays = Collections.newSetFromMap(new IdentityHashMap<>());

    private final Set<DataType> types = EnumSet.noneOf(DataType.class);

    private BlockNumbers() {}

    /** The numbers of a block, those of its fields first. */
    public static Set<Long> of(Block block) {
        BlockNumbers found = visited(block);
        found.addCode();
        return found.numbers;
    }

    /** The types of arrays that the code of a block's classes mentions. */
    public static Set<DataType> types(Block block) {
        BlockNumbers found = visited(block);
        found.addCode();
        return found.types;
    }

    /** The arrays in a block's fields, without those of its parameters. */
    public static Set<NDArray> arrays(Block block) {
        return visited(block).arrays;
    }

    private static BlockNumbers visited(Block block) {
        BlockNumbers found = new BlockNumbers();
        found.objects.add(block);
        while (!found.objects.isEmpty() && found.seen.size() < MAX_OBJECTS) {
            found.visit(found.objects.poll());
        }
        return found;
    }

    private void visit(Object object) {
        if (!seen.add(object)) {
            return;
        }
        Class<?> type = object.getClass();
        if (object instanceof Number number) {
            if (number.doubleValue() == number.longValue()) {
                numbers.add(number.longValue());
            }
        } else if (object instanceof Parameter parameter) {
            add(parameter.isInitialized() ? parameter.getArray().getShape() : null);
        } else if (object instanceof NDArray array) {
            arrays.add(array);
            add(array.getShape());
        } else if (object instanceof Shape shape) {
            add(shape);
        } else if (type.isArray()) {
            for (int i = 0; i < Math.min(Array.getLength(object), MAX_ELEMENTS); i++) {
                add(Array.get(object, i));
            }
        } else if (object instanceof Iterable<?> elements) {
            int count = 0;
            for (Object element : elements) {
                if (count++ == MAX_OBJECTS) {
                    break;
                }
                add(element);
            }
        } else if (object instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                add(key);
                add(value);
            });
        } else if (!(object instanceof NDManager) && isFromUser(type)) {
            visitFields(object, type);
        }
    }

    private void add(Object object) {
        if (object != null) {
            objects.add(object);
        }
    }

    private void add(Shape shape) {
        if (shape != null) {
            for (long size : shape.getShape()) {
                numbers.add(size);
            }
        }
    }

    private void visitFields(Object object, Class<?> type) {
        for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
            classes.add(each);
            for (Field field : each.getDeclaredFields()) {
                try {
                    field.setAccessible(true);
                    add(field.get(Modifier.isStatic(field.getModifiers()) ? null : object));
                } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                    // A field that cannot be read suggests no size.
                    continue;
                }
            }
        }
    }

    /** The code of the objects' classes, of classes that they mention, and of those that these mention. */
    private void addCode() {
        Set<Class<?>> read = new HashSet<>();
        Deque<Class<?>> waiting = new ArrayDeque<>(classes);
        while (!waiting.isEmpty() && read.size() < MAX_CLASSES) {
            Class<?> type = waiting.poll();
            if (!read.add(type)) {
                continue;
            }
            if (!isLambda(type)) {
                ClassNumbers found = ClassNumbers.of(type);
                numbers.addAll(found.numbers());
                types.addAll(found.elements());
            }
            waiting.addAll(MENTIONED.get(type));
        }
    }

    /** The code of a lambda expression is a method of the class that contains it. */
    private static boolean isLambda(Class<?> type) {
        return type.getName().contains("$$Lambda");
    }

    private static List<Class<?>> mentioned(Class<?> type) {
        String name = type.getName();
        Set<String> names = isLambda(type)
                ? Set.of(name.substring(0, name.indexOf("$$Lambda")))
                : ClassNumbers.of(type).types();
        List<Class<?>> found = new ArrayList<>();
        for (String mentioned : names) {
            if (isFromUser(mentioned)) {
                try {
                    found.add(Class.forName(mentioned, false, type.getClassLoader()));
                } catch (ClassNotFoundException | LinkageError e) {
                    // A class that is not there suggests no size.
                    continue;
                }
            }
        }
        return List.copyOf(found);
    }

    private static boolean isFromUser(Class<?> type) {
        return !type.isPrimitive() && !type.isEnum() && isFromUser(type.getName());
    }

    /** Blocks of DJL and everything outside it and the JDK. */
    private static boolean isFromUser(String name) {
        return !name.startsWith("java.")
                && !name.startsWith("javax.")
                && !name.startsWith("jdk.")
                && !name.startsWith("sun.")
                && !name.startsWith("org.slf4j.")
                && !name.startsWith("io.kanerva.exporter.trace.")
                && (!name.startsWith("ai.djl.") || name.startsWith("ai.djl.nn.") || name.contains("zoo."));
    }
}
