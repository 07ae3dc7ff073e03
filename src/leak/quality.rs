//! Likeness of rebuilt pictures to the true ones. Values of pixels are between 0 and 1.

/// Side of the window of the structural similarity.
const WINDOW: usize = 7;
/// Constants of the structural similarity (Wang et al., "Image quality assessment", 2004), for values up to 1.
const STABILISERS: [f64; 2] = [0.01 * 0.01, 0.03 * 0.03];
/// Peak signal-to-noise ratio of a perfect copy, in decibels; it has none.
const PERFECT_DB: f64 = 99.0;

/// Share of the variance around `means` that the rebuilt values explain, 0 if they are no better than the means.
pub(super) fn explained(truth: &[f64], rebuilt: &[f64], means: &[f64]) -> f64 {
    let distance = |other: &[f64]| truth.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let whole = distance(means);
    if whole > 0.0 { (1.0 - distance(rebuilt) / whole).max(0.0) } else { 0.0 }
}

/// Peak signal-to-noise ratio in decibels.
pub(super) fn psnr_db(truth: &[f64], rebuilt: &[f64]) -> f64 {
    let error = truth.iter().zip(rebuilt).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / truth.len().max(1) as f64;
    if error > 0.0 { (-10.0 * error.log10()).min(PERFECT_DB) } else { PERFECT_DB }
}

/// Mean structural similarity of two planes of `side` by `side` pixels, over all windows of 7 by 7.
pub(super) fn similarity(truth: &[f64], rebuilt: &[f64], side: usize) -> f64 {
    let window = WINDOW.min(side);
    let places = side - window + 1;
    let mut total = 0.0;
    for top in 0..places {
        for left in 0..places {
            let pixels =
                (top..top + window).flat_map(|row| (left..left + window).map(move |column| row * side + column));
            total += window_similarity(pixels.map(|at| (truth[at], rebuilt[at])), (window * window) as f64);
        }
    }
    total / (places * places) as f64
}

fn window_similarity(pixels: impl Iterator<Item = (f64, f64)>, count: f64) -> f64 {
    let [mut a, mut b, mut aa, mut bb, mut ab] = [0.0; 5];
    for (x, y) in pixels {
        a += x;
        b += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    let (a, b) = (a / count, b / count);
    let [variance_a, variance_b, covariance] = [aa / count - a * a, bb / count - b * b, ab / count - a * b];
    let [c1, c2] = STABILISERS;
    (2.0 * a * b + c1) * (2.0 * covariance + c2) / ((a * a + b * b + c1) * (variance_a + variance_b + c2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_perfect_and_the_mean_explains_nothing() {
        let truth: Vec<f64> = (0..64).map(|at| f64::from(at % 9) / 9.0).collect();
        let mean = vec![truth.iter().sum::<f64>() / 64.0; 64];
        assert!((explained(&truth, &truth, &mean) - 1.0).abs() < 1e-12 && explained(&truth, &mean, &mean) == 0.0);
        assert!((similarity(&truth, &truth, 8) - 1.0).abs() < 1e-12 && similarity(&truth, &mean, 8) < 0.1);
        assert!((psnr_db(&truth, &truth) - PERFECT_DB).abs() < 1e-12);
        // An error of 0.1 everywhere is 20 dB.
        let off: Vec<f64> = truth.iter().map(|value| value + 0.1).collect();
        assert!((psnr_db(&truth, &off) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn constant_pictures_have_nothing_to_explain() {
        assert!(explained(&[0.5; 4], &[0.5; 4], &[0.5; 4]) == 0.0);
    }
}
