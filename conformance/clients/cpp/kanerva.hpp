#pragma once

#include "graph.hpp"
#include "sampler.hpp"

namespace kanerva {

/** Memories of T samples each; they belong to the model that wrote them, and to its copies. */
class Memory {
    friend class Kanerva;
    std::weak_ptr<const void> model;
    Tensor memory, pointers, contents, features;
};

/** The last iteration's images, [B, Q, Cx, Hx, Wx] in [0, 1], and which sample each query found, [B, Q]. */
struct Recall {
    Tensor images;
    std::vector<std::int64_t> samples;
};

/**
 * An exported Kanerva++ model, open for inference with one thread per call; any number of threads may call it at once.
 * It needs ONNX Runtime's shared library: the one that the environment variable ORT_DYLIB_PATH names, else that of the
 * system. Copies share the graphs. All methods throw Error.
 */
class Kanerva {
public:
    /** Opens a bundle's folder. The folder is trusted: digests are not compared. */
    explicit Kanerva(const std::string& folder) : graphs_(std::make_shared<const Graphs>(folder)) {}
    // Without moves, a model always has graphs.
    Kanerva(const Kanerva&) = default;
    Kanerva& operator=(const Kanerva&) = default;

    /** [Cx, Hx, Wx]. */
    Shape imageShape() const {
        const Shape& shape = graphs_->write.shape("images");
        return {shape.begin() + 2, shape.end()};
    }

    /** An episode [1, N, Cx, Hx, Wx] of N images whose values are bytes: 0 is 0, 255 is 1. */
    Tensor episode(const std::vector<unsigned char>& pixels) const {
        Shape shape = imageShape();
        const auto image = static_cast<std::size_t>(elements(shape));
        if (pixels.empty() || pixels.size() % image != 0) {
            throw Error("pixels: expected a multiple of " + std::to_string(image) + " bytes, an image each, found "
                + std::to_string(pixels.size()));
        }
        shape.insert(shape.begin(), {1, static_cast<std::int64_t>(pixels.size() / image)});
        std::vector<float> data(pixels.size());
        std::transform(pixels.begin(), pixels.end(), data.begin(), [](unsigned char pixel) { return pixel / 255.0F; });
        return {std::move(shape), std::move(data)};
    }

    /** Writes B episodes of T samples, [B, T, Cx, Hx, Wx] in [0, 1], into a memory each, and prepares look-ups. */
    Memory write(const Tensor& episodes) const {
        checkImages("episodes", episodes);
        if (const std::int64_t most = graphs_->capacity; most > 0 && episodes.shape[1] > most) {
            throw Error("out of memory: expected at most " + std::to_string(most) + " samples in one memory, found "
                + std::to_string(episodes.shape[1]));
        }
        Memory written;
        written.model = graphs_;
        auto places = graphs_->write.run({{"images", &episodes}}).floats;
        written.memory = std::move(places.at("memory"));
        written.pointers = std::move(places.at("pointers"));
        auto index = graphs_->index.run({{"memory", &written.memory}, {"pointers", &written.pointers}}).floats;
        written.contents = std::move(index.at("contents"));
        written.features = std::move(index.at("features"));
        return written;
    }

    /**
     * Finds queries [B, Q, Cx, Hx, Wx] in memories by their content, and reads what was found; the images are the next
     * iteration's queries.
     */
    Recall recall(const Memory& memory, const Tensor& queries, int iterations = 1) const {
        checkModel(memory);
        checkImages("queries", queries);
        const std::int64_t memories = memory.memory.shape[0];
        if (queries.shape[0] != memories) {
            throw Error("queries: expected " + std::to_string(memories) + " rows, one per memory, found shape "
                + text(queries.shape));
        }
        if (iterations < 1) {
            throw Error("iterations: expected at least 1, found " + std::to_string(iterations));
        }
        Recall recalled{queries, {}};
        for (int i = 0; i < iterations; i++) {
            auto results = graphs_->recall.run({{"contents", &memory.contents}, {"features", &memory.features},
                {"pointers", &memory.pointers}, {"queries", &recalled.images}});
            recalled = {std::move(results.floats.at("recalled")), std::move(results.integers.at("sample"))};
        }
        return recalled;
    }

    /** Draws `count` images from each memory, [B, count, Cx, Hx, Wx] in [0, 1]. */
    Tensor generate(const Memory& memory, int count, std::int64_t seed) const {
        checkModel(memory);
        if (count < 1) {
            throw Error("count: expected at least 1, found " + std::to_string(count));
        }
        const std::int64_t memories = memory.memory.shape[0];
        const std::int64_t most = std::numeric_limits<std::int32_t>::max() / (memories * graphs_->largest());
        if (count > most) {
            throw Error("count: expected at most " + std::to_string(most) + ", found " + std::to_string(count));
        }
        NormalSampler sampler(seed);
        const auto noise = [&](const std::string& input) {
            Shape shape = graphs_->generate.shape(input);
            shape.at(0) = memories;
            shape.at(1) = count;
            std::vector<float> data(static_cast<std::size_t>(elements(shape)));
            std::generate(data.begin(), data.end(), [&] { return static_cast<float>(sampler.next()); });
            return Tensor{std::move(shape), std::move(data)};
        };
        const Tensor keys = noise("key_noise");
        const Tensor latents = noise("noise");
        auto results = graphs_->generate.run({{"memory", &memory.memory}, {"pointers", &memory.pointers},
            {"key_noise", &keys}, {"noise", &latents}});
        return std::move(results.floats.at("generated"));
    }

private:
    struct Graphs {
        explicit Graphs(const std::string& folder)
            : write(folder, "write", {"images"}, {"memory", "pointers"}),
              index(folder, "index", {"memory", "pointers"}, {"contents", "features"}),
              recall(folder, "recall", {"contents", "features", "pointers", "queries"}, {"recalled", "sample"}),
              generate(folder, "generate", {"memory", "key_noise", "noise"}, {"generated"}) {
            write.check("images", 5);
            generate.check("key_noise", 4);
            generate.check("noise", 3);
            // The exporter's text has no blanks.
            const std::string settings = write.metadata("kanerva.settings"), name = "\"capacity\":";
            const std::size_t at = settings.find(name);
            if (at != std::string::npos) {
                capacity = std::atoll(settings.c_str() + at + name.size());
            }
        }

        /** The elements of an image or, if that has more, of its noise. */
        std::int64_t largest() const {
            const auto each = [](const Shape& shape) { return elements({shape.begin() + 2, shape.end()}); };
            return std::max({each(write.shape("images")), each(generate.shape("key_noise")),
                each(generate.shape("noise"))});
        }

        detail::Graph write, index, recall, generate;
        std::int64_t capacity = 0;  // the samples that a memory takes; 0: any number
    };

    static std::int64_t elements(const Shape& shape) {
        std::int64_t count = 1;
        for (const std::int64_t size : shape) {
            count *= size;
        }
        return count;
    }

    void checkModel(const Memory& memory) const {
        if (memory.model.lock() != graphs_) {
            throw Error("memory: expected one that this model wrote, found one of another model");
        }
    }

    /** Refuses another shape than [B, T, Cx, Hx, Wx] and values outside [0, 1]. */
    void checkImages(const std::string& name, const Tensor& images) const {
        const Shape& wanted = graphs_->write.shape("images");
        bool fits = images.shape.size() == wanted.size();
        std::size_t left = images.data.size();
        for (std::size_t i = 0; fits && i < wanted.size(); i++) {
            const std::int64_t size = images.shape[i];
            fits = size >= 1 && (wanted[i] < 0 || size == wanted[i]) && left % static_cast<std::size_t>(size) == 0;
            left = fits ? left / static_cast<std::size_t>(size) : 0;
        }
        if (!fits || left != 1) {
            throw Error(name + ": expected shape [B, T, " + text(imageShape()).substr(1) + ", found "
                + std::to_string(images.data.size()) + " values of shape " + text(images.shape));
        }
        for (std::size_t i = 0; i < images.data.size(); i++) {
            if (!(images.data[i] >= 0 && images.data[i] <= 1)) {
                throw Error(name + ": expected values in [0, 1], found " + std::to_string(images.data[i]) + " at index "
                    + std::to_string(i));
            }
        }
    }

    std::shared_ptr<const Graphs> graphs_;
};

}  // namespace kanerva
