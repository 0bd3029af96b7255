// test BUNDLES SCRATCH: the random numbers, and what is refused; SCRATCH is an empty folder.
#include "kanerva.hpp"

#include <filesystem>
#include <functional>
#include <iostream>

static int failures = 0;

static void check(const std::string& expected, const std::string& found) {
    if (found.compare(0, expected.size(), expected) != 0) {
        std::cerr << "expected '" << expected << "', found '" << found << "'\n";
        failures++;
    }
}

static void refuses(const std::string& expected, const std::function<void()>& call) {
    try {
        call();
        check(expected, "nothing refused");
    } catch (const kanerva::Error& error) {
        check(expected, error.what());
    }
}

int main(int, char** arguments) {
    using Words = std::array<std::uint32_t, 4>;
    const std::uint32_t full = 0xFFFFFFFF;
    const bool vectors = kanerva::philox({}, {}) == Words{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}
        && kanerva::philox({full, full, full, full}, {full, full})
            == Words{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}
        && kanerva::philox({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0})
            == Words{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1};
    check("its authors' test vectors", vectors ? "its authors' test vectors" : "other words of Philox");

    const std::string bundles = arguments[1];
    const kanerva::Kanerva model(bundles + "/fashion-mnist"), other(bundles + "/fashion-mnist");
    const kanerva::Tensor images = model.episode(std::vector<unsigned char>(2 * 784));
    const kanerva::Memory memory = model.write(images);
    kanerva::Tensor nan{{1, 1, 1, 28, 28}, std::vector<float>(784)};
    nan.data[5] = NAN;
    refuses(bundles + "/none/write.onnx: expected the bundle's graph, found no readable file",
        [&] { kanerva::Kanerva(bundles + "/none"); });
    refuses("pixels: expected a multiple of 784 bytes, an image each, found 785",
        [&] { model.episode(std::vector<unsigned char>(785)); });
    refuses("episodes: expected shape [B, T, 1, 28, 28], found 756 values of shape [1, 1, 1, 28, 27]",
        [&] { model.write({{1, 1, 1, 28, 27}, std::vector<float>(756)}); });
    refuses("episodes: expected shape [B, T, 1, 28, 28], found 784 values of shape [1, 2, 1, 28, 28]",
        [&] { model.write({{1, 2, 1, 28, 28}, std::vector<float>(784)}); });
    refuses("episodes: expected values in [0, 1], found nan at index 5", [&] { model.write(nan); });
    refuses("queries: expected 1 rows, one per memory, found shape [2, 1, 1, 28, 28]",
        [&] { model.recall(memory, {{2, 1, 1, 28, 28}, images.data}); });
    refuses("iterations: expected at least 1, found 0", [&] { model.recall(memory, images, 0); });
    refuses("count: expected at least 1, found 0", [&] { model.generate(memory, 0, 1); });
    refuses("memory: expected one that this model wrote, found one of another model",
        [&] { other.generate(memory, 1, 1); });
    // The next model may well get the address of the one that is gone.
    kanerva::Memory orphan;
    {
        const kanerva::Kanerva gone(bundles + "/fashion-mnist");
        orphan = gone.write(images);
    }
    const kanerva::Kanerva next(bundles + "/fashion-mnist"), copy(next);
    refuses("memory: expected one that this model wrote, found one of another model",
        [&] { next.generate(orphan, 1, 1); });
    refuses("memory: expected one that this model wrote, found one of another model",
        [&] { next.generate(kanerva::Memory(), 1, 1); });
    check("[1, 1, 1, 28, 28]", kanerva::text(copy.generate(next.write(images), 1, 1).shape));
    refuses("count: expected at most 2739137, found 2147483647",
        [&] { model.generate(memory, std::numeric_limits<int>::max(), 1); });
    const kanerva::Kanerva pooled(bundles + "/mnist-pooled-fp16");
    refuses("out of memory: expected at most 32 samples in one memory, found 33",
        [&] { pooled.write(pooled.episode(std::vector<unsigned char>(33 * 784))); });
    check("[1, 1, 1, 28, 28]",
        kanerva::text(pooled.generate(pooled.write(pooled.episode(std::vector<unsigned char>(32 * 784))), 1, 1).shape));
    const std::string scratch = arguments[2];
    const auto copyFile = [&](const std::string& file) {
        std::filesystem::copy_file(bundles + "/fashion-mnist/" + file, scratch + "/" + file);
    };
    copyFile("bundle.json");
    refuses(scratch + "/write.onnx: expected the bundle's graph, found no readable file; kpp renew adds it to an older",
        [&] { kanerva::Kanerva{scratch}; });
    for (const char* graph : {"write", "index", "recall", "generate"}) {
        copyFile(std::string(graph) + ".onnx");
    }
    const auto size = std::filesystem::file_size(scratch + "/write.onnx");
    std::fstream(scratch + "/write.onnx", std::ios::in | std::ios::out | std::ios::binary).seekp(size / 2)
        << std::string(8, '\xFF');  // a weight becomes NaN, wherever it begins
    refuses(scratch + "/write.onnx: expected finite numbers in 'memory', found others",
        [&] { kanerva::Kanerva{scratch}.write(images); });
    std::cout << "C++: " << 18 - failures << " passed, " << failures << " failed\n";
    return failures;
}
