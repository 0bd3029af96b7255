package io.kanerva.exporter.trace;

import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Adds a hook to methods of classes that are loaded already: at its beginning, a method asks a function whether to
 * return something else.
 *
 * <p>The function takes an array of the receiver, the method's signature and the arguments, and returns the array
 * itself if the method is to go on. The classes find it among the system properties, so that they need not see this
 * project's classes; without it, a method goes on at once.
 */
final class EngineHooks {
    private static final String KEY = "io.kanerva.exporter.hook";
    private static final long ATTACH_SECONDS = 60;
    private static final Set<Class<?>> HOOKED = new LinkedHashSet<>();
    /** Why there are no hooks; null if there are, or if none were wanted yet. */
    private static String obstacle;

    private EngineHooks() {}

    /**
     * Adds hooks to all methods of the classes that have one of the signatures and return nothing or an interface.
     *
     * @param signatures as in {@link RecordedMethods}
     * @return why that is not possible; null if the hooks are there
     */
    static synchronized String install(Set<Class<?>> classes, Set<String> signatures, Function<Object[], Object> hook) {
        if (obstacle == null && !HOOKED.containsAll(classes)) {
            try {
                Instrumentation instrumentation = instrumentation();
                Set<String> names = classes.stream().map(Type::getInternalName).collect(Collectors.toSet());
                instrumentation.addTransformer(new Transformer(names, signatures), true);
                instrumentation.retransformClasses(classes.toArray(Class<?>[]::new));
                System.getProperties().put(KEY, hook);
                HOOKED.addAll(classes);
            } catch (IOException | ReflectiveOperationException | UnmodifiableClassException | LinkageError e) {
                obstacle = String.valueOf(e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                obstacle = "it was interrupted";
            }
        }
        return obstacle;
    }

    private static Instrumentation instrumentation()
            throws IOException, ReflectiveOperationException, InterruptedException {
        Instrumentation started = find();
        if (started != null) {
            return started;
        }
        Path jar = Files.createTempFile("kanerva-agent", ".jar");
        try {
            writeAgent(jar);
            Path java = Path.of(System.getProperty("java.home"), "bin", "java");
            Process process = new ProcessBuilder(
                            java.toString(),
                            "-cp",
                            jar.toString(),
                            EngineAgent.class.getName(),
                            Long.toString(ProcessHandle.current().pid()),
                            jar.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(ATTACH_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            Instrumentation attached = find();
            if (attached == null) {
                throw new IOException(
                        "Java " + ManagementFactory.getRuntimeMXBean().getSpecVersion()
                                + " did not let an agent attach; it may be started with "
                                + "-javaagent:kanerva-exporter.jar");
            }
            return attached;
        } finally {
            jar.toFile().deleteOnExit();
        }
    }

    /** Java loads an agent with its system class loader, which need not be the one of this class. */
    private static Instrumentation find() throws ReflectiveOperationException {
        try {
            return (Instrumentation) ClassLoader.getSystemClassLoader()
                    .loadClass(EngineAgent.class.getName())
                    .getMethod("instrumentation")
                    .invoke(null);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    private static void writeAgent(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Agent-Class", EngineAgent.class.getName());
        attributes.putValue("Can-Retransform-Classes", "true");
        String file = Type.getInternalName(EngineAgent.class) + ".class";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream in = EngineAgent.class.getClassLoader().getResourceAsStream(file)) {
            out.putNextEntry(new JarEntry(file));
            in.transferTo(out);
            out.closeEntry();
        }
    }

    /** Inserts the hooks. */
    private static final class Transformer implements ClassFileTransformer {
        private final Set<String> classes;
        private final Set<String> signatures;

        private Transformer(Set<String> classes, Set<String> signatures) {
            this.classes = classes;
            this.signatures = signatures;
        }

        @Override
        public byte[] transform(ClassLoader loader, String name, Class<?> type, ProtectionDomain domain, byte[] bytes) {
            if (type == null || !classes.contains(name)) {
                return null;
            }
            ClassReader reader = new ClassReader(bytes);
            ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
            reader.accept(
                    new ClassVisitor(Opcodes.ASM9, writer) {
                        @Override
                        public MethodVisitor visitMethod(
                                int access, String method, String descriptor, String generic, String[] exceptions) {
                            MethodVisitor visitor = super.visitMethod(access, method, descriptor, generic, exceptions);
                            String signature = signature(method, descriptor);
                            boolean isHooked = (access & (Opcodes.ACC_STATIC | Opcodes.ACC_ABSTRACT)) == 0
                                    && signatures.contains(signature)
                                    && isReplaceable(Type.getReturnType(descriptor));
                            return isHooked ? new Hook(visitor, signature, descriptor) : visitor;
                        }
                    },
                    0);
            return writer.toByteArray();
        }

        private static String signature(String method, String descriptor) {
            return method
                    + Arrays.stream(Type.getArgumentTypes(descriptor))
                            .map(type -> type.getClassName().replaceFirst(".*[.$]", ""))
                            .collect(Collectors.joining(",", "(", ")"));
        }

        /** Whether a recording can stand in for what is returned: not for the engine's own classes. */
        private static boolean isReplaceable(Type returned) {
            return returned.getSort() == Type.VOID
                    || Set.of(
                                    "ai.djl.ndarray.NDArray",
                                    "ai.djl.ndarray.NDList",
                                    "ai.djl.ndarray.NDManager",
                                    "ai.djl.ndarray.internal.NDArrayEx")
                            .contains(returned.getClassName());
        }
    }

    /** The beginning of a method. */
    private static final class Hook extends MethodVisitor {
        private static final Map<Integer, List<String>> BOXES = Map.of(
                Type.BOOLEAN, List.of("java/lang/Boolean", "(Z)Ljava/lang/Boolean;"),
                Type.BYTE, List.of("java/lang/Byte", "(B)Ljava/lang/Byte;"),
                Type.CHAR, List.of("java/lang/Character", "(C)Ljava/lang/Character;"),
                Type.SHORT, List.of("java/lang/Short", "(S)Ljava/lang/Short;"),
                Type.INT, List.of("java/lang/Integer", "(I)Ljava/lang/Integer;"),
                Type.LONG, List.of("java/lang/Long", "(J)Ljava/lang/Long;"),
                Type.FLOAT, List.of("java/lang/Float", "(F)Ljava/lang/Float;"),
                Type.DOUBLE, List.of("java/lang/Double", "(D)Ljava/lang/Double;"));

        private final String signature;
        private final Type[] arguments;
        private final Type returned;

        private Hook(MethodVisitor visitor, String signature, String descriptor) {
            super(Opcodes.ASM9, visitor);
            this.signature = signature;
            this.arguments = Type.getArgumentTypes(descriptor);
            this.returned = Type.getReturnType(descriptor);
        }

        @Override
        public void visitCode() {
            super.visitCode();
            int call = 1 + Arrays.stream(arguments).mapToInt(Type::getSize).sum();
            int answer = call + 1;
            Label goOn = new Label();
            visitMethodInsn(
                    Opcodes.INVOKESTATIC, "java/lang/System", "getProperties", "()Ljava/util/Properties;", false);
            visitLdcInsn(KEY);
            visitMethodInsn(
                    Opcodes.INVOKEVIRTUAL,
                    "java/util/Properties",
                    "get",
                    "(Ljava/lang/Object;)Ljava/lang/Object;",
                    false);
            visitVarInsn(Opcodes.ASTORE, answer);
            visitVarInsn(Opcodes.ALOAD, answer);
            visitJumpInsn(Opcodes.IFNULL, goOn);
            pushCall();
            visitVarInsn(Opcodes.ASTORE, call);
            visitVarInsn(Opcodes.ALOAD, answer);
            visitTypeInsn(Opcodes.CHECKCAST, "java/util/function/Function");
            visitVarInsn(Opcodes.ALOAD, call);
            visitMethodInsn(
                    Opcodes.INVOKEINTERFACE,
                    "java/util/function/Function",
                    "apply",
                    "(Ljava/lang/Object;)Ljava/lang/Object;",
                    true);
            visitVarInsn(Opcodes.ASTORE, answer);
            visitVarInsn(Opcodes.ALOAD, answer);
            visitVarInsn(Opcodes.ALOAD, call);
            visitJumpInsn(Opcodes.IF_ACMPEQ, goOn);
            if (returned.getSort() == Type.VOID) {
                visitInsn(Opcodes.RETURN);
            } else {
                visitVarInsn(Opcodes.ALOAD, answer);
                visitTypeInsn(Opcodes.CHECKCAST, returned.getInternalName());
                visitInsn(Opcodes.ARETURN);
            }
            visitLabel(goOn);
            visitFrame(Opcodes.F_SAME, 0, null, 0, null);
            // The method's own first frame must not be at the same place.
            visitInsn(Opcodes.NOP);
        }

        private void pushCall() {
            visitIntInsn(Opcodes.BIPUSH, arguments.length + 2);
            visitTypeInsn(Opcodes.ANEWARRAY, "java/lang/Object");
            visitInsn(Opcodes.DUP);
            visitInsn(Opcodes.ICONST_0);
            visitVarInsn(Opcodes.ALOAD, 0);
            visitInsn(Opcodes.AASTORE);
            visitInsn(Opcodes.DUP);
            visitInsn(Opcodes.ICONST_1);
            visitLdcInsn(signature);
            visitInsn(Opcodes.AASTORE);
            int at = 1;
            for (int i = 0; i < arguments.length; i++) {
                visitInsn(Opcodes.DUP);
                visitIntInsn(Opcodes.BIPUSH, i + 2);
                visitVarInsn(arguments[i].getOpcode(Opcodes.ILOAD), at);
                List<String> box = BOXES.get(arguments[i].getSort());
                if (box != null) {
                    visitMethodInsn(Opcodes.INVOKESTATIC, box.get(0), "valueOf", box.get(1), false);
                }
                visitInsn(Opcodes.AASTORE);
                at += arguments[i].getSize();
            }
        }
    }
}
