//! Trains the two supernets for a hundred small steps and measures a design: `cargo run --release --example
//! train_100_steps`. Too short to learn much; half a minute on two cores.

use std::error::Error;

use splitscope::data::{DataSpec, Dataset};
use splitscope::record::{Clipping, Event, Subset};
use splitscope::space::SearchSpace;
use splitscope::train::{DesignEvaluator, Inputs, Settings, TrainingLoop};

fn main() -> Result<(), Box<dyn Error>> {
    let space = SearchSpace::shipped("tabletop").ok_or("no such space")?;
    let data: DataSpec = "arrangement-10:objects=400".parse()?;
    let data = Dataset::open(&data, space.views as usize, 32, space.input_channels as usize)?;
    let inputs = Inputs::new(data, &space)?;
    let settings = Settings { steps: 100, images: 48, calibration_objects: 32, ..Settings::default() };

    let mut observe = |event: &Event| {
        if let Event::Step(step) = event
            && step.step % 20 == 0
        {
            println!("step {:3}: loss of the largest {:.3}", step.step, step.losses[0].1);
        }
    };
    let mut training = TrainingLoop::new(space.clone(), settings.clone(), inputs.clone(), None);
    let trainer = training.run(&mut observe)?.ok_or("nobody stops it")?;

    let supernet = trainer.weights();
    let evaluator = DesignEvaluator {
        space: &space,
        settings: &settings,
        inputs: &inputs,
        supernet: &supernet,
        clipping: Clipping::default(),
    };
    let design = space.unsplit_design(space.largest());
    for views in [1, 6] {
        let found = evaluator.measure(&evaluator.key(&design, views, Subset::Validation, trainer.steps_done()))?;
        println!("largest in int8, {views} views: {:.1} % of {} objects", 100.0 * found.accuracy, found.samples);
    }
    Ok(())
}
