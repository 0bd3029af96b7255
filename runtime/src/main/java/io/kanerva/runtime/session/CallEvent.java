package io.kanerva.runtime.session;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** In a JFR recording: one call of a model, from its tensors' being ready to its result. */
@Name("io.kanerva.Call")
@Label("Kanerva Call")
@Description("A call of a Kanerva++ model; large ones are several, one for each part")
@Category("Kanerva")
@StackTrace(false)
final class CallEvent extends Event {

    private static final CallEvent PROBE = new CallEvent();

    @Label("Bundle")
    String bundle;

    @Label("Call")
    String call;

    @Label("Episodes")
    int episodes;

    @Label("Samples or Queries")
    int count;

    /** Whether a recording wants these events: otherwise none is made. */
    static boolean isOn() {
        return PROBE.isEnabled();
    }
}
