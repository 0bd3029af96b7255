/**
 * Brings data sets from their public homes into a cache folder: {@link io.kanerva.trainer.fetch.Catalogue} says what
 * lies where, {@link io.kanerva.trainer.fetch.DataCache} fetches and checks it. The cache is laid out as a data folder,
 * so {@link io.kanerva.trainer.data.DataSource} reads from it. Knows the JDK, Jackson and Commons Compress; neither DJL
 * nor the model.
 */
package io.kanerva.trainer.fetch;
