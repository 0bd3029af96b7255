package io.kanerva.runtime.session;

import jdk.jfr.FlightRecorder;

/**
 * Whether the flight recorder wants an event. The classes of events are not touched before it runs: loading the first
 * takes some 0.2 seconds.
 */
final class Recorder {

    private Recorder() {}

    static boolean wantsCalls() {
        return FlightRecorder.isInitialized() && CallEvent.isOn();
    }

    static boolean wantsGraphs() {
        return FlightRecorder.isInitialized() && GraphEvent.isOn();
    }
}
