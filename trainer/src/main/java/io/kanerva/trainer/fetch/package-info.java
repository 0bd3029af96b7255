/**
 * Downloads data sets into a cache folder: {@link io.kanerva.trainer.fetch.Catalogue} lists the files and their URLs,
 * {@link io.kanerva.trainer.fetch.DataCache} downloads and verifies them. {@link io.kanerva.trainer.data.DataSource}
 * reads the cache like any data folder. Depends on the JDK, Jackson and Commons Compress, not on DJL or the model.
 */
package io.kanerva.trainer.fetch;
