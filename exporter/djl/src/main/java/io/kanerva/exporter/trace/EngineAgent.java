package io.kanerva.exporter.trace;

import com.sun.tools.attach.VirtualMachine;
import java.lang.instrument.Instrumentation;

/**
 * The Java agent with which {@link EngineHooks} adds hooks to the engine's classes. Public only because Java calls it:
 * with {@code -javaagent:kanerva-exporter.jar}, or when it is attached.
 */
public final class EngineAgent {
    private static volatile Instrumentation instrumentation;

    private EngineAgent() {}

    /** Called by Java at its start. */
    public static void premain(String arguments, Instrumentation given) {
        instrumentation = given;
    }

    /** Called by Java when the agent is attached. */
    public static void agentmain(String arguments, Instrumentation given) {
        instrumentation = given;
    }

    /** What Java gave the agent; null if it was not started. */
    public static Instrumentation instrumentation() {
        return instrumentation;
    }

    /**
     * Attaches the agent to a running Java, which must not do so itself.
     *
     * @param arguments the process's id, and the path of the agent's jar
     */
    public static void main(String[] arguments) throws Exception {
        VirtualMachine machine = VirtualMachine.attach(arguments[0]);
        try {
            machine.loadAgent(arguments[1]);
        } finally {
            machine.detach();
        }
    }
}
