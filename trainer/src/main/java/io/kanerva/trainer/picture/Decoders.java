package io.kanerva.trainer.picture;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.spi.ServiceRegistry;

/**
 * One decoder for each format: the JDK's for PNG, GIF and BMP, TwelveMonkeys' for JPEG and TIFF, and libwebp. They are
 * named here rather than looked up, so that what a picture decodes to does not depend on the plug-ins that a service
 * has on its class path, and the registry that all code in a JVM shares stays as it is.
 */
final class Decoders {
    private static final Map<PictureFormat, ImageReaderSpi> ALL = all();

    private Decoders() {}

    /** A new decoder, which the caller disposes. */
    static ImageReader of(PictureFormat format) throws IOException {
        return ALL.get(format).createReaderInstance();
    }

    private static Map<PictureFormat, ImageReaderSpi> all() {
        // The JPEG plug-in looks for the JDK's decoder, which it builds on, in the registry that it is put into.
        ServiceRegistry own =
                new ServiceRegistry(List.<Class<?>>of(ImageReaderSpi.class).iterator());
        own.registerServiceProvider(jdk("jpeg"), ImageReaderSpi.class);
        ImageReaderSpi jpeg = new JPEGImageReaderSpi();
        own.registerServiceProvider(jpeg, ImageReaderSpi.class);
        Map<PictureFormat, ImageReaderSpi> all = new EnumMap<>(PictureFormat.class);
        all.put(PictureFormat.PNG, jdk("png"));
        all.put(PictureFormat.GIF, jdk("gif"));
        all.put(PictureFormat.JPEG, jpeg);
        all.put(PictureFormat.BMP, jdk("bmp"));
        all.put(PictureFormat.WEBP, new WebPImageReaderSpi());
        all.put(PictureFormat.TIFF, new TIFFImageReaderSpi());
        return all;
    }

    private static ImageReaderSpi jdk(String format) {
        Iterator<ImageReaderSpi> found =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
        while (found.hasNext()) {
            ImageReaderSpi spi = found.next();
            if (spi.getClass().getName().startsWith("com.sun.imageio.plugins." + format + ".")) {
                return spi;
            }
        }
        throw new IllegalStateException("expected the JDK's decoder of %s files, found none".formatted(format));
    }
}
