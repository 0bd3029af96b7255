#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace kanerva {

/** Ten rounds of Philox4x32 over a counter and a key, the lowest word first. */
inline std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; round++) {
        const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(second),
            static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(first)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

/** The standard normal numbers of a seed, the same ones in every language: see conformance/SAMPLER.md. */
class NormalSampler {
public:
    explicit NormalSampler(std::int64_t seed)
        : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed) >> 32)} {}

    /** The next number of the sequence. */
    double next() {
        if (at_ == ready_.size()) {
            const auto high = static_cast<std::uint32_t>(block_ >> 32);
            const auto words = philox({static_cast<std::uint32_t>(block_), high}, key_);
            block_++;
            for (std::size_t i = 0; i < 4; i += 2) {
                const double length = std::sqrt(-2 * std::log(uniform(words[i])));
                const double angle = 2 * 3.14159265358979323846 * uniform(words[i + 1]);
                ready_[i] = length * std::cos(angle);
                ready_[i + 1] = length * std::sin(angle);
            }
            at_ = 0;
        }
        return ready_[at_++];
    }

private:
    static double uniform(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

    std::array<std::uint32_t, 2> key_;
    std::uint64_t block_ = 0;
    std::array<double, 4> ready_{};
    std::size_t at_ = ready_.size();
};

}  // namespace kanerva
