/** A Spring Boot service around {@link io.kanerva.runtime.Kanerva}. */
package io.kanerva.example.service;
