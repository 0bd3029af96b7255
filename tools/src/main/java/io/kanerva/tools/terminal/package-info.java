/** What a person sees on the terminal while work is under way. */
package io.kanerva.tools.terminal;
