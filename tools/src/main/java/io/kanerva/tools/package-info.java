/**
 * The {@code kpp} command line. {@link io.kanerva.tools.Kpp} starts it; each subcommand is a class in a package below
 * {@code command}. The other packages serve the subcommands: {@code run} (training runs), {@code bundle},
 * {@code experiment}, {@code image}, {@code report} (HTML) and {@code terminal}. This module may depend on all the
 * others; none of them depends on it.
 */
package io.kanerva.tools;
