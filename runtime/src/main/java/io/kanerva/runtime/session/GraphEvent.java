package io.kanerva.runtime.session;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** In a JFR recording: one run of a graph in ONNX Runtime. */
@Name("io.kanerva.Graph")
@Label("Kanerva Graph")
@Description("A graph's run in ONNX Runtime")
@Category("Kanerva")
@StackTrace(false)
final class GraphEvent extends Event {

    private static final GraphEvent PROBE = new GraphEvent();

    @Label("Bundle")
    String bundle;

    @Label("Graph")
    String graph;

    @Label("Episodes")
    int episodes;

    @Label("Samples or Queries")
    int count;

    /** Whether a recording wants these events: otherwise none is made. */
    static boolean isOn() {
        return PROBE.isEnabled();
    }
}
