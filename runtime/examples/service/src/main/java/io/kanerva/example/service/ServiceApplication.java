package io.kanerva.example.service;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Options;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** A service that keeps memories in a database: writes images into them, recalls images from them and frees them. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class ServiceApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(ServiceApplication.class, arguments);
    }

    /** One model serves all requests. Spring closes it after the web server has finished the running ones. */
    @Bean(destroyMethod = "close")
    Kanerva kanerva(ServiceSettings settings) {
        int callers = Math.min(Runtime.getRuntime().availableProcessors(), Options.MAX_CALLERS);
        return Kanerva.loadResource(
                ServiceApplication.class.getClassLoader(),
                settings.bundle(),
                Options.on(Device.AUTO).withCallers(callers));
    }

    /** At {@code /actuator/health}, beside the database's. The model was run when it was loaded. */
    @Bean
    HealthIndicator kanervaHealthIndicator(Kanerva kanerva) {
        return () -> Health.up()
                .withDetail("model", kanerva.bundle().name())
                .withDetail("device", kanerva.device())
                .build();
    }
}
