/** Progress and status lines on the terminal. */
package io.kanerva.tools.terminal;
