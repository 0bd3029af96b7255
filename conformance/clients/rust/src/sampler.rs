//! Standard normal numbers from a seed: Philox4x32-10 and Box-Muller, as specified in conformance/SAMPLER.md.

use std::f64::consts::TAU;

/// Runs ten rounds of Philox4x32 over a counter and a key, the lowest word first.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let first = 0xD251_1F53 * u64::from(counter[0]);
        let second = 0xCD9E_8D57 * u64::from(counter[2]);
        counter = [
            (second >> 32) as u32 ^ counter[1] ^ key[0],
            second as u32,
            (first >> 32) as u32 ^ counter[3] ^ key[1],
            first as u32,
        ];
        key[0] = key[0].wrapping_add(0x9E37_79B9);
        key[1] = key[1].wrapping_add(0xBB67_AE85);
    }
    counter
}

/// The sequence of a seed, the same one in every language. It never ends.
pub struct NormalSampler {
    key: [u32; 2],
    block: u64,
    ready: [f64; 4],
    at: usize,
}

impl NormalSampler {
    pub fn new(seed: i64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], block: 0, ready: [0.0; 4], at: 4 }
    }
}

impl Iterator for NormalSampler {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        if self.at == 4 {
            let counter = [self.block as u32, (self.block >> 32) as u32, 0, 0];
            let uniform = philox(counter, self.key).map(|word| (f64::from(word) + 0.5) * 2f64.powi(-32));
            self.block += 1;
            for i in [0, 2] {
                let (length, angle) = ((-2.0 * uniform[i].ln()).sqrt(), TAU * uniform[i + 1]);
                self.ready[i] = length * angle.cos();
                self.ready[i + 1] = length * angle.sin();
            }
            self.at = 0;
        }
        self.at += 1;
        Some(self.ready[self.at - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_matches_its_authors_test_vectors() {
        let pi = [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344];
        for (counter, key, expected) in [
            ([0; 4], [0; 2], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
            (pi, [0xA409_3822, 0x299F_31D0], [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]),
        ] {
            assert_eq!(philox(counter, key), expected);
        }
    }
}
