package io.kanerva.exporter.trace.block;

import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Finds which blocks computed the operations of a recording.
 *
 * <p>The stack shows the classes of the running blocks, not the objects. Among siblings of one class, the object is
 * known by the parameters that it reads, by the place that calls it, or by its position in a block that runs its
 * children in order. Where all this leaves several, the path ends at their parent: it is never a guess.
 */
public final class BlockPaths {
    private final BlockTree tree;
    private final List<Event> events = new ArrayList<>();

    /**
     * Something that a block did.
     *
     * @param site identifies an operation; null if a parameter was read
     * @param calls the blocks that were running
     * @param owner the block whose parameter was read, null if an operation was recorded
     */
    private record Event(CallSite site, List<BlockCall> calls, BlockTree.Node owner) {}

    public BlockPaths(BlockTree tree) {
        this.tree = tree;
    }

    /** Notes that a block reads a parameter. */
    public void read(Parameter parameter, List<BlockCall> calls) {
        BlockTree.Node owner = tree.owner(parameter);
        if (owner != null) {
            events.add(new Event(null, calls, owner));
        }
    }

    /** Notes that a block runs an operation. */
    public void step(CallSite.Running running) {
        events.add(new Event(running.site(), running.calls(), null));
    }

    /** The path of each operation's block, by the identity of its site. */
    public Map<CallSite, String> find() {
        Map<CallSite, String> paths = new IdentityHashMap<>();
        locate(tree.root(), 1, events, paths);
        return paths;
    }

    /** Distributes what happened while a block was running among it and its children. */
    private void locate(BlockTree.Node node, int level, List<Event> inside, Map<CallSite, String> paths) {
        Map<Integer, List<Event>> places = new LinkedHashMap<>();
        for (Event event : inside) {
            if (event.site() != null) {
                paths.put(event.site(), node.path());
            }
            if (event.calls().size() > level) {
                places.computeIfAbsent(event.calls().get(level).from(), place -> new ArrayList<>())
                        .add(event);
            }
        }
        Map<BlockTree.Node, List<Event>> children = new LinkedHashMap<>();
        places.values().forEach(called -> {
            int[] found = called(node, level, called);
            for (int i = 0; i < found.length; i++) {
                if (found[i] >= 0) {
                    children.computeIfAbsent(node.children().get(found[i]), child -> new ArrayList<>())
                            .add(called.get(i));
                }
            }
        });
        children.forEach((child, events) -> locate(child, level + 1, events, paths));
    }

    /** For each event, the position of the child that one place in a block's code called; -1 if it is not certain. */
    private static int[] called(BlockTree.Node node, int level, List<Event> events) {
        int[] read = events.stream()
                .mapToInt(event -> reader(node, event, event.calls().get(level).type()))
                .toArray();
        Set<Integer> readers = Arrays.stream(read).boxed().collect(Collectors.toSet());
        readers.remove(-1);
        Class<?> parent = events.get(0).calls().get(level - 1).type();
        boolean isInOrder = parent == SequentialBlock.class || parent == ParallelBlock.class;
        List<BlockCall> calls =
                events.stream().map(event -> event.calls().get(level)).toList();
        int[] found = new int[events.size()];
        for (int i = 0; i < found.length; i++) {
            Set<Integer> candidates = candidates(node, calls.get(i).type());
            if (read[i] >= 0) {
                found[i] = read[i];
                continue;
            }
            if (candidates.size() > 1 && !isInOrder && readers.size() == 1) {
                candidates.retainAll(readers);
            }
            found[i] = candidates.size() == 1
                    ? candidates.iterator().next()
                    : between(calls, read, i, candidates, isInOrder, readers.containsAll(candidates));
        }
        return found;
    }

    /** The child whose parameter is read; -1 for an operation, or if another block than the child reads it. */
    private static int reader(BlockTree.Node node, Event event, Class<?> type) {
        BlockTree.Node child = event.owner() == null ? null : event.owner().below(node);
        return child == null || !type.isInstance(child.block())
                ? -1
                : node.children().indexOf(child);
    }

    /** The positions of the children that a method of a class can be running for, in order. */
    private static Set<Integer> candidates(BlockTree.Node node, Class<?> type) {
        return IntStream.range(0, node.children().size())
                .filter(i -> type.isInstance(node.children().get(i).block()))
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * The child that ran between two that read parameters; -1 if it is not certain.
     *
     * @param read the child whose parameter was read, -1 for an operation
     * @param isInOrder whether the children run in order
     * @param doAllRead whether all candidates read parameters whenever they run
     */
    private static int between(
            List<BlockCall> calls,
            int[] read,
            int index,
            Set<Integer> candidates,
            boolean isInOrder,
            boolean doAllRead) {
        int start = IntStream.iterate(index, i -> i - 1)
                .filter(i -> i == 0 || read[i - 1] >= 0)
                .findFirst()
                .orElseThrow();
        int end = IntStream.range(index, read.length)
                .filter(i -> read[i] >= 0)
                .findFirst()
                .orElse(read.length);
        int before = start > 0 ? read[start - 1] : -1;
        int after = end < read.length ? read[end] : Integer.MAX_VALUE;
        List<Integer> possible = candidates.stream()
                .filter(child -> isInOrder && before <= after
                        ? before <= child && child <= after
                        : doAllRead && (child == before || child == after))
                .toList();
        if (possible.size() == 1) {
            return possible.get(0);
        }
        BlockCall call = calls.get(index);
        if (possible.equals(List.of(before, after))) {
            int[] returns = IntStream.range(start, end + 1)
                    .filter(i -> isReturn(calls, i, start - 1))
                    .toArray();
            return returns.length != 1 ? -1 : index < returns[0] ? before : after;
        }
        // Several in a row: certain if each calls a function of its own.
        List<Integer> functions = calls.subList(start, end).stream()
                .filter(other -> other.type() == call.type())
                .map(BlockCall::function)
                .distinct()
                .toList();
        return isInOrder && call.type() == LambdaBlock.class && functions.size() == possible.size()
                ? possible.get(functions.indexOf(call.function()))
                : -1;
    }

    /** Whether the code of a class returns to an earlier instruction, as the next block of the class does. */
    private static boolean isReturn(List<BlockCall> calls, int index, int first) {
        for (int i = index - 1; i >= first; i--) {
            if (calls.get(i).type() == calls.get(index).type()) {
                return calls.get(index).position() < calls.get(i).position();
            }
        }
        return false;
    }
}
