//! `splitscope train`: trains the supernets of a run until they are done, or told otherwise.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::progress::{self, Log};
use super::{Answer, load, steer};
use crate::data::{DataSpec, Dataset};
use crate::diagnostic::Source;
use crate::hardware::Profile;
use crate::run::{
    Control, Document, Event, Inbox, Manifest, Measurement, Ownership, PartSeconds, RunDir, StepRecord, Store, Subject,
    Subset, Task,
};
use crate::space::{Design, PLAIN_BITS, SearchSpace};
use crate::supernet::{Route, Supernet};
use crate::train::{
    Checkpoints, DeviceKind, Inputs, Measure, Role, Settings, StepReport, TrainError, Trainer, measure,
};

/// How often training may go back to an earlier checkpoint before it gives up.
const ROLLBACKS: usize = 3;
/// Step after which the first accuracies are measured, so that something is seen early.
const FIRST_EVALUATION: u64 = 8;
/// Numbers of views that the end of a training reports.
const FINAL_VIEWS: [usize; 5] = [1, 2, 4, 6, 12];

/// Arguments of `train`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Run directory; made if it does not exist, gone on with if it does [default: the next free runs/run-NNN]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Space: a shipped name or a TOML file [default: tabletop, or the run's]
    #[arg(long)]
    space: Option<String>,
    /// Profile recorded in the run [default: glasses, or the run's]
    #[arg(long)]
    profile: Option<String>,
    /// Data set [default: the space's, or the run's]
    #[arg(long)]
    data: Option<String>,
    #[command(flatten)]
    settings: SettingFlags,
    /// Print one JSON object per event
    #[arg(long)]
    json: bool,
}

/// Settings that can be given on the command line.
#[derive(Debug, Default, Clone, clap::Args)]
pub(super) struct SettingFlags {
    /// Steps in all
    #[arg(long)]
    steps: Option<u64>,
    /// Source of all randomness
    #[arg(long)]
    seed: Option<u64>,
    /// Device: auto, flex or ndarray
    #[arg(long)]
    device: Option<DeviceKind>,
    /// Threads; 0 takes all cores
    #[arg(long)]
    threads: Option<usize>,
    /// Any other setting of run.toml, for instance `learning-rate=0.005`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl SettingFlags {
    /// The settings with the flags laid over them.
    pub(super) fn over(&self, settings: &Settings) -> Result<Settings> {
        let mut settings = with_settings(settings, &self.set)?;
        settings.steps = self.steps.unwrap_or(settings.steps);
        settings.seed = self.seed.unwrap_or(settings.seed);
        settings.device = self.device.unwrap_or(settings.device);
        settings.threads = self.threads.unwrap_or(settings.threads);
        Ok(settings)
    }
}

/// The settings with those of `KEY=VALUE` texts laid over them.
pub(super) fn with_settings(settings: &Settings, texts: &[String]) -> Result<Settings> {
    let mut table = toml::Table::try_from(settings)?;
    for text in texts {
        let (key, value) = text.split_once('=').with_context(|| format!("`{text}` is not KEY=VALUE"))?;
        let parsed = format!("v = {value}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("v"));
        table.insert(key.trim().to_owned(), parsed.unwrap_or_else(|| value.into()));
    }
    Ok(Source::new("settings", toml::to_string(&table)?).parse()?)
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let run = open_run(arguments)?;
    let manifest = run.manifest();
    let space = SearchSpace::from_toml(&Source::new(&*manifest.space.name, &*manifest.space.text))?;
    let settings: Settings = manifest.settings.clone().try_into().context("the settings in run.toml")?;
    // Threads and device may differ from one start to the next; what is learned may not.
    let settings =
        SettingFlags { steps: None, seed: None, set: Vec::new(), ..arguments.settings.clone() }.over(&settings)?;
    use_threads(settings.threads);
    let owner = run.own(Task::Train, "splitscope train")?;
    let mut job = Job::new(&run, space, settings, owner, arguments.json)?;
    match job.work() {
        Ok(()) => Ok(Answer::Yes),
        Err(error) => {
            job.tell(Event::Failed { text: format!("{error:#}") }).ok();
            Err(error)
        }
    }
}

/// Opens or makes the run.
fn open_run(arguments: &Arguments) -> Result<RunDir> {
    let path = arguments.run.clone().map_or_else(next_run, Ok)?;
    if path.join("run.toml").exists() {
        if arguments.space.is_some() || arguments.profile.is_some() || arguments.data.is_some() {
            bail!("{} has its space, profile and data already; start another run for others", path.display());
        }
        return Ok(RunDir::open(&path)?);
    }
    let name = path.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    let manifest = manifest(
        &name,
        arguments.space.as_deref().unwrap_or(crate::space::DEFAULT),
        arguments.profile.as_deref().unwrap_or(crate::hardware::DEFAULT),
        arguments.data.as_deref(),
        &arguments.settings.over(&Settings::default())?,
    )?;
    println!("run {}", path.display());
    Ok(RunDir::create(&path, &manifest)?)
}

/// What a new run starts with.
fn manifest(name: &str, space: &str, profile: &str, data: Option<&str>, settings: &Settings) -> Result<Manifest> {
    let (space, space_source) = load::space(space)?;
    let (profile, profile_source) = load::profile(profile)?;
    if data.or(space.data.as_deref()).is_none() {
        bail!("the space {} names no data set; give one with --data", space.name);
    }
    manifest_of(name, (&space, &space_source), (&profile, &profile_source), data, settings)
}

/// What a new run on these files starts with. The data set is the space's own if none is given.
pub(super) fn manifest_of(
    name: &str,
    (space, space_source): (&SearchSpace, &Source),
    (profile, profile_source): (&Profile, &Source),
    data: Option<&str>,
    settings: &Settings,
) -> Result<Manifest> {
    let data = match data.or(space.data.as_deref()) {
        Some(data) => data.parse::<DataSpec>()?.with_absolute_paths()?.to_string(),
        None => String::new(),
    };
    let document = |name: &str, source: &Source| Document { name: name.to_owned(), text: source.text.clone() };
    Ok(Manifest::new(
        name,
        settings.seed,
        &data,
        document(&space.name, space_source),
        document(&profile.name, profile_source),
        toml::Table::try_from(settings)?,
    ))
}

fn next_run() -> Result<PathBuf> {
    (1..10_000)
        .map(|number| Path::new("runs").join(format!("run-{number:03}")))
        .find(|path| !path.exists())
        .context("runs/ is full")
}

/// Sets the number of worker threads of this process.
pub(super) fn use_threads(threads: usize) {
    // Fails only if a pool exists already, which then is the one to use.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
}

/// Loads the data of a run.
pub(super) fn open_inputs(manifest: &Manifest, space: &SearchSpace) -> Result<(Inputs, f64)> {
    let started = Instant::now();
    let spec: DataSpec = manifest.data.parse()?;
    let size = space.resolutions.last().copied().unwrap_or(32) as usize;
    let bar = progress::Bar::new("rendering");
    let (views, channels) = (space.views as usize, space.input_channels as usize);
    let data = Dataset::open_with_progress(&spec, views, size, channels, &|done, total| bar.show(done, total))?;
    bar.end();
    Ok((Inputs::new(data, space)?, started.elapsed().as_secs_f64()))
}

/// One training in progress.
struct Job {
    store: Store,
    log: Log,
    owner: Ownership,
    inbox: Inbox,
    checkpoints: Checkpoints,
    space: SearchSpace,
    settings: Settings,
    inputs: Inputs,
    rate: Rate,
}

impl Job {
    fn new(run: &RunDir, space: SearchSpace, settings: Settings, owner: Ownership, json: bool) -> Result<Self> {
        let store = run.store()?;
        let mut log = Log::new(json);
        let mut inbox = Inbox::of(&owner)?;
        inbox.catch_signals().context("signals can't be caught")?;
        let checkpoints = Checkpoints::new(run.checkpoint_dir());
        let resumed_from_step = checkpoints.steps().pop();
        let started = Event::Started { command: "train".into(), pid: std::process::id(), resumed_from_step };
        store.append(&started)?;
        log.tell(&started);
        let (inputs, seconds) = open_inputs(run.manifest(), &space)?;
        let split = &inputs.data().split;
        let data = Event::Data {
            classes: space.classes,
            train: split.train.len() as u64,
            validation: split.validation.len() as u64,
            test: split.test.len() as u64,
            views: space.views,
            seconds,
        };
        store.append(&data)?;
        log.tell(&data);
        Ok(Self { store, log, owner, inbox, checkpoints, space, settings, inputs, rate: Rate::default() })
    }

    fn tell(&mut self, event: Event) -> Result<()> {
        self.log.tell(&event);
        self.store.append(&event)?;
        Ok(())
    }

    fn trainer(&self, back: usize) -> Result<Trainer, TrainError> {
        let device = self.settings.device.open();
        if self.checkpoints.exist() {
            self.checkpoints.resume(self.space.clone(), self.settings.clone(), &device, back)
        } else {
            Trainer::new(self.space.clone(), self.settings.clone(), &device)
        }
    }

    fn work(&mut self) -> Result<()> {
        let mut trainer = self.trainer(0)?;
        let mut rollbacks = 0;
        while trainer.steps_done() < self.settings.steps {
            if self.obey(&trainer)? {
                return Ok(());
            }
            match trainer.step(&self.inputs) {
                Ok(report) => self.after_step(&trainer, &report)?,
                Err(error @ TrainError::Collapse { .. }) if rollbacks < ROLLBACKS && self.checkpoints.exist() => {
                    let from = trainer.steps_done();
                    trainer = self.trainer(rollbacks)?;
                    rollbacks += 1;
                    (0..rollbacks).for_each(|_| trainer.be_careful());
                    let to = trainer.steps_done();
                    self.store.withdraw_after(to)?;
                    self.tell(Event::RolledBack { from, to, text: format!("{error}; the learning rate is halved") })?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.finish(&trainer)
    }

    /// Does what the user asks. Says whether to stop.
    fn obey(&mut self, trainer: &Trainer) -> Result<bool> {
        let (log, store) = (&mut self.log, &self.store);
        let orders = steer::orders(&mut self.inbox, &self.owner, &mut |event| {
            log.tell(&event);
            store.append(&event)?;
            Ok(())
        })?;
        if !orders.contains(&Control::Stop) {
            return Ok(false);
        }
        self.save(trainer, None)?;
        let reason = format!("at step {} of {}", trainer.steps_done(), self.settings.steps);
        self.tell(Event::Stopped { reason })?;
        Ok(true)
    }

    fn after_step(&mut self, trainer: &Trainer, report: &StepReport) -> Result<()> {
        let record = self.record(report);
        self.tell(Event::Step(record))?;
        let step = report.step;
        let due = step == FIRST_EVALUATION || step.is_multiple_of(self.settings.evaluate_every.max(1));
        let last = step == self.settings.steps;
        let mut score = None;
        if due && !last {
            score = Some(self.evaluate(trainer, step)?);
        }
        if step.is_multiple_of(self.settings.checkpoint_every.max(1)) && !last {
            self.save(trainer, score)?;
        }
        Ok(())
    }

    fn record(&mut self, report: &StepReport) -> StepRecord {
        let seconds = report.seconds;
        let parts = PartSeconds {
            data: seconds.data,
            forward: seconds.forward,
            backward: seconds.backward,
            optimiser: seconds.optimiser,
        };
        self.rate.add(report.images, parts.total());
        StepRecord {
            step: report.step,
            steps: self.settings.steps,
            epoch: report.epoch,
            learning_rate: report.learning_rate,
            views: report.views as u32,
            losses: report.nets.iter().map(|net| (net.role.name().to_owned(), net.loss)).collect(),
            accuracies: report.nets.iter().map(|net| (net.role.name().to_owned(), net.accuracy)).collect(),
            gradient_norm: report.gradient_norm,
            images_per_s: self.rate.images_per_s(),
            eta_s: self.rate.eta_s(&self.settings, report.step),
            seconds: parts,
            rss_bytes: progress::resident_bytes(),
        }
    }

    /// Measures the watched designs on the validation objects; returns the largest one's accuracy.
    fn evaluate(&mut self, trainer: &Trainer, step: u64) -> Result<f64> {
        let weights = trainer.weights();
        let views = self.usual_views();
        let objects = self.inputs.data().split.validation.clone();
        let mut score = 0.0;
        for (role, design, views) in [
            (Role::Largest, whole(&self.space, true), views),
            (Role::Largest, whole(&self.space, true), 1),
            (Role::Smallest, whole(&self.space, false), views),
            (Role::Random, self.sampled(step), views),
        ] {
            let found = self.measure(&weights, role, &design, &objects, Subset::Validation, views, step)?;
            if role == Role::Largest && views > 1 {
                score = found.accuracy;
            }
            if step <= FIRST_EVALUATION && role == Role::Largest {
                // The first look is for the eye: one figure, soon.
                break;
            }
        }
        Ok(score)
    }

    #[allow(clippy::too_many_arguments, reason = "each is one coordinate of a measurement")]
    fn measure(
        &mut self,
        weights: &Supernet,
        role: Role,
        design: &Design,
        objects: &[u32],
        subset: Subset,
        views: usize,
        step: u64,
    ) -> Result<Measure> {
        let started = Instant::now();
        let route = Route::of_design(&self.space, design);
        let device = self.settings.device.open();
        let found = measure(weights, &route, &self.inputs, objects, views, &self.settings, &device)?;
        let text = self.space.print_design(design);
        let subject = Subject { design: text.clone(), views: views as u32, subset, step };
        self.store.record(&measurement(subject, found, started))?;
        self.tell(Event::Evaluated {
            step,
            role: role.name().to_owned(),
            design: text,
            views: views as u32,
            accuracy: found.accuracy,
            samples: found.objects as u64,
        })?;
        Ok(found)
    }

    fn save(&mut self, trainer: &Trainer, score: Option<f64>) -> Result<()> {
        let best = self.checkpoints.save(trainer, score)?;
        self.tell(Event::Checkpoint { step: trainer.steps_done(), best })
    }

    /// Saves, then measures on the test objects, which training never looked at.
    fn finish(&mut self, trainer: &Trainer) -> Result<()> {
        let step = trainer.steps_done();
        let weights = trainer.weights();
        if self.checkpoints.steps().last() != Some(&step) {
            self.save(trainer, None)?;
        }
        let objects = self.inputs.data().split.test.clone();
        let most = self.inputs.data().views;
        for views in FINAL_VIEWS.into_iter().filter(|&views| views <= most) {
            let design = whole(&self.space, true);
            self.measure(&weights, Role::Largest, &design, &objects, Subset::Test, views, step)?;
        }
        let design = whole(&self.space, false);
        self.measure(&weights, Role::Smallest, &design, &objects, Subset::Test, self.usual_views(), step)?;
        self.tell(Event::Finished { reason: format!("all {step} steps are done") })
    }

    fn usual_views(&self) -> usize {
        6.min(self.inputs.data().views)
    }

    fn sampled(&self, step: u64) -> Design {
        use rand::SeedableRng;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(self.settings.seed);
        rng.set_stream(u64::MAX - step);
        self.space.sample_design(&mut rng)
    }
}

/// A measurement as the store keeps it.
pub(super) fn measurement(subject: Subject, found: Measure, started: Instant) -> Measurement {
    Measurement {
        subject,
        accuracy: found.accuracy,
        samples: found.objects as u64,
        calibration_batches: found.batches as u32,
        seconds: started.elapsed().as_secs_f64(),
    }
}

/// The largest or the smallest network, all of it on the aggregator, views fused where features are whole.
fn whole(space: &SearchSpace, largest: bool) -> Design {
    let genome = if largest { space.largest() } else { space.smallest() };
    let fusions = space.fusions(&genome, 0);
    let fusion = fusions.iter().rev().nth(1).or(fusions.last()).copied().unwrap_or_else(|| space.last());
    space.canonical_design(Design { genome, split: 0, fusion, ratio: 1, bits: PLAIN_BITS })
}

/// Images per second over the last steps.
#[derive(Debug, Default)]
struct Rate {
    recent: std::collections::VecDeque<(usize, f64)>,
}

impl Rate {
    fn add(&mut self, images: usize, seconds: f64) {
        self.recent.push_back((images, seconds));
        if self.recent.len() > 20 {
            self.recent.pop_front();
        }
    }

    fn seconds(&self) -> f64 {
        self.recent.iter().map(|step| step.1).sum()
    }

    fn images_per_s(&self) -> f64 {
        self.recent.iter().map(|step| step.0 as f64).sum::<f64>() / self.seconds().max(1e-9)
    }

    /// After a few steps of warm-up. Steps of the sandwich take longer than those of the teacher alone.
    fn eta_s(&self, settings: &Settings, step: u64) -> Option<f64> {
        if self.recent.len() < 5 {
            return None;
        }
        let mean = self.seconds() / self.recent.len() as f64;
        let alone = settings.teacher_steps();
        let nets = 2.6;
        let (left_alone, left) = (alone.saturating_sub(step), settings.steps - step.max(alone).min(settings.steps));
        let weight = if step < alone { left_alone as f64 + nets * left as f64 } else { left as f64 };
        Some(mean * weight)
    }
}
