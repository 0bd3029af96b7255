/**
 * The {@code kpp} command line. {@link io.kanerva.tools.Kpp} is the door; each subcommand is a class in
 * {@code command}, pictures are made in {@code image}, the HTML report in {@code report}, and what goes to the terminal
 * while work is under way in {@code terminal}. This module may know all the others; none of them knows it.
 */
package io.kanerva.tools;
