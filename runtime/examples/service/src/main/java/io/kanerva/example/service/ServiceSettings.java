package io.kanerva.example.service;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings below {@code kanerva} in application.yaml.
 *
 * @param bundle the model's folder on the class path
 * @param deadline what one call of the model may take
 * @param maxImages images in one request, at most
 */
@ConfigurationProperties("kanerva")
public record ServiceSettings(String bundle, Duration deadline, int maxImages) {}
