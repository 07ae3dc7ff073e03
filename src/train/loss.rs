//! Losses: smoothed labels for the teacher, the teacher's probabilities for everyone else.

use burn::tensor::{Tensor, activation};

use super::sandwich::Role;
use super::{Batch, Distillation, NetReport, Settings};

/// Loss of a net. Without a teacher it learns from smoothed labels; with one, from its probabilities alone.
pub(super) fn of_net(settings: &Settings, logits: Tensor<2>, teacher: Option<&Tensor<2>>, batch: &Batch) -> Tensor<1> {
    let [_, classes] = logits.dims();
    let smoothing = settings.label_smoothing;
    let labels = batch.targets.clone() * (1.0 - smoothing) + smoothing / classes as f64;
    let target = match (teacher, settings.distillation) {
        (Some(teacher), Distillation::Kl) => {
            let share = settings.label_share;
            activation::softmax(teacher.clone(), 1) * (1.0 - share) + labels * share
        }
        _ => labels,
    };
    cross_entropy(logits, target)
}

/// Mean over objects of `-sum(target * log softmax(logits))`.
pub(super) fn cross_entropy(logits: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    let [objects, _] = logits.dims();
    (activation::log_softmax(logits, 1) * target).sum() / -(objects as f64)
}

/// Cross-entropy with the labels and accuracy of a batch's logits.
pub(super) fn report(role: Role, logits: &Tensor<2>, batch: &Batch) -> NetReport {
    let [objects, classes] = logits.dims();
    let values: Vec<f32> = logits.clone().detach().into_data().try_into_vec::<f32>().expect("logits are f32");
    let (mut loss, mut right) = (0.0, 0);
    for (row, &label) in values.chunks_exact(classes).zip(&batch.labels) {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = row.iter().map(|value| (value - largest).exp()).sum();
        loss += f64::from(sum.ln() + largest - row[usize::from(label)]);
        right += usize::from(argmax(row) == usize::from(label));
    }
    NetReport { role, loss: loss / objects as f64, accuracy: right as f64 / objects as f64 }
}

/// Index of the largest value, the first of equals.
pub(super) fn argmax(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (index, value)| if *value > row[best] { index } else { best })
}
