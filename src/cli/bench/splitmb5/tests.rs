//! Checks of the problem against its reference implementation, of its true front, and of the search on it.

use super::*;

/// 200 random genomes evaluated by the reference implementation.
const GOLDEN: &str = include_str!("golden.tsv");

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs()
}

#[test]
fn the_published_check_vectors_are_met() {
    let least = evaluate(&[0; GENES]);
    assert!(close(least.latency_seconds, 0.003_980_675));
    assert!(close(least.capacity, 39.028_004_510_191_36));
    assert_eq!(least.memory_bytes, MEMORY_LIMIT_BYTES - 459_344);
    let last: Vec<u8> = genes().iter().map(|gene| gene.cardinality - 1).collect();
    let most = evaluate(&last);
    assert!(close(most.latency_seconds, 0.158_906_079_999_999_84));
    assert!(close(most.capacity, 91.303_695_000_793_92));
    assert_eq!(most.memory_bytes, MEMORY_LIMIT_BYTES + 4_045_744);
}

#[test]
fn equals_the_reference_implementation() {
    let mut compared = 0;
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let genome: Vec<u8> = columns[0].split(',').map(|value| value.parse().unwrap()).collect();
        let evaluation = evaluate(&genome);
        assert!(close(evaluation.latency_seconds, columns[1].parse().unwrap()), "{line}");
        assert!(close(-evaluation.capacity, columns[2].parse().unwrap()), "{line}");
        assert_eq!(evaluation.memory_bytes.cast_signed() - 524_288, columns[3].parse::<i64>().unwrap(), "{line}");
        compared += 1;
    }
    assert_eq!(compared, 200);
}

#[test]
fn repair_changes_no_evaluation() {
    let mut genome = [0; GENES];
    genome[21] = 20;
    let before = evaluate(&genome);
    repair(&mut genome);
    assert_eq!((genome[21], evaluate(&genome)), (10, before));
}

#[test]
fn excesses_over_the_limits_add_up() {
    let evaluation = ProblemCost { latency_seconds: 0.06, capacity: 50.0, memory_bytes: 655_360 };
    assert!((evaluation.outcome().violation - 0.45).abs() < 1e-12);
}

#[test]
fn the_search_reaches_the_front_soon() {
    let mut to_99: Vec<usize> =
        (0..5).map(|seed| run(seed, 2_000).evaluations_to(0.99).unwrap_or(usize::MAX)).collect();
    to_99.sort_unstable();
    assert!(to_99[2] <= 1_500, "{to_99:?}");
}
