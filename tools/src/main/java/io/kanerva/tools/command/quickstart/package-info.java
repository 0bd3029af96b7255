/** {@code kpp quickstart}: from images to a report, in one command. */
package io.kanerva.tools.command.quickstart;
