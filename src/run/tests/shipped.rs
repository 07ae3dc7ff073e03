//! The accuracies of the run that comes with the program can be measured again.

use crate::data::Samples;
use crate::record::{Measurement, Precision, Subset};
use crate::run::{EvaluatorOptions, RunArchive, RunEvaluator};

/// Objects by which an accuracy may differ on another processor, whose vectors add up in another order.
const TOLERANCE: f64 = 2.0;

#[test]
fn shipped_weights_tell_the_normalisation_of_their_training_objects() {
    let (_folder, run) = RunArchive::shipped().unwrap().unpack().unwrap();
    let evaluator = RunEvaluator::open(&run, EvaluatorOptions::default(), &|_, _| {}).unwrap();
    let inputs = evaluator.evaluator().inputs;
    let samples = &inputs.data().samples;
    assert!(matches!(samples, Samples::OnDemand(_)), "{samples:?}");
    assert!(format!("{samples:?}").contains("(0 of 6000"), "no object was made: {samples:?}");
    assert_eq!(inputs.normalisation(), inputs.data().statistics().unwrap());
}

#[test]
fn shipped_designs_measure_again_what_is_on_record() {
    let (_folder, run) = RunArchive::shipped().unwrap().unpack().unwrap();
    let mut evaluator = RunEvaluator::open(&run, EvaluatorOptions::default(), &|_, _| {}).unwrap();
    let recorded = evaluator.store().measured(evaluator.step()).unwrap();
    for precision in Precision::ALL {
        evaluator = evaluator.with_precision(precision);
        let of_kind = recorded.iter().map(|row| &row.value).filter(|one| {
            let key = &one.key;
            (key.precision, key.subset, key.views, key.lost) == (precision, Subset::Validation, 6, 0)
        });
        let all: Vec<&Measurement> = of_kind.collect();
        for one in all.iter().step_by(all.len().div_ceil(3)) {
            let again = evaluator.evaluator().measure(&one.key).unwrap();
            assert_eq!((again.samples, again.calibration_batches), (one.samples, one.calibration_batches));
            let objects = (again.accuracy - one.accuracy).abs() * one.samples as f64;
            assert!(objects <= TOLERANCE + 0.5, "{:?}: {} {}", one.key, again.accuracy, one.accuracy);
        }
    }
}
