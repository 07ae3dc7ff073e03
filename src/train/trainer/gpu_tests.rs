//! Steps on a GPU against those on the processor.

use burn::tensor::TensorData;

use super::*;
use crate::diagnostic::Source;

/// Losses of all nets and the norm of their gradients, in two steps.
fn figures(device: &Device) -> [Vec<f64>; 2] {
    const OBJECTS: usize = 6;
    let source = Source::new("step.toml", include_str!("../step.toml").to_owned());
    let space = SearchSpace::from_toml(&source).unwrap().at_resolution(16);
    let (classes, channels) = (space.classes as usize, space.input_channels as usize);
    let settings = Settings { images: OBJECTS, ..Settings::default() };
    let mut trainer = Trainer::new(space, settings, device);
    trainer.step = trainer.settings.teacher_steps();
    let wave = |at: usize| ((at * at) as f32 * 0.37).sin();
    let pixels: Vec<f32> = (0..OBJECTS * 16 * 16 * channels).map(wave).collect();
    let targets: Vec<f32> =
        (0..OBJECTS * classes).map(|at| f32::from(u8::from(at / classes == at % classes))).collect();
    let batch = Batch {
        views: Tensor::from_data(TensorData::new(pixels, [OBJECTS, 16, 16, channels]), &trainer.device),
        cameras: ViewSet::first(1),
        labels: (0..OBJECTS as u16).collect(),
        rank_objects: vec![OBJECTS],
        targets: Tensor::from_data(TensorData::new(targets, [OBJECTS, classes]), &trainer.device),
    };
    [(); 2].map(|()| {
        let mut pass = Pass::default();
        let mut rng = ChaCha8Rng::seed_from_u64(trainer.step);
        trainer.train_nets(&batch, &mut rng, &mut pass, &mut Clock::start()).unwrap();
        trainer.update(&mut pass);
        pass.reports.iter().map(|report| report.loss).chain([pass.gradient_norm]).collect()
    })
}

/// CubeCL's processor runtime would take minutes.
#[test]
fn steps_on_a_gpu_are_those_on_the_processor() {
    let Some(device) = kernels::gpu_under_test() else { return };
    let found = figures(&device);
    let wanted = figures(&Device::flex());
    // The first update divides each gradient by its own size, which multiplies the noise of small ones.
    for ((found, wanted), tolerance) in found.iter().zip(&wanted).zip([1e-3, 0.05]) {
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found / wanted - 1.0).abs() < tolerance, "{found} instead of {wanted}");
        }
    }
}
