//! Sessions for tests: the shipped default pair, and one in the middle of a training and a search with made-up figures.

use crate::{
    explore::{
        CandidateId, Command, DesignPart, Move, Session, Update, ViewRow,
        progress::{Found, SearchUpdate, State, TrainUpdate},
    },
    hardware::{self, Profile},
    network::LinkRange,
    record::{
        Attacker, Bitmap, CameraPictures, Clipping, EvaluationRecord, Event, GenerationRecord, GenerationSeconds,
        LeakFigures, MeasurementKey, ObjectPictures, Operator, OperatorRecord, PictureKey, PictureRecord, Precision,
        Quantisation, Role, RunningEvent, RunningObject, RunningPlan, StageSeconds, StepRecord, StepSeconds, Subset,
    },
    run::{Document, Manifest},
    space::{self, Design, ImportRules, SearchSpace},
    tui::{Options, RunChoice, keymap::Keymap, model::watched_split::WatchedSplit},
};

/// The default space and profile, with a small pool.
pub(crate) fn session() -> Session {
    let space = SearchSpace::shipped(space::DEFAULT).unwrap();
    let profile = Profile::shipped(hardware::DEFAULT).unwrap();
    Session::new(space, profile, 300, 1)
}

/// A space whose accuracies are from the literature.
pub(crate) fn literature() -> Session {
    let space = SearchSpace::shipped("attentive-nas").unwrap();
    Session::new(space, Profile::shipped(hardware::DEFAULT).unwrap(), 300, 1)
}

/// Two imported networks, made of shipped spaces of one network each.
pub(crate) fn imported() -> Session {
    let network = |name: &str| {
        let space = SearchSpace::shipped(name).unwrap();
        (name.to_owned(), space.lower(&space.largest()).unwrap())
    };
    let rules = ImportRules { ratios: vec![1, 4], ..ImportRules::default() };
    let space = SearchSpace::of_networks(["mobilenet-v2", "resnet-18"].map(network).into(), rules).unwrap();
    Session::new(space, Profile::shipped(hardware::DEFAULT).unwrap(), 300, 1)
}

/// Options that lead nowhere.
pub(crate) fn options() -> Options {
    let folder = std::env::temp_dir().join(format!("splitscope-test-{}", std::process::id()));
    let document = || Document { name: "test".to_owned(), ..Document::default() };
    Options {
        run: RunChoice::Usual,
        replay: None,
        tour: false,
        split: None,
        runs_root: folder.join("runs"),
        exe: folder.join("nothing"),
        template: Manifest::new("test", 1, "arrangement-10", document(), document(), toml::Table::new()),
        train_args: Vec::new(),
        search_args: Vec::new(),
        folder,
        view: ViewRow::default(),
        mouse: true,
        ascii: false,
        scheme: None,
        keys: Keymap::default(),
    }
}

/// Roles of a step of a supernet.
const SUPERNET_ROLES: [Role; 4] = [Role::Largest, Role::Series, Role::Smallest, Role::Random];

/// Made-up accuracy of a role after a share of the training.
fn skill(role: Role, done: f64) -> f64 {
    let speed = match role {
        Role::Largest | Role::Design => 5.0,
        Role::Series => 4.0,
        Role::Random => 3.5,
        Role::Smallest => 2.5,
    };
    1.0 - 0.9 * (-speed * done).exp()
}

fn step(step: u64) -> StepRecord {
    let done = step as f64 / 600.0;
    let wave = 1.0 + 0.1 * (step as f64).sin();
    StepRecord {
        step,
        steps: 600,
        epoch: step as f64 / 40.0,
        learning_rate: 0.0012,
        views: 6,
        losses: SUPERNET_ROLES.map(|role| (role, 2.4 * (1.0 - skill(role, done)) * wave)).to_vec(),
        accuracies: vec![(Role::Largest, skill(Role::Largest, done))],
        gradient_norm: 1.84,
        images_per_s: 1240.0,
        steps_per_s: 5.6,
        eta_s: Some(127.0),
        seconds: StepSeconds { data: 0.011, forward: 0.06, backward: 0.1, optimiser: 0.008 },
        rss_bytes: 312 << 20,
    }
}

/// Made-up quantisation of what was measured in int8.
const QUANTISATION: Option<Quantisation> =
    Some(Quantisation { clipping: Clipping::Mse, link_range: LinkRange::Static, code_entropy: 2.5 });

/// Made-up success of the operators in a generation.
const OPERATORS: [(Operator, u64, u64); 4] =
    [(Operator::Crossover, 9, 2), (Operator::Mutation, 7, 3), (Operator::BoundaryMove, 5, 1), (Operator::Random, 3, 0)];

/// A session in the middle of a training, with some designs measured and a search at work.
pub(crate) fn trained() -> Session {
    let mut session = session();
    let run = "runs/run-001".to_owned();
    let mut updates = vec![
        Update::Training(TrainUpdate::State(State::Starting)),
        Update::Training(TrainUpdate::State(State::Running)),
        Update::Training(TrainUpdate::Run(run)),
    ];
    for at in 1..=280 {
        updates.push(Update::Training(TrainUpdate::Event(Event::Step(step(at)))));
        if at % 40 == 0 {
            for role in SUPERNET_ROLES {
                updates.extend([1, 2, 4, 6].map(|views| {
                    let accuracy = skill(role, at as f64 / 600.0) * (0.6 + 0.4 * f64::from(views) / 6.0);
                    let design = String::new();
                    Update::Training(TrainUpdate::Event(Event::Evaluated(EvaluationRecord {
                        role: Some(role),
                        design,
                        views,
                        precision: Precision::Float,
                        accuracy,
                        samples: 500,
                        step: at,
                    })))
                }));
            }
            updates.push(Update::Training(TrainUpdate::Event(Event::Checkpoint {
                step: at,
                best: at == 240,
                weights_sha256: None,
            })));
        }
    }
    let some: Vec<CandidateId> = session.order().iter().copied().step_by(3).collect();
    for id in some {
        let (Some(design), Some(row)) = (session.best_design(id), session.row(id)) else { continue };
        let accuracy = 0.95 - 0.3 * (-(row.candidate.macs as f64) / 1.5e6).exp() - 0.02 * f64::from(id % 5);
        for camera in 0..6 {
            let (design, lost) = (design.clone(), 1 << camera);
            let accuracy = accuracy - 0.01 * f64::from(camera + 1);
            let (samples, step, quantisation) = (500, 280, QUANTISATION);
            updates.push(Update::MeasuredWithout { design, views: 6, lost, accuracy, samples, step, quantisation });
        }
        let mut measured = |views, accuracy, quantisation| {
            let (design, samples, step) = (design.clone(), 500, 280);
            updates.push(Update::Measured { design, views, accuracy, samples, step, quantisation });
        };
        measured(2, accuracy - 0.2, QUANTISATION);
        measured(6, accuracy, QUANTISATION);
        measured(6, accuracy + 0.004, None);
    }
    updates.push(Update::Search(SearchUpdate::State(State::Starting)));
    updates.push(Update::Search(SearchUpdate::State(State::Running)));
    let some: Vec<CandidateId> = session.order().iter().copied().step_by(3).collect();
    for generation in 1..=14_u32 {
        // The better ones later.
        for id in some.iter().rev().skip(generation as usize * 7 - 7).take(7) {
            let Some(design) = session.best_design(*id) else { continue };
            let macs = session.row(*id).map_or(0.0, |row| row.candidate.macs as f64);
            let accuracy = 0.95 - 0.3 * (-macs / 1.5e6).exp() - 0.02 * f64::from(id % 5);
            updates.push(Update::Search(SearchUpdate::Found(Found { design, views: 6, accuracy, generation: 0 })));
        }
        updates.push(Update::Search(SearchUpdate::Event(Event::Generation(GenerationRecord {
            generation,
            evaluations: u64::from(generation) * 24,
            hypervolume: 0.6 - 0.4 * (-f64::from(generation) / 4.0).exp(),
            front: 5 + generation,
            cache_hits: u64::from(generation) * 3,
            budget: 400,
            reassessments: 0,
            operators: OPERATORS
                .map(|(operator, evaluated, successes)| OperatorRecord { operator, evaluated, successes })
                .to_vec(),
            seconds: f64::from(generation) * 2.4,
            parts: GenerationSeconds::default(),
        }))));
    }
    session.apply(Command::Update(updates), 0);
    session
}

/// As [`trained`], with the accuracies of the other designs predicted.
pub(crate) fn predicted() -> Session {
    let mut session = trained();
    session.predict(0);
    session
}

/// A session in the middle of a training, with the leak of the selected design measured and pictures of two objects at
/// its present split and at the next one.
pub(crate) fn pictured() -> Session {
    let mut session = trained();
    let mut designs = vec![session.selected_design().unwrap()];
    session.apply(Command::Override(DesignPart::Split, Move::By(-1)), 0);
    designs.push(session.selected_design().unwrap());
    session.apply(Command::ResetOverride, 0);
    let mut updates = Vec::new();
    for (place, design) in designs.into_iter().enumerate() {
        let leak = 0.731 + 0.2 * place as f64;
        let printed = session.space().print_design(&design);
        for object in 0..2 {
            let design = MeasurementKey {
                design: printed.clone(),
                views: 6,
                lost: 0,
                subset: Subset::Test,
                precision: Precision::Int8,
                step: 280,
            };
            let key = PictureKey { design, object };
            updates.push(Update::Pictures(Box::new(PictureRecord { key, pictures: object_pictures(object, leak) })));
        }
        updates.push(leak_of(design, Precision::Int8, leak));
    }
    session.apply(Command::Update(updates), 0);
    session
}

/// A measured leak.
pub(crate) fn leak_of(design: Design, precision: Precision, leak: f64) -> Update {
    let figures = LeakFigures {
        leak,
        attacker: Attacker::AllViews,
        one_view: leak - 0.1,
        all_views: Some(leak),
        decoder: None,
        label: 0.1,
        raw: 1.0,
        psnr_db: 22.0,
        ssim: 0.8,
        azimuth: Some(0.2),
        elevation: Some(0.9),
        resolution: 32,
        fitted_objects: 1024,
        samples: 512,
        seconds: 3.0,
        attack_seconds: 1.0,
    };
    Update::Leak { design, views: 6, precision, step: 280, figures: Box::new(figures) }
}

/// Made-up pictures: a disc that moves with the camera, its code and a blur of it.
fn object_pictures(object: u32, leak: f64) -> ObjectPictures {
    let picture = |side: u32, value: &dyn Fn(f64, f64) -> f64| {
        let pixel = |at: u32| value(f64::from(at % side) / f64::from(side), f64::from(at / side) / f64::from(side));
        let values = (0..side * side).map(|at| (pixel(at) * 255.0) as u8).collect();
        Bitmap { width: side, height: side, channels: 1, values }
    };
    let camera = |camera: u32| {
        let middle = 0.3 + 0.08 * f64::from(camera) + 0.1 * f64::from(object);
        let disc = move |x: f64, y: f64| f64::from((x - middle).hypot(y - 0.5) < 0.3);
        CameraPictures {
            seen: picture(32, &disc),
            sent: picture(16, &|x, y| f64::midpoint(disc(2.0 * x % 1.0, 2.0 * y % 1.0), x * y)),
            rebuilt: picture(32, &|x, y| (1.3 - 3.0 * (x - middle).hypot(y - 0.5)).clamp(0.0, 1.0)),
            share: leak - 0.01 * f64::from(camera),
        }
    };
    ObjectPictures {
        of: 600,
        class: "handle_spout_90".to_owned(),
        code_shape: [8, 8, 4],
        bits: 8,
        attacker: Attacker::AllViews,
        leak,
        cameras: (0..6).map(camera).collect(),
    }
}

/// A split of four cameras that runs, with one of them lost.
pub(crate) fn running() -> WatchedSplit {
    let stages = |sensor_s, link_s, aggregator_s| StageSeconds { sensor_s, link_s, aggregator_s };
    let mut split = WatchedSplit::default();
    split.apply(RunningEvent::Listening(RunningPlan {
        address: "127.0.0.1:40123".to_owned(),
        design: "0-0000-0111-0111-0111-0000-0000-0000@S2.1/S3.1:r4b8".to_owned(),
        precision: Precision::Int8,
        views: 4,
        link_bytes: 512,
        objects: Some(2640),
        classes: vec!["plain".to_owned(), "handle".to_owned()],
        shared_link: true,
        predicted: Some(stages(0.0027, 0.0009, 0.0004)),
    }));
    for camera in 0..3 {
        let peer = format!("127.0.0.1:{}", 50_000 + camera);
        split.apply(RunningEvent::Joined { camera, peer, bytes_per_s: Some(200_000.0) });
    }
    split.apply(RunningEvent::Lost { camera: 1, reason: "the connection was closed".to_owned() });
    for object in 0..8 {
        split.apply(RunningEvent::Object(RunningObject {
            object,
            label: 1,
            class: u16::from(object != 2),
            cameras: vec![0, 2],
            code_bytes: 1024,
            protocol_bytes: 228,
            measured: stages(0.0031, 0.0053, 0.0022),
            link_model_s: Some(0.00517),
        }));
    }
    split
}
