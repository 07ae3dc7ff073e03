//! Losses: smoothed labels for the teacher, the teacher's probabilities for everyone else.

use burn::tensor::{Tensor, activation};

use super::{Batch, Distillation, NetReport, Settings};
use crate::record::Role;

/// Largest power of the ratio of probabilities that counts (`AlphaNet`).
const MOST_RATIO: f64 = 5.0;

/// Loss of a net. Without a teacher it learns from smoothed labels; with one, from its probabilities alone.
pub(super) fn of_net(settings: &Settings, logits: Tensor<2>, teacher: Option<Tensor<2>>, batch: &Batch) -> Tensor<1> {
    let [_, classes] = logits.dims();
    let smoothing = settings.label_smoothing;
    let labels = batch.targets.clone() * (1.0 - smoothing) + smoothing / classes as f64;
    let Some(teacher) = teacher else { return cross_entropy(logits, labels) };
    let taught = match settings.distillation {
        Distillation::None => return cross_entropy(logits, labels),
        Distillation::Kl => cross_entropy(logits.clone(), activation::softmax(teacher, 1)),
        Distillation::Alpha => alpha_divergence(logits.clone(), teacher),
    };
    match settings.label_share {
        0.0 => taught,
        share => taught * (1.0 - share) + cross_entropy(logits, labels) * share,
    }
}

/// The larger, per object, of the alpha-divergences of order -1 and 1 between the teacher's probabilities p and the
/// student's q (`AlphaNet`, equations 5 to 9). With w = p / q the divergence is the mean over q of
/// `f(w) = (w^alpha - 1) / (alpha (alpha - 1))`, at order 1 `w log w`. Its gradient is that of `-q rho(w) log q`, where
/// only `log q` is differentiated and `rho(w) = w f'(w) - f(w)`; constants in rho add nothing, as q sums to 1.
fn alpha_divergence(logits: Tensor<2>, teacher: Tensor<2>) -> Tensor<1> {
    let [objects, classes] = logits.dims();
    let teacher = teacher.detach();
    let (p, log_p) = (activation::softmax(teacher.clone(), 1), activation::log_softmax(teacher, 1));
    let log_q = activation::log_softmax(logits, 1);
    let q = log_q.clone().detach().exp();
    let log_w = log_p - log_q.clone().detach();
    // Order -1: w^-1, clipped as the gradient's variance is without bound otherwise.
    let inverse = (-log_w.clone()).exp().clamp_max(MOST_RATIO);
    let low = (q.clone() * (inverse.clone() - 1.0)).sum_dim(1) / 2.0;
    let high = (p.clone() * log_w).sum_dim(1);
    let low_weight = q * (-inverse);
    let weight = p.mask_where(low.greater(high).repeat_dim(1, classes), low_weight);
    (weight * log_q).sum() / -(objects as f64)
}

/// Mean over objects of `-sum(target * log softmax(logits))`.
pub(super) fn cross_entropy(logits: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    let [objects, _] = logits.dims();
    (activation::log_softmax(logits, 1) * target).sum() / -(objects as f64)
}

/// Cross-entropy with the labels and accuracy of the logits `[objects, classes]` of a batch.
pub(super) fn report(role: Role, logits: &[f32], labels: &[u16]) -> NetReport {
    let (objects, classes) = (labels.len(), logits.len() / labels.len());
    let (mut loss, mut right) = (0.0, 0);
    for (row, &label) in logits.chunks_exact(classes).zip(labels) {
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

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn gradient(loss: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<1>, student: [f32; 3], teacher: [f32; 3]) -> Vec<f32> {
        let device = Device::flex().autodiff();
        let tensor = |values: [f32; 3]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [1, 3]), &device);
        let student = tensor(student).require_grad();
        let gradients = loss(student.clone(), tensor(teacher)).backward();
        student.grad(&gradients).unwrap().into_data().try_into_vec::<f32>().unwrap()
    }

    /// A student too sure is punished by order 1, which is the Kullback-Leibler divergence.
    #[test]
    fn a_student_surer_than_its_teacher_gets_the_gradient_of_the_kl_divergence() {
        let kl = |student, teacher| cross_entropy(student, activation::softmax(teacher, 1));
        let (student, teacher) = ([3.0, 0.0, 0.0], [0.5, 0.4, 0.3]);
        let (found, wanted) = (gradient(alpha_divergence, student, teacher), gradient(kl, student, teacher));
        assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} {wanted:?}");
    }

    /// One not sure enough is punished by order -1: `d/dz_k = q_k (r_k - sum q r)` with `r = min(q / p, 5)`.
    #[test]
    fn a_student_less_sure_than_its_teacher_gets_the_gradient_of_order_minus_one() {
        let (student, teacher) = ([0.0_f32, 0.1, -0.1], [4.0_f32, 0.0, 0.0]);
        let softmax = |z: [f32; 3]| {
            let sum: f32 = z.iter().map(|z| z.exp()).sum();
            z.map(|z| z.exp() / sum)
        };
        let (q, p) = (softmax(student), softmax(teacher));
        let r: Vec<f32> = q.iter().zip(p).map(|(q, p)| (q / p).min(5.0)).collect();
        let sum: f32 = q.iter().zip(&r).map(|(q, r)| q * r).sum();
        let found = gradient(alpha_divergence, student, teacher);
        for class in 0..3 {
            let wanted = q[class] * (r[class] - sum);
            assert!((found[class] - wanted).abs() < 1e-5, "{found:?} {wanted}");
        }
        assert!(found[0] < 0.0, "the teacher's class is pulled up");
    }
}
