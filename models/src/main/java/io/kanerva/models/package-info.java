/**
 * The pretrained bundles that ship, as resources of this jar: {@code io/kanerva/models/NAME/}. Depends on nothing; the
 * runtime opens them with {@code Kanerva.loadResource(Models.class.getClassLoader(), Models.resource(name), device)}.
 */
package io.kanerva.models;
