/** The page to play with a memory: its files, and the server of {@code kpp play}. */
package io.kanerva.tools.play;
