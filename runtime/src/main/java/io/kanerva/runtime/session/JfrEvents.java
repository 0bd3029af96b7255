package io.kanerva.runtime.session;

import jdk.jfr.FlightRecorder;

/**
 * Whether the flight recorder wants an event. Event classes are not loaded until it runs: loading the first takes some
 * 0.2 seconds.
 */
final class JfrEvents {

    private JfrEvents() {}

    static boolean wantsCalls() {
        return FlightRecorder.isInitialized() && CallEvent.isOn();
    }

    static boolean wantsGraphs() {
        return FlightRecorder.isInitialized() && GraphEvent.isOn();
    }
}
