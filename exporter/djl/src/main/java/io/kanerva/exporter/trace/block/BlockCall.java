package io.kanerva.exporter.trace.block;

import ai.djl.nn.AbstractBaseBlock;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import java.lang.StackWalker.StackFrame;
import java.util.ArrayList;
import java.util.List;

/**
 * One running {@code forward} of a block, as the stack shows it: the class, but not the object.
 *
 * @param type the class whose method runs, or a superclass of the block's class
 * @param from the instructions in the parent's methods that called the block, as a hash
 * @param position the instruction in the block's own method that is running
 * @param function the first method that the block calls outside its own class, as a hash; tells lambda blocks apart
 */
record BlockCall(Class<?> type, int from, int position, int function) {

    /** The blocks that are running, outermost first; frames are given innermost first. */
    static List<BlockCall> of(List<StackFrame> frames) {
        List<BlockCall> calls = new ArrayList<>();
        Class<?> type = null;
        int from = 0;
        int position = 0;
        int function = 0;
        int path = 0;
        Class<?> outer = null;
        boolean wasForward = false;
        for (int i = frames.size() - 1; i >= 0; i--) {
            StackFrame frame = frames.get(i);
            Class<?> declaring = frame.getDeclaringClass();
            boolean isBlock = Block.class.isAssignableFrom(declaring);
            boolean isForward = isBlock && frame.getMethodName().equals("forward");
            boolean isBody =
                    isBlock && !isGeneral(declaring) && frame.getMethodName().startsWith("forward");
            boolean isDelegated = wasForward && (outer == Block.class || outer == declaring);
            if (isForward && !isDelegated) {
                if (type != null) {
                    calls.add(new BlockCall(type, from, position, function));
                }
                type = null;
                from = path;
                function = 0;
                path = 0;
            }
            if (isBody && (type == null || path == 0)) {
                type = declaring;
                position = frame.getByteCodeIndex();
            }
            if (type != null) {
                path = 31 * (31 * path + frame.getMethodName().hashCode()) + frame.getByteCodeIndex();
                if (function == 0
                        && declaring != LambdaBlock.class
                        && !declaring.getName().startsWith("java.")) {
                    function = 31 * declaring.hashCode() + frame.getMethodName().hashCode();
                }
            }
            outer = declaring;
            wasForward = isForward;
        }
        if (type != null) {
            calls.add(new BlockCall(type, from, position, function));
        }
        return List.copyOf(calls);
    }

    /** Whether a class only passes a call on to the block's own method. */
    private static boolean isGeneral(Class<?> type) {
        return type == Block.class || type == AbstractBaseBlock.class;
    }

    /** The class's name without its package; also of an anonymous class. */
    String name() {
        return type.getName().substring(type.getName().lastIndexOf('.') + 1);
    }
}
