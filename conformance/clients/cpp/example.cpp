// Writes images into a memory, mends damaged ones, draws sixteen new ones: example BUNDLE IMAGES DAMAGED OUT, where
// images are files of bytes, and OUT gets the recalled and the new images as float32.
#include "kanerva.hpp"

#include <iostream>
#include <iterator>

static std::vector<unsigned char> read(const char* file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

int main(int, char** arguments) try {
    const kanerva::Kanerva model(arguments[1]);
    const auto images = model.episode(read(arguments[2])), damaged = model.episode(read(arguments[3]));

    const auto memory = model.write(images);
    const auto recall = model.recall(memory, damaged, 3);
    const auto dream = model.generate(memory, 16, 7);

    std::ofstream out(arguments[4], std::ios::binary);
    for (const auto* tensor : {&recall.images, &dream}) {
        out.write(reinterpret_cast<const char*>(tensor->data.data()), tensor->data.size() * sizeof(float));
    }
    return out.flush() ? 0 : 1;
} catch (const kanerva::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
